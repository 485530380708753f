/** Threads that are only queues, so that a test decides what arrives when. */
import { createVirtualClock } from '../../../src/adapters/clock/virtual-clock.ts';
import { createMemoryLog } from '../../../src/adapters/log/memory-log.ts';
import { RouterMetrics } from '../../../src/router/metrics.ts';
import { RouteTable } from '../../../src/router/table/route-table.ts';
import {
  type EndpointFailure,
  type ToWorker,
  WORKER_LIMITS,
} from '../../../src/router/workers/messages.ts';
import { TableCopy } from '../../../src/router/workers/table-copy.ts';
import { WorkerFleet } from '../../../src/router/workers/worker-fleet.ts';
import { STALE_MS } from '../table/table-fixture.ts';

const EMPTY_TIMEOUT_MS = 50_000;
export const SETTINGS = {
  isHttp2Enabled: true,
  dropletStaleThresholdMs: STALE_MS,
  sharding: { mode: 'all', segments: new Set<string>() },
  emptyPoolResponse503: true,
  emptyPoolTimeoutMs: EMPTY_TIMEOUT_MS,
} as const;
export const SILENT = {
  routeRegistered() {},
  endpointRegistered() {},
  endpointUnregistered() {},
  endpointNotUnregistered() {},
  routeUnregistered() {},
  loadBalancingRefused() {},
  routePruned() {},
};

/** A thread that is only a queue: messages arrive when the test lets them, or never. */
export class StandIn {
  readonly copy: TableCopy;
  readonly queue: ToWorker[] = [];
  readonly #fleet: WorkerFleet;
  readonly #index: number;
  /** What it found out and has not told yet. */
  readonly found: EndpointFailure[] = [];
  lost = 0;
  batches = 0;

  constructor(fleet: WorkerFleet, index: number, nowMs: () => number) {
    this.#fleet = fleet;
    this.#index = index;
    this.copy = new TableCopy(SETTINGS, nowMs, (failure) => this.found.push(failure));
    fleet.attach(index, { post: (own) => this.queue.push(structuredClone(own) as ToWorker) });
    fleet.heard(index, { type: 'resync' });
  }

  tellOne(): boolean {
    const failure = this.found.shift();
    if (failure === undefined) return false;
    this.#fleet.heard(this.#index, {
      type: 'report',
      lines: '',
      droppedLines: 0,
      log: [],
      droppedLogEntries: 0,
      counters: [],
      attempts: [],
      responses: [],
      failures: [failure],
      openRequests: 0,
      openUpgrades: 0,
    });
    return true;
  }

  /** With all batches in flight lost, nobody would ever know: a real thread ends then. */
  loseOne(): void {
    if (this.lost >= WORKER_LIMITS.batchesInFlight - 1) return;
    const at = this.queue.findIndex(({ type }) => type === 'table');
    if (at < 0) return;
    this.queue.splice(at, 1);
    this.lost += 1;
  }

  readOne(): boolean {
    const next = this.queue.shift();
    if (next === undefined) return false;
    if (next.type !== 'table') return true;
    this.batches += 1;
    this.lost = 0;
    const applied = this.copy.apply(next);
    this.#fleet.heard(this.#index, { type: 'applied', sequence: next.sequence });
    if (applied === 'gap') this.#fleet.heard(this.#index, { type: 'resync' });
    return true;
  }
}

export function newFleet(size = 2) {
  const clock = createVirtualClock();
  const { log } = createMemoryLog();
  const fleet: { current: WorkerFleet | undefined } = { current: undefined };
  const table = new RouteTable(SETTINGS, SILENT, (key) => fleet.current?.changed(key));
  const made = new WorkerFleet({
    size,
    table,
    clock,
    log,
    metrics: new RouterMetrics(clock),
    accessLines: [],
    phase: () => 'serving',
    isClosing: () => false,
  });
  fleet.current = made;
  const attach = (index: number): StandIn => new StandIn(made, index, () => clock.nowMs());
  /** All that is on the way arrives. */
  const settle = (workers: readonly StandIn[]): void => {
    for (let isMore = true; isMore; ) {
      clock.advance(0);
      isMore = workers.map((worker) => worker.tellOne() || worker.readOne()).some(Boolean);
    }
  };
  return { clock, table, fleet: made, attach, settle };
}
