import type { MessageType } from '../model/protobuf/fields.ts';

/** The streams of diego.md §10.1. */
export type BbsStream = 'instance' | 'group' | 'task';

export interface BbsEvent {
  /** As it stands in the `event` line of a stream (diego.md §2.10). */
  readonly name: string;
  readonly type: MessageType<unknown>;
  readonly message: unknown;
  /** The message in bytes, shared by all subscribers: never write into it. */
  readonly encoded: Uint8Array;
}

export interface BbsListener {
  onEvent(event: BbsEvent): void;
  /** The subscription is over by itself: too slow, or the hub closed (diego.md §10.4). */
  onEnd(): void;
}

/** The BBS for other components of this process: its operations without HTTP in between. */
export interface BbsApi {
  /** Runs one operation as a request to `path` would; a refusal is the `error` of the answer. */
  invoke<Q, R>(
    path: string,
    request: MessageType<Q>,
    response: MessageType<R>,
    fields: Partial<Q>,
  ): Promise<R>;
  /** Events in order; an empty `cellId` takes those of all cells. Returns the cancellation. */
  subscribe(stream: BbsStream, cellId: string, listener: BbsListener): () => void;
}
