/** The route table of a worker thread: a copy that follows the main thread's. */
import { Endpoint, type EndpointDescription } from '../table/endpoint.ts';
import { Pool, type PoolMember } from '../table/pool.ts';
import type { RouteTableSettings } from '../table/route-table.ts';
import { RouteTable, type RouteTableObserver } from '../table/route-table.ts';
import type { ValueSharer } from '../table/share-values.ts';
import { toRows } from './columns.ts';
import {
  ENDPOINT_NAMES,
  type EndpointFailure,
  type EndpointState,
  POOL_NAMES,
  type PoolState,
  type TableBatch,
} from './messages.ts';

/** What a batch did. `gap`: one before it is missing, it was not applied. */
export type Applied = 'applied' | 'complete' | 'gap';

type FailureListener = (failure: EndpointFailure) => void;

/** The copy hears nothing of its own: the main thread logs what happens to routes. */
const SILENT: RouteTableObserver = {
  routeRegistered: () => {},
  endpointRegistered: () => {},
  endpointUnregistered: () => {},
  endpointNotUnregistered: () => {},
  routeUnregistered: () => {},
  loadBalancingRefused: () => {},
  routePruned: () => {},
};

class CopiedEndpoint extends Endpoint {
  readonly id: number;
  /** Pools that have it. */
  uses = 0;

  constructor(state: EndpointState, share: ValueSharer) {
    super(describedBy(state), state.connectionPoolId, share);
    this.id = state.id;
  }
}

function describedBy(state: EndpointState): EndpointDescription {
  const { port, isTls, protocol, staleThresholdMs } = state;
  const message = { ...state, tlsPort: isTls ? port : 0, uris: [], staleThresholdSeconds: 0 };
  return { message, port, isTls, protocol, staleThresholdMs };
}

class CopiedPool extends Pool {
  readonly #copy: TableCopy;

  constructor(key: string, contextPath: string, copy: TableCopy) {
    super(key, contextPath, 0);
    this.#copy = copy;
  }

  override memberFailed(member: PoolMember): void {
    this.#copy.tellFailed(this, member);
  }
}

export class TableCopy extends RouteTable {
  readonly #endpoints = new Map<number, CopiedEndpoint>();
  /** Taken out here after a failure, by pool; the main thread may name them once more. */
  readonly #orphans = new Map<string, CopiedEndpoint[]>();
  readonly #nowMs: () => number;
  readonly #onFailure: FailureListener;
  #sequence = 0;
  #snapshot = 0;
  /** Keys told since the snapshot began; undefined when none is under way. */
  #told: Set<string> | undefined;
  /** Batches count again from the next snapshot on. */
  #isInGap = true;

  constructor(
    settings: RouteTableSettings,
    nowMs: () => number,
    onFailure: FailureListener = () => {},
  ) {
    super(settings, SILENT);
    this.#nowMs = nowMs;
    this.#onFailure = onFailure;
  }

  /** Endpoints that are kept, for tests and figures. */
  get endpointCount(): number {
    return this.#endpoints.size;
  }

  /** `gap` is said once; until a snapshot begins, other batches are passed over. */
  apply(batch: TableBatch): Applied {
    const isNext = batch.sequence === this.#sequence + 1;
    const isOfOther = batch.snapshot !== this.#snapshot;
    this.#sequence = batch.sequence;
    this.#snapshot = batch.snapshot;
    if (batch.isFirst) {
      this.#isInGap = false;
      this.#told = new Set();
    } else if (isOfOther) return this.#beginGap();
    else if (this.#isInGap) return 'applied';
    else if (!isNext) return this.#beginGap();
    const used: CopiedEndpoint[] = [];
    for (const state of toRows(batch.endpoints, ENDPOINT_NAMES)) used.push(this.#endpointOf(state));
    let isWhole = true;
    for (const state of toRows(batch.pools, POOL_NAMES))
      isWhole = this.#putPool(state, used) && isWhole;
    for (const key of batch.goneKeys) {
      const pool = this.poolOf(key);
      if (pool !== undefined) this.#drop(pool, used);
    }
    if (batch.isLast) this.#dropUntold(used);
    // At the end of the batch: an endpoint may have moved from one pool to another.
    for (const endpoint of used) {
      if (endpoint.uses === 0) this.#endpoints.delete(endpoint.id);
    }
    if (!isWhole) return this.#beginGap();
    return batch.isLast ? 'complete' : 'applied';
  }

  #beginGap(): Applied {
    this.#isInGap = true;
    this.#told = undefined;
    return 'gap';
  }

  override removeFailed(pool: Pool, endpoint: Endpoint, nowMs: number): boolean {
    const isRemoved = super.removeFailed(pool, endpoint, nowMs);
    if (isRemoved && endpoint instanceof CopiedEndpoint) {
      endpoint.uses -= 1;
      const orphans = this.#orphans.get(pool.key) ?? [];
      orphans.push(endpoint);
      this.#orphans.set(pool.key, orphans);
      this.#onFailure({ effect: 'remove', key: pool.key, endpointId: endpoint.id, forMs: 0 });
    }
    return isRemoved;
  }

  tellFailed(pool: Pool, { endpoint, failedUntilMs }: PoolMember): void {
    if (!(endpoint instanceof CopiedEndpoint)) return;
    const forMs = failedUntilMs - this.#nowMs();
    this.#onFailure({ effect: 'mark', key: pool.key, endpointId: endpoint.id, forMs });
  }

  #endpointOf(state: EndpointState): CopiedEndpoint {
    const known = this.#endpoints.get(state.id);
    if (known !== undefined) return known;
    const endpoint = new CopiedEndpoint(state, this.share);
    this.#endpoints.set(state.id, endpoint);
    return endpoint;
  }

