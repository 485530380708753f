/** What a record of the feed tells about. */
export type FeedKind = 'event' | 'state' | 'start' | 'stop' | 'crash' | 'dead-letter';

/** One thing that happened in the tree. Kept as references; text is made only for a reader. */
export interface FeedRecord {
  readonly sequence: number;
  readonly atMs: number;
  readonly kind: FeedKind;
  readonly actor: string;
  readonly eventType: string;
  /** State value after the step, or the reason of a dead letter. */
  readonly detail: unknown;
}

export type FeedListener = (record: FeedRecord) => void;

export interface Feed {
  append(atMs: number, kind: FeedKind, actor: string, eventType: string, detail: unknown): void;
  /** Records from `sequence` on that are still kept, oldest first. */
  since(sequence: number): FeedRecord[];
  listen(listener: FeedListener): () => void;
  readonly lastSequence: number;
}

/** A ring of the newest `capacity` records. With nobody listening an append is one store. */
export function createFeed(capacity: number): Feed {
  const ring: FeedRecord[] = [];
  const listeners = new Set<FeedListener>();
  let lastSequence = 0;
  return {
    append(atMs, kind, actor, eventType, detail) {
      lastSequence += 1;
      const record = { sequence: lastSequence, atMs, kind, actor, eventType, detail };
      ring[lastSequence % capacity] = record;
      for (const listener of listeners) listener(record);
    },
    since(sequence) {
      const records: FeedRecord[] = [];
      const first = Math.max(1, sequence, lastSequence - capacity + 1);
      for (let wanted = first; wanted <= lastSequence; wanted += 1) {
        const record = ring[wanted % capacity];
        if (record !== undefined) records.push(record);
      }
      return records;
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get lastSequence() {
      return lastSequence;
    },
  };
}
