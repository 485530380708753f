import type { Clock, Timer } from '../../ports/clock.ts';
import type {
  KeyValueStore,
  Lease,
  LeaseId,
  RangeOptions,
  Revision,
  StoreResult,
  Transaction,
  Watch,
  WatchListener,
} from '../../ports/store.ts';
import { LocalBatch } from './local-batch.ts';
import { LocalLeases } from './local-leases.ts';
import { LocalState, type SavedState } from './local-state.ts';
import { LocalWatches } from './local-watches.ts';
import { toOrderKey } from './ordered-keys.ts';
import { CLOSED, DONE, type Failure, failedWatch, failure, success } from './results.ts';

export const LOCAL_LIMITS = {
  pendingWrites: 16_384,
  pendingBytes: 64 * 1_024 * 1_024,
  batchWrites: 512,
  batchBytes: 8 * 1_024 * 1_024,
  historyRevisions: 10_000,
  historyBytes: 64 * 1_024 * 1_024,
  /** How long writes are refused after the disk was full, before one is tried again. */
  refusalMs: 1_000,
} as const;

/** What a cut leaves: it happens once per some thousand writes, not with each. */
const KEPT_SHARE = 7 / 8;

export type CommitOutcome =
  | { readonly type: 'durable' }
  /** The disk has no room: nothing was written. */
  | { readonly type: 'refused'; readonly message: string }
  /** The disk failed: nobody knows what a restart will find, and no write is tried again. */
  | { readonly type: 'failed'; readonly message: string };

export interface Disk {
  /** All of the batch or nothing. One at a time. */
  commit(batch: LocalBatch): Promise<CommitOutcome>;
  close(): Promise<void>;
}

export interface LocalStoreOptions {
  readonly clock: Clock;
  /** Without a disk nothing outlives the process. */
  readonly disk?: Disk;
  readonly saved: SavedState;
  readonly historyRevisions?: number;
  readonly historyBytes?: number;
}

interface Job {
  readonly bytes: number;
  evaluate(batch: LocalBatch): StoreResult<unknown>;
  settle(result: StoreResult<unknown>): void;
}

const bytesOf = ({ success: first, failure: second = [] }: Transaction): number =>
  [...first, ...second].reduce((sum, own) => sum + (own.type === 'put' ? own.value.length : 0), 0);

/** The store in one process: all state in memory, every change on the disk first. */
export class LocalStore implements KeyValueStore {
  readonly #clock: Clock;
  readonly #disk: Disk | undefined;
  readonly #state: LocalState;
  readonly #leases: LocalLeases;
  readonly #watches: LocalWatches;
  readonly #historyRevisions: number;
  readonly #historyBytes: number;
  #lastLease: number;
  #queue: Job[] = [];
  #queueBytes = 0;
  #isPumping = false;
  #isClosed = false;
  #refusal: Failure | undefined;
  #refusalTimer: Timer | undefined;
  #onIdle: (() => void) | undefined;

  constructor({ clock, disk, saved, historyRevisions, historyBytes }: LocalStoreOptions) {
    this.#clock = clock;
    this.#disk = disk;
    this.#historyRevisions = historyRevisions ?? LOCAL_LIMITS.historyRevisions;
    this.#historyBytes = historyBytes ?? LOCAL_LIMITS.historyBytes;
    this.#state = new LocalState(saved);
    this.#watches = new LocalWatches(this.#state, clock);
    this.#leases = new LocalLeases(clock, (id) => this.#expire(id));
    this.#lastLease = saved.lastLease;
    for (const [id, ttlMs] of saved.leases) this.#leases.add(id, ttlMs);
    for (const kv of saved.kvs) this.#leases.move(kv.key, undefined, kv);
  }

