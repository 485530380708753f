/**
 * Locks and presences in the store: one key each, bound to a lease of its TTL, so that what is
 * not renewed goes by itself (diego.md §8). Owners race in one transaction of the store.
 */
import type { Buffer } from 'node:buffer';
import { Resource } from '../../model/bbs/messages/locket.ts';
import { DecodeError, decode } from '../../model/protobuf/decode.ts';
import { encode } from '../../model/protobuf/encode.ts';
import type { KeyValue, LeaseId, Store, StoreResult } from '../../ports/store.ts';
import { LOCKS } from '../image/keys.ts';
import {
  checkLock,
  isHoldable,
  type LocketResult,
  REFUSALS,
  typeOf,
  unavailable,
} from './check-request.ts';
import { LOCKET_LIMITS } from './options.ts';

export interface Locks {
  /** Takes the lock, or renews it for its owner. `ttlSeconds` counts from now. */
  lock(resource: Resource | undefined, ttlSeconds: bigint): Promise<LocketResult<void>>;
  fetch(key: string): Promise<LocketResult<Resource>>;
  /** Only for its owner. */
  release(resource: Resource | undefined): Promise<LocketResult<void>>;
  fetchAll(type: string, typeCode: number): Promise<LocketResult<readonly Resource[]>>;
}

/** `undefined`: somebody else changed the key meanwhile, so look again. */
type Attempt = Promise<LocketResult<void> | undefined>;

const DONE: LocketResult<void> = { ok: true, value: undefined };

const keyOf = (key: string): string => LOCKS + encodeURIComponent(key);

const failed = (result: StoreResult<unknown> & { ok: false }): LocketResult<never> =>
  unavailable(`store: ${result.error.message}`);

function resourceOf(kv: KeyValue | undefined): Resource | undefined {
  if (kv === undefined) return undefined;
  try {
    return decode(Resource, kv.value);
  } catch (error) {
    // Nothing that Locket wrote: nobody holds it.
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

async function repeat(attempt: () => Attempt): Promise<LocketResult<void>> {
  for (let count = 0; count < LOCKET_LIMITS.attempts; count += 1) {
    const result = await attempt();
    if (result !== undefined) return result;
  }
  return unavailable('the lock changes too often');
}

/** Whether the lease that the owner has may simply live on. */
async function renew(store: Store, lease: LeaseId, ttlMs: number): Promise<'yes' | 'gone' | 'no'> {
  const renewed = await store.keepLeaseAlive(lease);
  if (renewed.ok) return renewed.value.ttlMs === ttlMs ? 'yes' : 'no';
  return renewed.error.code === 'lease-not-found' ? 'gone' : 'no';
}

async function put(
  store: Store,
  held: KeyValue | undefined,
  key: string,
  value: Buffer,
  ms: number,
): Attempt {
  const lease = await store.grantLease(ms);
  if (!lease.ok) return failed(lease);
  const written = await store.txn({
    compare: [{ key, modRevision: held?.modRevision ?? 0 }],
    success: [{ type: 'put', key, value, lease: lease.value.id }],
  });
  if (!written.ok) {
    // After `unknown-outcome` the key may hang on this lease: then it has to run out by itself.
    if (written.error.code !== 'unknown-outcome') await store.revokeLease(lease.value.id);
    return failed(written);
  }
  if (!written.value.succeeded) {
    await store.revokeLease(lease.value.id);
    return undefined;
  }
  if (held?.lease !== undefined) await store.revokeLease(held.lease);
  return DONE;
}

async function lockOnce(store: Store, resource: Resource, ttlMs: number): Attempt {
  const key = keyOf(resource.key);
  const found = await store.get(key);
  if (!found.ok) return failed(found);
  const { kv } = found.value;
  const held = resourceOf(kv);
  if (held !== undefined && held.owner !== resource.owner) return REFUSALS.collision;
  const value = encode(Resource, resource);
  if (kv?.lease !== undefined && value.equals(kv.value)) {
    const renewal = await renew(store, kv.lease, ttlMs);
    if (renewal === 'yes') return DONE;
    if (renewal === 'gone') return undefined;
  }
  return put(store, kv, key, value, ttlMs);
}

async function releaseOnce(store: Store, resource: Resource): Attempt {
  const key = keyOf(resource.key);
  const found = await store.get(key);
  if (!found.ok) return failed(found);
  const { kv } = found.value;
  const held = resourceOf(kv);
  if (kv === undefined || held === undefined) return REFUSALS.notFound;
  if (held.owner !== resource.owner) return REFUSALS.collision;
  const removed = await store.txn({
    compare: [{ key, modRevision: kv.modRevision }],
    success: [{ type: 'delete', key }],
  });
  if (!removed.ok) return failed(removed);
  if (!removed.value.succeeded) return undefined;
  if (kv.lease !== undefined) await store.revokeLease(kv.lease);
  return DONE;
}

async function fetchFrom(store: Store, key: string): Promise<LocketResult<Resource>> {
  const found = await store.get(keyOf(key));
  if (!found.ok) return failed(found);
  const resource = resourceOf(found.value.kv);
  return resource === undefined ? REFUSALS.notFound : { ok: true, value: resource };
}

async function allOf(store: Store, type: string): Promise<LocketResult<readonly Resource[]>> {
  const found = await store.range(LOCKS);
  if (!found.ok) return failed(found);
  const all = found.value.kvs.flatMap((kv) => resourceOf(kv) ?? []);
  return { ok: true, value: all.filter((resource) => resource.type === type) };
}

/** `store` gives the store as it is open now; without one every call is UNAVAILABLE. */
export function createLocks(store: () => Store | undefined): Locks {
  async function withStore<T>(
    use: (open: Store) => Promise<LocketResult<T>>,
  ): Promise<LocketResult<T>> {
    const open = store();
    return open === undefined ? unavailable('the store is not open') : use(open);
  }
  return {
    async lock(resource, ttlSeconds) {
      const checked = checkLock(resource, ttlSeconds);
      if (!checked.ok) return checked;
      const ttlMs = Number(ttlSeconds) * 1000;
      return withStore((open) => repeat(() => lockOnce(open, checked.value, ttlMs)));
    },
    async fetch(key) {
      return isHoldable(key) ? withStore((open) => fetchFrom(open, key)) : REFUSALS.notFound;
    },
    async release(resource) {
      if (resource === undefined || !isHoldable(resource.key)) return REFUSALS.notFound;
      return withStore((open) => repeat(() => releaseOnce(open, resource)));
    },
    async fetchAll(type, typeCode) {
      const name = typeOf({ type, type_code: typeCode });
      if (name === undefined) return REFUSALS.type;
      return withStore((open) => allOf(open, name));
    },
  };
}
