export interface BusMessage {
  readonly subject: string;
  /** Empty when nobody waits for an answer. */
  readonly reply: string;
  readonly data: Uint8Array;
}

export type BusListener = (message: BusMessage) => void;

/** Publish and subscribe as NATS defines them (cfv1.md §10). At most once, in order per sender. */
export interface Bus {
  readonly isConnected: boolean;
  /** False when there is no connection: the message is not kept and not sent later. */
  publish(subject: string, data: Uint8Array, reply?: string): boolean;
  /** A subscription outlives reconnects. The returned function ends it. */
  subscribe(subject: string, listener: BusListener): () => void;
}