  async get(key: string) {
    return success({ revision: this.#state.revision, kv: this.#state.get(toOrderKey(key)) });
  }

  async range(prefix: string, options: RangeOptions = {}) {
    const { atRevision = this.#state.revision } = options;
    if (atRevision > this.#state.revision) {
      return failure('invalid', `revision ${atRevision} has not been reached`);
    }
    if (atRevision < this.#state.history.compactRevision) {
      return failure('compacted', `revision ${atRevision} was cut off`);
    }
    return success(this.#state.range(prefix, options));
  }

  txn(transaction: Transaction) {
    return this.#write(bytesOf(transaction), (batch) => batch.run(transaction));
  }

  watch(prefix: string, fromRevision: Revision, listener: WatchListener): Watch {
    if (this.#isClosed) return failedWatch(CLOSED.error, listener);
    return this.#watches.add(prefix, fromRevision, listener);
  }

  compact(revision: Revision): Promise<StoreResult<Revision>> {
    return this.#write(0, (batch) => {
      if (revision > batch.revision) {
        return failure('invalid', `revision ${revision} has not been reached`);
      }
      if (revision <= (batch.compactRevision ?? this.#state.history.compactRevision)) {
        return failure('compacted', `revision ${revision} was cut off`);
      }
      batch.compactRevision = revision;
      return success(revision);
    });
  }

  grantLease(ttlMs: number): Promise<StoreResult<Lease>> {
    return this.#write(0, (batch) => {
      const number = (batch.lastLease ?? this.#lastLease) + 1;
      batch.lastLease = number;
      const id = String(number);
      batch.leases.set(id, ttlMs);
      return success({ id, ttlMs });
    });
  }

  async keepLeaseAlive(id: LeaseId): Promise<StoreResult<Lease>> {
    const ttlMs = this.#leases.renew(id);
    return ttlMs === undefined ? this.#noLease(id) : success({ id, ttlMs });
  }

  revokeLease(id: LeaseId): Promise<StoreResult<void>> {
    return this.#write(0, (batch) => {
      if (!batch.hasLease(id)) return this.#noLease(id);
      batch.endLease(id);
      return DONE;
    });
  }

  async leaseTimeToLive(id: LeaseId) {
    const remainingMs = this.#leases.remainingMs(id);
    return remainingMs === undefined ? this.#noLease(id) : success({ remainingMs });
  }

  /** Finishes what was accepted, refuses the rest. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#leases.close();
    this.#clock.clearTimeout(this.#refusalTimer);
    if (this.#isPumping) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    this.#watches.endAll(CLOSED.error);
    await this.#disk?.close();
  }

  #noLease(id: LeaseId): Failure {
    return failure('lease-not-found', `there is no lease ${id}`);
  }

  #expire(id: LeaseId): void {
    const evaluate = (batch: LocalBatch): StoreResult<void> => {
      if (batch.hasLease(id)) batch.endLease(id);
      return DONE;
    };
    this.#enqueue({ bytes: 0, evaluate, settle: () => undefined });
  }

  #write<T>(
    bytes: number,
    evaluate: (batch: LocalBatch) => StoreResult<T>,
  ): Promise<StoreResult<T>> {
    if (this.#isClosed) return Promise.resolve(CLOSED);
    if (this.#refusal !== undefined) return Promise.resolve(this.#refusal);
    const { pendingWrites, pendingBytes } = LOCAL_LIMITS;
    if (this.#queue.length >= pendingWrites || this.#queueBytes + bytes > pendingBytes) {
      return Promise.resolve(failure('unavailable', 'too many writes wait for the disk'));
    }
    return new Promise((resolve) => {
      // The result comes from this job's own `evaluate`, or is a failure.
      const settle = (result: StoreResult<unknown>): void => resolve(result as StoreResult<T>);
      this.#enqueue({ bytes, evaluate, settle });
    });
  }

  #enqueue(job: Job): void {
    this.#queue.push(job);
    this.#queueBytes += job.bytes;
    if (this.#isPumping) return;
    this.#isPumping = true;
    queueMicrotask(() => this.#pump());
  }

  /** One commit at a time: what arrives meanwhile goes together into the next one. */
  async #pump(): Promise<void> {
    while (this.#queue.length > 0) {
      const jobs = this.#takeBatch();
      if (this.#refusal !== undefined) {
        for (const job of jobs) job.settle(this.#refusal);
        continue;
      }
      const batch = new LocalBatch(this.#state, this.#leases);
      const results = jobs.map((job) => job.evaluate(batch));
      this.#limitHistory(batch);
      const outcome =
        batch.isEmpty || this.#disk === undefined ? undefined : await this.#disk.commit(batch);
      const refused = this.#refusalFor(outcome);
      if (refused === undefined) this.#apply(batch);
      for (const [index, job] of jobs.entries()) {
        job.settle(refused ?? (results[index] as StoreResult<unknown>));
      }
    }
    this.#isPumping = false;
    this.#onIdle?.();
  }

  #takeBatch(): Job[] {
    let bytes = 0;
    let count = 0;
    for (const job of this.#queue) {
      if (count >= LOCAL_LIMITS.batchWrites || bytes >= LOCAL_LIMITS.batchBytes) break;
      bytes += job.bytes;
      count += 1;
    }
    this.#queueBytes -= bytes;
    return this.#queue.splice(0, count);
  }

  #limitHistory(batch: LocalBatch): void {
    const { history } = this.#state;
    const room = this.#historyRevisions - batch.entries.length;
    if (history.size <= room && history.bytes <= this.#historyBytes) return;
    const keptRevisions = Math.floor(room * KEPT_SHARE);
    const cut = history.cutFor(keptRevisions, Math.floor(this.#historyBytes * KEPT_SHARE));
    if (cut > (batch.compactRevision ?? history.compactRevision)) batch.compactRevision = cut;
  }

  /** Readers and watchers see a change after it is durable, and before its writer hears of it. */
  #apply(batch: LocalBatch): void {
    for (const [id, ttlMs] of batch.leases) if (ttlMs !== undefined) this.#leases.add(id, ttlMs);
    for (const entry of batch.entries) {
      for (const event of entry.events) {
        this.#leases.move(event.key, event.previous, event.type === 'put' ? event.kv : undefined);
      }
      this.#state.apply(entry);
    }
    for (const [id, ttlMs] of batch.leases) if (ttlMs === undefined) this.#leases.remove(id);
    this.#lastLease = batch.lastLease ?? this.#lastLease;
    this.#watches.advance();
    if (batch.compactRevision !== undefined) this.#state.history.compact(batch.compactRevision);
  }

  #refusalFor(outcome: CommitOutcome | undefined): Failure | undefined {
    if (outcome === undefined || outcome.type === 'durable') return undefined;
    const refusal = failure('read-only', `the disk refuses writes: ${outcome.message}`);
    this.#refusal = refusal;
    if (outcome.type === 'failed') return failure('unknown-outcome', outcome.message);
    if (!this.#isClosed) {
      this.#refusalTimer = this.#clock.setTimeout(() => {
        this.#refusal = undefined;
        this.#leases.retryExpired();
      }, LOCAL_LIMITS.refusalMs);
    }
    return refusal;
  }
}
