import type {
  Compare,
  KeyValue,
  LeaseId,
  Operation,
  OperationResult,
  Revision,
  StoreEvent,
  StoreResult,
  Transaction,
  TransactionResult,
} from '../../ports/store.ts';
import type { HistoryEntry } from './local-history.ts';
import type { LocalState } from './local-state.ts';
import { toOrderKey } from './ordered-keys.ts';
import { failure, success } from './results.ts';

export interface LeaseRegistry {
  has(id: LeaseId): boolean;
  orderKeysOf(id: LeaseId): readonly string[];
}

function holds(compare: Compare, kv: KeyValue | undefined): boolean {
  if ('exists' in compare) return compare.exists === (kv !== undefined);
  if ('modRevision' in compare) return compare.modRevision === (kv?.modRevision ?? 0);
  return compare.createRevision === (kv?.createRevision ?? 0);
}

/**
 * Transactions that become durable together. Each is evaluated on the durable state plus what the
 * ones before it in the batch have changed; nothing of that is visible to readers yet.
 */
export class LocalBatch {
  readonly entries: HistoryEntry[] = [];
  /** The new state of every touched key; undefined for deleted ones. */
  readonly changed = new Map<string, KeyValue | undefined>();
  /** Changes of leases: their TTL, or undefined for those that end. */
  readonly leases = new Map<LeaseId, number | undefined>();
  lastLease: number | undefined;
  compactRevision: Revision | undefined;
  readonly #state: LocalState;
  readonly #registry: LeaseRegistry;
  #events: StoreEvent[] = [];

  constructor(state: LocalState, registry: LeaseRegistry) {
    this.#state = state;
    this.#registry = registry;
  }

  get revision(): Revision {
    return this.entries.at(-1)?.revision ?? this.#state.revision;
  }

  get isEmpty(): boolean {
    return (
      this.entries.length === 0 && this.leases.size === 0 && this.compactRevision === undefined
    );
  }

  get(orderKey: string): KeyValue | undefined {
    return this.changed.has(orderKey) ? this.changed.get(orderKey) : this.#state.get(orderKey);
  }

  hasLease(id: LeaseId): boolean {
    return this.leases.has(id) ? this.leases.get(id) !== undefined : this.#registry.has(id);
  }

  run(transaction: Transaction): StoreResult<TransactionResult> {
    const { compare = [], failure: otherwise = [] } = transaction;
    const succeeded = compare.every((own) => holds(own, this.get(toOrderKey(own.key))));
    const operations = succeeded ? transaction.success : otherwise;
    for (const { lease } of operations.filter((own) => own.type === 'put')) {
      if (lease !== undefined && !this.hasLease(lease)) {
        return failure('lease-not-found', `there is no lease ${lease}`);
      }
    }
    const responses = operations.map((operation) => this.#perform(operation));
    this.#seal();
    return success({ succeeded, revision: this.revision, responses });
  }

  /** Deletes the keys of a lease as one revision. */
  endLease(id: LeaseId): void {
    const keys = new Set([...this.#registry.orderKeysOf(id), ...this.changed.keys()]);
    const own = [...keys].filter((orderKey) => this.get(orderKey)?.lease === id).sort();
    for (const orderKey of own) this.#delete(orderKey);
    this.#seal();
    this.leases.set(id, undefined);
  }

  #seal(): void {
    if (this.#events.length === 0) return;
    this.entries.push({ revision: this.revision + 1, events: this.#events });
    this.#events = [];
  }

  #perform(operation: Operation): OperationResult {
    switch (operation.type) {
      case 'put':
        this.#put(operation.key, operation.value, operation.lease);
        return { type: 'put' };
      case 'get':
        return { type: 'get', kv: this.get(toOrderKey(operation.key)) };
      case 'delete':
        return { type: 'delete', deleted: this.#delete(toOrderKey(operation.key)) };
      case 'deletePrefix': {
        const keys = this.#keysWithPrefix(toOrderKey(operation.prefix));
        const deleted = keys.reduce((sum, key) => sum + this.#delete(key), 0);
        return { type: 'delete', deleted };
      }
    }
  }

  #put(key: string, value: Uint8Array, lease: LeaseId | undefined): void {
    const orderKey = toOrderKey(key);
    const previous = this.get(orderKey);
    const modRevision = this.revision + 1;
    const createRevision = previous?.createRevision ?? modRevision;
    const version = (previous?.version ?? 0) + 1;
    const kv = { key, value, createRevision, modRevision, version, lease };
    this.changed.set(orderKey, kv);
    this.#events.push({ type: 'put', key, kv, previous, modRevision });
  }

  #delete(orderKey: string): number {
    const previous = this.get(orderKey);
    if (previous === undefined) return 0;
    this.changed.set(orderKey, undefined);
    const { key } = previous;
    this.#events.push({ type: 'delete', key, previous, modRevision: this.revision + 1 });
    return 1;
  }

  #keysWithPrefix(orderPrefix: string): string[] {
    const keys = new Set(this.#state.keysWithPrefix(orderPrefix));
    for (const key of this.changed.keys()) if (key.startsWith(orderPrefix)) keys.add(key);
    return [...keys].sort();
  }
}
