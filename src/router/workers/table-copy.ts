/** The route table of a worker thread: a copy that follows the main thread's. */
import { Endpoint, type EndpointDescription } from '../table/endpoint.ts';
import { Pool, type PoolMember } from '../table/pool.ts';
import type { RouteTableSettings } from '../table/route-table.ts';
import { RouteTable, type RouteTableObserver } from '../table/route-table.ts';
import type { ValueSharer } from '../table/share-values.ts';
import type { EndpointFailure, EndpointState, PoolState, TableBatch } from './messages.ts';

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
    for (const state of batch.endpoints) used.push(this.#endpointOf(state));
    let isWhole = true;
    for (const state of batch.pools) isWhole = this.#putPool(state, used) && isWhole;
    for (const key of batch.goneKeys) {
      const pool = this.poolOf(key);
      if (pool !== undefined) this.#drop(pool, used);
      this.#told?.delete(key);
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

  /** What another thread found; it is not told on. */
  noteFailure({ key, endpointId, forMs }: EndpointFailure): void {
    for (const member of this.poolOf(key)?.members ?? []) {
      if (!(member.endpoint instanceof CopiedEndpoint) || member.endpoint.id !== endpointId)
        continue;
      member.failedUntilMs = Math.floor(this.#nowMs() + forMs);
    }
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
  #setMembers(pool: Pool, state: PoolState, used: CopiedEndpoint[]): boolean {
    const { members } = state;
    const isSame =
      pool.members.length === members.length &&
      pool.members.every(({ endpoint }, at) => (endpoint as CopiedEndpoint).id === members[at]);
    if (isSame) return true;
    const marks = new Map<number, number>();
    const nowMs = this.#nowMs();
    for (const [place, forMs] of state.failed) {
      marks.set(members[place] ?? 0, Math.floor(nowMs + forMs));
    }
    for (const { endpoint, failedUntilMs } of pool.members) {
      if (endpoint instanceof CopiedEndpoint) marks.set(endpoint.id, failedUntilMs);
    }
    this.#release(pool, used);
    let isWhole = true;
    for (const id of members) {
      const endpoint = this.#endpoints.get(id);
      if (endpoint === undefined) {
        isWhole = false;
        continue;
      }
      endpoint.uses += 1;
      pool.add(endpoint, 0);
    }
    for (const member of pool.members) {
      const untilMs = marks.get((member.endpoint as CopiedEndpoint).id);
      if (untilMs !== undefined) member.failedUntilMs = untilMs;
    }
    return isWhole;
  }

  #release(pool: Pool, used: CopiedEndpoint[]): void {
    for (const { endpoint } of pool.members) {
      if (!(endpoint instanceof CopiedEndpoint)) continue;
      endpoint.uses -= 1;
      used.push(endpoint);
    }
    used.push(...(this.#orphans.get(pool.key) ?? []));
    this.#orphans.delete(pool.key);
    pool.removeAll(() => true, 0);
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
