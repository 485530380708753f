import { Etcd3, type IOptions } from 'etcd3';
import type { ILeaseKeepAliveRequest, ILeaseKeepAliveResponse } from 'etcd3/lib/rpc.js';
import type { Clock } from '../../ports/clock.ts';
import type {
  KeyValue,
  KeyValueStore,
  Lease,
  LeaseId,
  RangeOptions,
  RangeResult,
  Revision,
  Store,
  StoreResult,
  Transaction,
  TransactionResult,
  Watch,
  WatchListener,
} from '../../ports/store.ts';
import { completeStore } from './complete-store.ts';
import { fromKv, fromResponse, toKeyRange, toTxn } from './etcd-convert.ts';
import { toFailure } from './etcd-errors.ts';
import { EtcdWatch } from './etcd-watch.ts';
import { CLOSED, DONE, failedWatch, failure, success } from './results.ts';

export const ETCD_LIMITS = {
  requestTimeoutMs: 5_000,
  readAttempts: 3,
  pageKeys: 1_000,
  pendingWrites: 4_096,
  /** gRPC's default of 4 MiB is less than four of the largest values. */
  responseBytes: 256 * 1_024 * 1_024,
  /** How soon a connection that died silently is noticed; etcd allows pings every 5 s. */
  pingIntervalMs: 10_000,
  pingTimeoutMs: 5_000,
} as const;

export interface EtcdStoreOptions {
  readonly clock: Clock;
  readonly hosts: readonly string[];
  readonly keyPrefix?: string;
  readonly requestTimeoutMs?: number;
  readonly credentials?: NonNullable<IOptions['credentials']>;
  readonly auth?: { readonly username: string; readonly password: string };
}

type Policy = NonNullable<NonNullable<IOptions['faultHandling']>['global']>;

/**
 * The package's own policy sends a failed call again, also a transaction that may have been done:
 * its second run would report a conflict with itself. Here every call is sent once.
 */
const ONCE: Policy = {
  // Only a type: it does not exist when the program runs.
  _altReturn: undefined as never,
  onSuccess: () => ({ dispose: () => undefined }),
  onFailure: () => ({ dispose: () => undefined }),
  execute: async (fn) => fn({ signal: new AbortController().signal }),
};

const isLeaseNumber = (id: LeaseId): boolean => /^[1-9]\d{0,18}$/.test(id);
const noLease = (id: LeaseId) => failure('lease-not-found', `there is no lease ${id}`);

class EtcdStore implements KeyValueStore {
  readonly #client: Etcd3;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #watches = new Set<EtcdWatch>();
  #pendingWrites = 0;
  #isClosed = false;

