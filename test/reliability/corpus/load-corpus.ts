/** The rows of reliability.md §3 as data: what is sent, and what must become of it. */
import { readFileSync } from 'node:fs';

/** What one engine does otherwise, and why it cannot do better. */
interface RowDeviation {
  readonly answers?: readonly string[];
  readonly closes?: boolean;
  readonly upstream?: number;
  /** Ways of sending in which the row is not played. */
  readonly leftOut?: readonly string[];
  readonly reason: string;
}

export interface RequestRow {
  readonly id: string;
  readonly name: string;
  /** Latin-1. `{host}` and `{HOST}` are the routed host; `{3000*text}` repeats `text`. */
  readonly bytes: string;
  /** For each final answer the statuses that are right, as `400|501`. */
  readonly answers: readonly string[];
  /** Whether the router ends the connection; absent: it may. */
  readonly closes?: boolean;
  /** Complete requests at the endpoint; absent: as many as there are answers with 200. */
  readonly upstream?: number;
  /** Number of 1xx answers to the client; absent: none. */
  readonly interims?: number;
  /** Patterns that the bytes at the endpoint must match, and must not match; case is ignored. */
  readonly seen?: readonly string[];
  readonly unseen?: readonly string[];
  readonly rule: string;
  readonly deviations?: Readonly<Record<string, RowDeviation>>;
}

export interface ResponseRow {
  readonly id: string;
  readonly name: string;
  /** What the endpoint answers. */
  readonly bytes: string;
  /** What the endpoint does behind its answer. */
  readonly then: 'keep' | 'close' | 'reset';
  /** What it sends later, on the connection that is idle by then. */
  readonly after?: string;
  /** Status for the client, or `cut`: the client can see that the answer is not whole. */
  readonly expect: string;
  readonly maxInterims?: number;
  /** The request asks for a WebSocket. */
  readonly isUpgrade?: boolean;
  /** The answer is in order: the connection to the endpoint may be used again. */
  readonly mayReuse?: boolean;
  /** Patterns that the bytes for the client must match, and must not match. */
  readonly passed?: readonly string[];
  readonly unpassed?: readonly string[];
  readonly rule: string;
  readonly deviations?: Readonly<Record<string, { expect: string; reason: string }>>;
}

const read = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));

export const REQUEST_ROWS = read('./requests.json') as readonly RequestRow[];
export const RESPONSE_ROWS = read('./responses.json') as readonly ResponseRow[];

/** The bytes of a row, one character each. */
export function expandBytes(text: string, host: string): string {
  return text
    .replace(/\{(\d+)\*([^}]*)\}/g, (_all, count: string, part: string) =>
      part.repeat(Number(count)),
    )
    .replaceAll('{host}', host)
    .replaceAll('{HOST}', host.toUpperCase());
}

const NONE: RowDeviation = { reason: '' };

/** False: this engine cannot play the row in this way; the row says why. */
export const isPlayed = (row: RequestRow, engine: string, mode: string): boolean =>
  row.deviations?.[engine]?.leftOut?.includes(mode) !== true;

/** The row as this engine has to do it. */
export function rowForEngine(row: RequestRow, engine: string): RequestRow {
  const { reason: _reason, leftOut: _leftOut, ...own } = row.deviations?.[engine] ?? NONE;
  return { ...row, ...own };
}
