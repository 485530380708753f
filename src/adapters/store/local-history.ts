import type { Revision, StoreEvent } from '../../ports/store.ts';

export interface HistoryEntry {
  readonly revision: Revision;
  readonly events: readonly StoreEvent[];
}

const bytesOf = ({ events }: HistoryEntry): number => {
  let sum = 0;
  for (const event of events) {
    sum += 128 + (event.previous?.value.length ?? 0);
    if (event.type === 'put') sum += event.kv.value.length;
  }
  return sum;
};

/** The changes of the last revisions, one entry each without gaps, for watches and old reads. */
export class LocalHistory {
  #entries: HistoryEntry[] = [];
  /** How many entries at the front are gone already. */
  #head = 0;
  #bytes = 0;
  #compactRevision: Revision;

  constructor(compactRevision: Revision) {
    this.#compactRevision = compactRevision;
  }

  get compactRevision(): Revision {
    return this.#compactRevision;
  }

  get size(): number {
    return this.#entries.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  append(entry: HistoryEntry): void {
    this.#entries.push(entry);
    this.#bytes += bytesOf(entry);
  }

  /** The changes of this revision; undefined before the history and after it. */
  at(revision: Revision): HistoryEntry | undefined {
    const first = this.#entries[this.#head];
    if (first === undefined || revision < first.revision) return undefined;
    return this.#entries[this.#head + revision - first.revision];
  }

  compact(revision: Revision): void {
    this.#compactRevision = revision;
    for (;;) {
      const entry = this.#entries[this.#head];
      if (entry === undefined || entry.revision > revision) break;
      this.#bytes -= bytesOf(entry);
      this.#head += 1;
    }
    if (this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }

  /** How far to compact so that `share` of the entries and bytes stay at most. */
  cutFor(entries: number, bytes: number): Revision {
    let count = this.size;
    let sum = this.#bytes;
    let revision = this.#compactRevision;
    for (let index = this.#head; count > entries || sum > bytes; index += 1) {
      const entry = this.#entries[index];
      if (entry === undefined) break;
      count -= 1;
      sum -= bytesOf(entry);
      revision = entry.revision;
    }
    return revision;
  }
}
