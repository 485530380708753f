/** The recorded calls of the original BBS: one JSON object for each line. */
import { readFileSync } from 'node:fs';

interface RecordedBody {
  readonly body_hex?: string;
  readonly message_type?: string | null;
  readonly message?: unknown;
}

export interface RecordedRequest extends RecordedBody {
  readonly method: string;
  readonly path: string;
}

export interface RecordedResponse extends RecordedBody {
  readonly status?: number;
  readonly connection_closed?: boolean;
}

export interface RecordedEvent {
  readonly event: string;
  readonly body_hex: string;
  readonly message_type: string;
  readonly message: unknown;
}

export interface RecordedLine {
  readonly n: number;
  readonly group: string;
  readonly name: string;
  readonly exchanges: readonly {
    readonly request: RecordedRequest;
    readonly response: RecordedResponse;
  }[];
  readonly streams?: Readonly<Record<string, { readonly events: readonly RecordedEvent[] }>>;
}

const FILE = new URL('../../golden/diego/data/wire.jsonl', import.meta.url);

export const RECORDED_LINES: readonly RecordedLine[] = readFileSync(FILE, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as RecordedLine);

export function recordedLine(n: number): RecordedLine {
  const line = RECORDED_LINES.find((own) => own.n === n);
  if (line === undefined) throw new Error(`no recorded line ${n}`);
  return line;
}

export const bytesOf = (hex: string | undefined): Buffer => Buffer.from(hex ?? '', 'hex');
