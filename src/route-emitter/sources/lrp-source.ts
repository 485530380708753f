import type { Actual, Desired, LrpEvent } from '../table/lrp.ts';

export type SourceAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string };

/** The answer is not what a BBS sends. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}

/** Everything there is, as it was at some moment after the call. */
export interface Snapshot {
  readonly desireds: Iterable<Desired>;
  /** Those that are routed. Decoded on the walk, or before: it may throw UnreadableError. */
  readonly actuals: Iterable<Actual>;
  /** Domains whose desired LRPs are complete. */
  readonly domains: ReadonlySet<string>;
}

/** Steps of a fetch, in the words of the log (diego.md §11.11). */
export interface FetchListener {
  onStep(message: string, data?: Readonly<Record<string, unknown>>): void;
  onFailure(message: string, error: string): void;
}

export interface SourceListener {
  /** From now on no event is missed. */
  onOpen(): void;
  onEvent(event: LrpEvent): void;
  onEnd(reason: string): void;
}

/** Where LRPs come from: a BBS or a receptor. */
export interface LrpSource {
  subscribe(listener: SourceListener): () => void;
  fetch(listener: FetchListener): Promise<SourceAnswer<Snapshot>>;
  /** One desired LRP; undefined when there is none. */
  fetchDesired(processGuid: string): Promise<SourceAnswer<Desired | undefined>>;
  close(): void;
}
