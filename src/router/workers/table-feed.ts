/**
 * Keeps the copies of the table in the worker threads equal to it. A batch tells how pools are,
 * not what happened to them: changes to one pool that wait for a slow thread become one, and a
 * batch that is lost is made up for by a snapshot of the same form.
 */
import type { Endpoint } from '../table/endpoint.ts';
import type { Pool } from '../table/pool.ts';
import type { RouteTable } from '../table/route-table.ts';
import { toColumns } from './columns.ts';
import {
  ENDPOINT_NAMES,
  type EndpointState,
  POOL_NAMES,
  type PoolState,
  type TableBatch,
  WORKER_LIMITS,
} from './messages.ts';

/** The numbers of the endpoints, the same for all threads. */
export class EndpointNumbers {
  readonly #numbers = new WeakMap<Endpoint, number>();
  #next = 1;

  of(endpoint: Endpoint): number {
    const known = this.#numbers.get(endpoint);
    if (known !== undefined) return known;
    const number = this.#next;
    this.#next += 1;
    this.#numbers.set(endpoint, number);
    return number;
  }
}

export interface TableFeedOptions {
  readonly table: RouteTable;
  readonly numbers: EndpointNumbers;
  readonly nowMs: () => number;
  readonly post: (batch: TableBatch) => void;
}

/** One object: it is copied once per batch. */
const NONE_FAILED: PoolState['failed'] = [];

interface Draft {
  readonly endpoints: EndpointState[];
  readonly pools: PoolState[];
  readonly goneKeys: string[];
  members: number;
}

/** The way of the table's changes to one thread. Silent until the thread asks for a snapshot. */
export class TableFeed {
  readonly #options: TableFeedOptions;
  #waiting = new Set<string>();
  /** Endpoints that the thread has been told of since its snapshot began. */
  #told = new WeakSet<Endpoint>();
  #snapshot: Iterator<Pool, undefined> | undefined;
  #isAttached = false;
  #isFirst = false;
  #snapshots = 0;
  #sequence = 0;
  #applied = 0;

  constructor(options: TableFeedOptions) {
    this.#options = options;
  }

  get waitingKeys(): number {
    return this.#waiting.size;
  }

  /** Notes a change; `pump` sends it. */
  changed(key: string): void {
    if (!this.#isAttached) return;
    this.#waiting.add(key);
    if (this.#waiting.size > WORKER_LIMITS.waitingKeys) this.startSnapshot();
  }

  /** From here on everything is told anew. */
  startSnapshot(): void {
    this.#isAttached = true;
    this.#waiting = new Set();
    this.#told = new WeakSet();
    this.#snapshot = this.#options.table.pools();
    this.#snapshots += 1;
    this.#isFirst = true;
  }

  applied(sequence: number): void {
    if (sequence > this.#applied && sequence <= this.#sequence) this.#applied = sequence;
  }

  get #canSend(): boolean {
    if (!this.#isAttached) return false;
    if (this.#sequence - this.#applied >= WORKER_LIMITS.batchesInFlight) return false;
    return this.#waiting.size > 0 || this.#snapshot !== undefined;
  }

  /**
   * Sends one batch, when there is something to tell and the thread can take it. True: another
   * one could follow. A pool that changes many times meanwhile is told once.
   */
  pump(): boolean {
    if (!this.#canSend) return false;
    this.#post();
    return this.#canSend;
  }

  #post(): void {
    const draft: Draft = { endpoints: [], pools: [], goneKeys: [], members: 0 };
    for (const key of this.#waiting) {
      if (isFull(draft)) break;
      this.#waiting.delete(key);
      this.#describe(key, draft);
    }
    let isLast = false;
    while (this.#snapshot !== undefined && !isFull(draft)) {
      const next = this.#snapshot.next();
      if (next.done === true) {
        this.#snapshot = undefined;
        isLast = true;
      } else this.#describe(next.value.key, draft);
    }
    this.#sequence += 1;
    const { endpoints, pools, goneKeys } = draft;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    this.#options.post({
      type: 'table',
      sequence: this.#sequence,
      snapshot: this.#snapshots,
      isFirst,
      isLast,
      endpoints: toColumns(endpoints, ENDPOINT_NAMES),
      pools: toColumns(pools, POOL_NAMES),
      goneKeys,
    });
  }

  #describe(key: string, draft: Draft): void {
    const pool = this.#options.table.poolOf(key);
    if (pool === undefined) {
      draft.goneKeys.push(key);
      return;
    }
    const nowMs = this.#options.nowMs();
    const members: number[] = [];
    let failed: PoolState['failed'] = NONE_FAILED;
    for (const { endpoint, failedUntilMs } of pool.members) {
      const id = this.#options.numbers.of(endpoint);
      if (!this.#told.has(endpoint)) {
        this.#told.add(endpoint);
        draft.endpoints.push(endpointState(id, endpoint));
      }
      if (failedUntilMs > nowMs) {
        failed = [...failed, [members.length, failedUntilMs - nowMs]];
      }
      members.push(id);
    }
    const { contextPath, routeServiceUrl, loadBalancing } = pool;
    draft.pools.push({ key, contextPath, routeServiceUrl, loadBalancing, members, failed });
    draft.members += members.length;
  }
}

function isFull({ pools, goneKeys, members }: Draft): boolean {
  const { poolsPerBatch, membersPerBatch } = WORKER_LIMITS;
  return pools.length + goneKeys.length >= poolsPerBatch || members >= membersPerBatch;
}

function endpointState(id: number, endpoint: Endpoint): EndpointState {
  return { id, ...endpoint };
}
