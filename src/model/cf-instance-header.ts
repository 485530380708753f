export interface AppInstance {
  readonly applicationId: string;
  readonly index: string;
}

export interface ProcessInstance {
  readonly processId: string;
  /** Empty: any instance of the process. */
  readonly index: string;
}

const GUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const APP_INSTANCE = new RegExp(`^(${GUID}):([0-9]+)$`);
const PROCESS_INSTANCE = new RegExp(`^(${GUID})(?::([0-9]+))?$`);

/**
 * `X-CF-App-Instance: <app guid>:<index>` (gorouter.md §3.8). Takes the first header line with
 * the blanks around it removed; an empty value counts as absent, so ask only for others.
 * The index stays text: `01` names no instance that registered as `1`.
 */
export function parseAppInstance(value: string): AppInstance | undefined {
  const match = APP_INSTANCE.exec(value);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { applicationId: match[1], index: match[2] };
}

/** `X-CF-Process-Instance: <process guid>[:<index>]` (gorouter.md §3.8). */
export function parseProcessInstance(value: string): ProcessInstance | undefined {
  const match = PROCESS_INSTANCE.exec(value);
  if (match?.[1] === undefined) return undefined;
  return { processId: match[1], index: match[2] ?? '' };
}
