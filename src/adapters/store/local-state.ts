import type { KeyValue, LeaseId, RangeOptions, RangeResult, Revision } from '../../ports/store.ts';
import { type HistoryEntry, LocalHistory } from './local-history.ts';
import { OrderedKeys, toOrderKey } from './ordered-keys.ts';

/** What a disk gives back after a restart. */
export interface SavedState {
  readonly revision: Revision;
  readonly compactRevision: Revision;
  readonly lastLease: number;
  readonly leases: ReadonlyMap<LeaseId, number>;
  readonly kvs: readonly KeyValue[];
  readonly history: readonly HistoryEntry[];
}

export const EMPTY_STATE: SavedState = {
  revision: 1,
  compactRevision: 0,
  lastLease: 0,
  leases: new Map(),
  kvs: [],
  history: [],
};

/** The durable state: what reads show. Keys inside are order keys. */
export class LocalState {
  readonly history: LocalHistory;
  readonly #kvs = new Map<string, KeyValue>();
  readonly #keys: OrderedKeys;
  #revision: Revision;

  constructor(saved: SavedState) {
    this.#revision = saved.revision;
    this.history = new LocalHistory(saved.compactRevision);
    for (const entry of saved.history) this.history.append(entry);
    for (const kv of saved.kvs) this.#kvs.set(toOrderKey(kv.key), kv);
    this.#keys = OrderedKeys.fromSorted([...this.#kvs.keys()].sort());
  }

  get revision(): Revision {
    return this.#revision;
  }

  get(orderKey: string): KeyValue | undefined {
    return this.#kvs.get(orderKey);
  }

  keysWithPrefix(orderPrefix: string, orderAfter?: string): Iterable<string> {
    return this.#keys.withPrefix(orderPrefix, orderAfter);
  }

  apply(entry: HistoryEntry): void {
    for (const event of entry.events) {
      const orderKey = toOrderKey(event.key);
      if (event.type === 'put') {
        if (event.previous === undefined) this.#keys.add(orderKey);
        this.#kvs.set(orderKey, event.kv);
      } else {
        this.#keys.remove(orderKey);
        this.#kvs.delete(orderKey);
      }
    }
    this.#revision = entry.revision;
    this.history.append(entry);
  }

  range(prefix: string, { limit = Number.POSITIVE_INFINITY, after, atRevision }: RangeOptions) {
    const revision = atRevision ?? this.#revision;
    const orderPrefix = toOrderKey(prefix);
    const orderAfter = toOrderKey(after ?? '');
    const undone = this.#undoTo(revision, orderPrefix);
    const keys = this.#mergedKeys(orderPrefix, orderAfter, undone);
    const kvs: KeyValue[] = [];
    let more = false;
    for (const key of keys) {
      const kv = undone.has(key) ? undone.get(key) : this.#kvs.get(key);
      if (kv === undefined) continue;
      more = kvs.length === limit;
      if (more) break;
      kvs.push(kv);
    }
    return { revision, kvs, more } satisfies RangeResult;
  }

  /** For keys changed after `revision`: what they were then. */
  #undoTo(revision: Revision, orderPrefix: string): Map<string, KeyValue | undefined> {
    const undone = new Map<string, KeyValue | undefined>();
    for (let at = this.#revision; at > revision; at -= 1) {
      for (const event of this.history.at(at)?.events.toReversed() ?? []) {
        const orderKey = toOrderKey(event.key);
        if (orderKey.startsWith(orderPrefix)) undone.set(orderKey, event.previous);
      }
    }
    return undone;
  }

  #mergedKeys(prefix: string, after: string, undone: ReadonlyMap<string, unknown>) {
    if (undone.size === 0) return this.#keys.withPrefix(prefix, after);
    const keys = new Set(this.#keys.withPrefix(prefix, after));
    for (const key of undone.keys()) if (key > after) keys.add(key);
    return [...keys].sort();
  }
}
