/** What the actions of a container have in common (diego.md §13.5). */
import type { ExecutorContext, Workspace } from '../workspace.ts';

export type StepResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly isCancelled: boolean };

export interface StepScope {
  readonly context: ExecutorContext;
  readonly workspace: Workspace;
  /** Aborted when the step is to end; it then ends as cancelled. */
  readonly signal: AbortSignal;
  /** Under which its lines are logged, unless the action says another. */
  readonly source: string;
  /** Part of a monitor: it is run again and again, and its end is no news. */
  readonly isCheck: boolean;
  /** Called each time a process runs. */
  readonly onStarted: () => void;
}

export const SUCCEEDED: StepResult = { ok: true };
export const CANCELLED: StepResult = { ok: false, reason: 'cancelled', isCancelled: true };

export const failure = (reason: string): StepResult => ({ ok: false, reason, isCancelled: false });

/** What it says is logged under this name. */
export const sourceOf = ({ source }: StepScope, own: string): string => (own === '' ? source : own);

export const say = (
  scope: StepScope,
  ownSource: string,
  text: string,
  stream: 'out' | 'err' = 'out',
): void => {
  if (text !== '') scope.workspace.appLog?.write(sourceOf(scope, ownSource), text, stream);
};

/** The same scope with an end of its own; it also ends with the outer one. */
export function branch(scope: StepScope): { readonly scope: StepScope; cancel(): void } {
  const own = new AbortController();
  const signal = AbortSignal.any([scope.signal, own.signal]);
  return { scope: { ...scope, signal }, cancel: () => own.abort() };
}

/** Calls back when the signal is aborted, at once if it is. Returns the cancellation. */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) {
    listener();
    return () => {};
  }
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}