  /** False: it names an endpoint that is not here. */
  #putPool(state: PoolState, used: CopiedEndpoint[]): boolean {
    const { key } = state;
    this.#told?.add(key);
    let pool = this.poolOf(key);
    if (pool === undefined) {
      pool = new CopiedPool(key, this.share.text(state.contextPath), this);
      this.tree.insert(pool);
    }
    pool.routeServiceUrl = this.share.text(state.routeServiceUrl);
    const { loadBalancing } = state;
    pool.loadBalancing =
      loadBalancing === undefined ? undefined : this.share.loadBalancing(loadBalancing);
    return this.#setMembers(pool, state, used);
  }

  /** Marks and counts of endpoints that stay are this thread's own and stay. */
  #setMembers(pool: Pool, { members, failed }: PoolState, used: CopiedEndpoint[]): boolean {
    const before = pool.members;
    this.#releaseOrphans(pool, used);
    const isSame =
      before.length === members.length &&
      before.every(({ endpoint }, at) => (endpoint as CopiedEndpoint).id === members[at]);
    if (!isSame && !this.#replaceMembers(pool, members, used)) return false;
    // What other threads found out about its endpoints.
    for (const [place, forMs] of failed) {
      const member = pool.members[place];
      if (member === undefined) continue;
      const untilMs = Math.floor(this.#nowMs() + forMs);
      member.failedUntilMs = Math.max(member.failedUntilMs, untilMs);
    }
    return true;
  }

  #replaceMembers(pool: Pool, ids: readonly number[], used: CopiedEndpoint[]): boolean {
    const known = new Map<number, PoolMember>();
    for (const member of pool.members) known.set((member.endpoint as CopiedEndpoint).id, member);
    this.#release(pool, used);
    const members: PoolMember[] = [];
    for (const id of ids) {
      const endpoint = this.#endpoints.get(id);
      if (endpoint === undefined) continue;
      endpoint.uses += 1;
      members.push(known.get(id) ?? { endpoint, updatedAtMs: 0, failedUntilMs: 0 });
    }
    pool.setMembers(members);
    return members.length === ids.length;
  }

  #release(pool: Pool, used: CopiedEndpoint[]): void {
    for (const { endpoint } of pool.members) {
      (endpoint as CopiedEndpoint).uses -= 1;
      used.push(endpoint as CopiedEndpoint);
    }
    this.#releaseOrphans(pool, used);
    pool.setMembers([]);
  }

  #releaseOrphans(pool: Pool, used: CopiedEndpoint[]): void {
    for (const orphan of this.#orphans.get(pool.key) ?? []) used.push(orphan);
    this.#orphans.delete(pool.key);
  }

  #drop(pool: Pool, used: CopiedEndpoint[]): void {
    this.#release(pool, used);
    this.tree.remove(pool);
  }

  /** The snapshot is whole: what it did not name is gone. */
  #dropUntold(used: CopiedEndpoint[]): void {
    const told = this.#told;
    this.#told = undefined;
    if (told === undefined) return;
    const pools = this.pools();
    for (let next = pools.next(); next.done !== true; next = pools.next()) {
      if (!told.has(next.value.key)) this.#drop(next.value, used);
    }
  }
}
