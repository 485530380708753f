/** A number that grows with every change of the store. The empty store has revision 1. */
export type Revision = number;
export type LeaseId = string;

export interface KeyValue {
  readonly key: string;
  /** Shared with the store and every reader: never write into it. */
  readonly value: Uint8Array;
  readonly createRevision: Revision;
  readonly modRevision: Revision;
  /** 1 when created, one more with each put. */
  readonly version: number;
  readonly lease: LeaseId | undefined;
}

export type StoreErrorCode =
  /** The request breaks the rules of the port: a bug of the caller. */
  | 'invalid'
  | 'too-large'
  /** The history was cut above the wanted revision: take a new snapshot. */
  | 'compacted'
  | 'lease-not-found'
  /** Nothing was changed; try again later. */
  | 'unavailable'
  /** The disk refused a write. Nothing was changed; reads go on. */
  | 'read-only'
  | 'corrupt'
  /** The write may have happened or not: read before writing again. */
  | 'unknown-outcome';

export interface StoreError {
  readonly code: StoreErrorCode;
  readonly message: string;
}

export type StoreResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: StoreError };

export interface GetResult {
  readonly revision: Revision;
  readonly kv: KeyValue | undefined;
}

export interface RangeOptions {
  /** At most this many keys; `more` tells whether there are others. Default: all. */
  readonly limit?: number;
  /** Only keys above this one: the last key of the page before. */
  readonly after?: string;
  /** The state as it was at this revision. Default: now. */
  readonly atRevision?: Revision;
}

export interface RangeResult {
  /** What the list shows: a watch from `revision + 1` misses nothing. */
  readonly revision: Revision;
  /** In the order of the UTF-8 bytes of their keys. */
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
}

/** An absent key has revisions of 0. */
export type Compare =
  | { readonly key: string; readonly modRevision: Revision }
  | { readonly key: string; readonly createRevision: Revision }
  | { readonly key: string; readonly exists: boolean };

export type Operation =
  | {
      readonly type: 'put';
      readonly key: string;
      readonly value: Uint8Array;
      /** Without one, the key is taken off the lease that it had. */
      readonly lease?: LeaseId | undefined;
    }
  | { readonly type: 'delete'; readonly key: string }
  | { readonly type: 'deletePrefix'; readonly prefix: string }
  | { readonly type: 'get'; readonly key: string };

export interface Transaction {
  readonly compare?: readonly Compare[];
  /** Done in order when every comparison holds. A key that is put must not be touched twice. */
  readonly success: readonly Operation[];
  /** Done otherwise. */
  readonly failure?: readonly Operation[];
}

export type OperationResult =
  | { readonly type: 'put' }
  | { readonly type: 'delete'; readonly deleted: number }
  | { readonly type: 'get'; readonly kv: KeyValue | undefined };

export interface TransactionResult {
  /** Whether the comparisons held. A conflict is an answer, not an error. */
  readonly succeeded: boolean;
  /** Of the store after this transaction; all its changes carry this revision. */
  readonly revision: Revision;
  readonly responses: readonly OperationResult[];
}

export type StoreEvent =
  | {
      readonly type: 'put';
      readonly key: string;
      readonly kv: KeyValue;
      readonly previous: KeyValue | undefined;
      readonly modRevision: Revision;
    }
  | {
      readonly type: 'delete';
      readonly key: string;
      readonly previous: KeyValue;
      readonly modRevision: Revision;
    };

export interface WatchListener {
  /**
   * All events of one revision at once, revisions in order, none left out. A returned promise
   * holds the next call back until it settles; a watcher that falls too far behind is ended.
   */
  onEvents(events: readonly StoreEvent[], revision: Revision): void | Promise<void>;
  /** The watch is over by itself: `compacted` when events would have been missed. */
  onEnd(error: StoreError): void;
}

export interface Watch {
  /** No call of the listener after this. */
  cancel(): void;
}

export interface Lease {
  readonly id: LeaseId;
  /** What was granted: never less than what was asked for. */
  readonly ttlMs: number;
}

/** Keys with revisions, transactions, watches and leases, as etcd defines them. */
export interface KeyValueStore {
  get(key: string): Promise<StoreResult<GetResult>>;
  range(prefix: string, options?: RangeOptions): Promise<StoreResult<RangeResult>>;
  /** Answers after the change is durable. Reads and watches never show what is not. */
  txn(transaction: Transaction): Promise<StoreResult<TransactionResult>>;
  watch(prefix: string, fromRevision: Revision, listener: WatchListener): Watch;
  /** Forgets the history up to this revision; the current state stays. */
  compact(revision: Revision): Promise<StoreResult<Revision>>;
  /** When a lease runs out, its keys are deleted as one revision. */
  grantLease(ttlMs: number): Promise<StoreResult<Lease>>;
  keepLeaseAlive(id: LeaseId): Promise<StoreResult<Lease>>;
  revokeLease(id: LeaseId): Promise<StoreResult<void>>;
  leaseTimeToLive(id: LeaseId): Promise<StoreResult<{ readonly remainingMs: number }>>;
}

export interface HeldLease extends Lease {
  /** Stops the renewals and revokes the lease: its keys go at once. */
  release(): Promise<StoreResult<void>>;
}

export interface Leadership {
  readonly key: string;
  readonly revision: Revision;
  /** Put this into every transaction of the leader: it fails for a leader that was replaced. */
  readonly fence: Compare;
  resign(): Promise<StoreResult<void>>;
}

export interface Leader {
  readonly key: string;
  readonly value: Uint8Array;
  readonly revision: Revision;
}

export interface CampaignListener {
  onElected(leadership: Leadership): void;
  /** The candidacy is over, before or after the election; called at most once. */
  onLost(error: StoreError): void;
}

export interface Store extends KeyValueStore {
  /** Grants a lease and renews it three times per TTL. `onLost` when it is, or may be, gone. */
  holdLease(ttlMs: number, onLost: (error: StoreError) => void): Promise<StoreResult<HeldLease>>;
  /** Stands for election; the candidacy lives as long as the lease. `cancel` withdraws it. */
  campaign(name: string, value: Uint8Array, lease: LeaseId, listener: CampaignListener): Watch;
  /** Tells the leader now and after each change; undefined while there is none. */
  observeLeader(name: string, onLeader: (leader: Leader | undefined) => void): Watch;
  close(): Promise<void>;
}