  constructor(options: EtcdStoreOptions) {
    const { hosts, credentials, auth, requestTimeoutMs } = options;
    this.#clock = options.clock;
    this.#timeoutMs = requestTimeoutMs ?? ETCD_LIMITS.requestTimeoutMs;
    this.#client = new Etcd3({
      hosts: [...hosts],
      ...(credentials === undefined ? {} : { credentials }),
      ...(auth === undefined ? {} : { auth }),
      // Of several hosts, the package's circuit breaker leaves out those that failed.
      faultHandling: { global: ONCE, ...(hosts.length === 1 ? { host: () => ONCE } : {}) },
      grpcOptions: {
        'grpc.max_receive_message_length': ETCD_LIMITS.responseBytes,
        'grpc.keepalive_time_ms': ETCD_LIMITS.pingIntervalMs,
        'grpc.keepalive_timeout_ms': ETCD_LIMITS.pingTimeoutMs,
        'grpc.initial_reconnect_backoff_ms': 100,
        'grpc.max_reconnect_backoff_ms': 2_000,
      },
      defaultCallOptions: ({ isStream }) => (isStream ? {} : this.#deadline()),
    });
  }

  get(key: string) {
    return this.#read(async () => {
      const { header, kvs } = await this.#client.kv.range({ key: Buffer.from(key) });
      const [kv] = kvs;
      return success({ revision: Number(header.revision), kv: kv && fromKv(kv) });
    });
  }

  /** In pages of one revision, so that no answer is too large for one message. */
  range(prefix: string, options: RangeOptions = {}): Promise<StoreResult<RangeResult>> {
    return this.#read(async () => {
      const wanted = options.limit ?? Number.POSITIVE_INFINITY;
      const kvs: KeyValue[] = [];
      let revision = options.atRevision;
      let { after } = options;
      for (;;) {
        const limit = Math.min(wanted - kvs.length, ETCD_LIMITS.pageKeys);
        const range = toKeyRange(prefix, after === undefined ? {} : { after });
        const page = await this.#client.kv.range({ ...range, limit, revision: revision ?? 0 });
        revision ??= Number(page.header.revision);
        for (const kv of page.kvs) kvs.push(fromKv(kv));
        if (!page.more || kvs.length >= wanted) return success({ revision, kvs, more: page.more });
        after = kvs.at(-1)?.key;
      }
    });
  }

  async txn(transaction: Transaction): Promise<StoreResult<TransactionResult>> {
    const operations = [...transaction.success, ...(transaction.failure ?? [])];
    for (const own of operations) {
      if (own.type === 'put' && own.lease !== undefined && !isLeaseNumber(own.lease)) {
        return noLease(own.lease);
      }
    }
    return this.#write(async () => {
      const { header, succeeded, responses } = await this.#client.kv.txn(toTxn(transaction));
      const done = succeeded ? transaction.success : (transaction.failure ?? []);
      return success({
        succeeded,
        revision: Number(header.revision),
        responses: responses.flatMap((response, index) => {
          const operation = done[index];
          return operation === undefined ? [] : [fromResponse(operation, response)];
        }),
      });
    });
  }

  watch(prefix: string, fromRevision: Revision, listener: WatchListener): Watch {
    if (this.#isClosed) return failedWatch(CLOSED.error, listener);
    const over = (own: EtcdWatch): void => {
      this.#watches.delete(own);
    };
    const args = [prefix, fromRevision, listener, over] as const;
    const watch = new EtcdWatch(this.#client, this.#clock, ...args);
    this.#watches.add(watch);
    return watch;
  }

  compact(revision: Revision): Promise<StoreResult<Revision>> {
    return this.#write(async () => {
      await this.#client.kv.compact({ revision, physical: true });
      return success(revision);
    });
  }

  /** etcd counts whole seconds and has a least TTL of its own. */
  grantLease(ttlMs: number): Promise<StoreResult<Lease>> {
    return this.#write(async () => {
      const granted = await this.#client.leaseClient.leaseGrant({ TTL: Math.ceil(ttlMs / 1_000) });
      return success({ id: granted.ID, ttlMs: Number(granted.TTL) * 1_000 });
    });
  }

  async keepLeaseAlive(id: LeaseId): Promise<StoreResult<Lease>> {
    if (!isLeaseNumber(id)) return noLease(id);
    return this.#read(async () => {
      const stream = await this.#client.leaseClient.leaseKeepAlive(this.#deadline());
      const answered = new Promise<ILeaseKeepAliveResponse>((resolve, reject) => {
        stream.on('data', (response) => resolve(response as ILeaseKeepAliveResponse));
        stream.on('error', reject);
        stream.on('end', () => reject(new Error('the stream ended without an answer')));
      });
      (stream as { write(request: ILeaseKeepAliveRequest): void }).write({ ID: id });
      const ttlMs = Number((await answered).TTL) * 1_000;
      stream.end();
      return ttlMs > 0 ? success({ id, ttlMs }) : noLease(id);
    });
  }

  async revokeLease(id: LeaseId): Promise<StoreResult<void>> {
    if (!isLeaseNumber(id)) return noLease(id);
    return this.#write(async () => {
      await this.#client.leaseClient.leaseRevoke({ ID: id });
      return DONE;
    });
  }

  async leaseTimeToLive(id: LeaseId) {
    if (!isLeaseNumber(id)) return noLease(id);
    return this.#read(async () => {
      const { TTL } = await this.#client.leaseClient.leaseTimeToLive({ ID: id });
      const remainingMs = Number(TTL) * 1_000;
      return remainingMs < 0 ? noLease(id) : success({ remainingMs });
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const watch of [...this.#watches]) watch.end(CLOSED.error);
    this.#client.close();
  }

  #deadline() {
    return { deadline: Date.now() + this.#timeoutMs };
  }

  /** Reads change nothing and may be sent again, to another host if there is one. */
  async #read<T>(run: () => Promise<StoreResult<T>>): Promise<StoreResult<T>> {
    for (let attempt = 1; ; attempt += 1) {
      if (this.#isClosed) return CLOSED;
      try {
        return await run();
      } catch (error) {
        const failed = toFailure(error, 'read');
        const isFinal = failed.error.code !== 'unavailable';
        if (isFinal || attempt >= ETCD_LIMITS.readAttempts) return failed;
      }
    }
  }

  async #write<T>(run: () => Promise<StoreResult<T>>): Promise<StoreResult<T>> {
    if (this.#isClosed) return CLOSED;
    if (this.#pendingWrites >= ETCD_LIMITS.pendingWrites) {
      return failure('unavailable', 'too many writes wait for etcd');
    }
    this.#pendingWrites += 1;
    try {
      return await run();
    } catch (error) {
      return toFailure(error, 'write');
    } finally {
      this.#pendingWrites -= 1;
    }
  }
}

/** A store in etcd, for clusters. Connects by itself and stays connected. */
export function createEtcdStore(options: EtcdStoreOptions): Store {
  return completeStore(new EtcdStore(options), options.clock, options.keyPrefix);
}
