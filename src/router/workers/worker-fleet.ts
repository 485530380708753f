/**
 * All that the main thread knows of its worker threads. It outlives the actors of the workers and
 * that of the proxy (DESIGN §4 rule 5), so that each finds after a restart how things stand.
 */
import type { RouterPhase } from '../../../machines/router/router.events.ts';
import type { Clock } from '../../ports/clock.ts';
import type { WorkerThread } from '../../ports/worker.ts';
import { markFailed, type RouteTable } from '../table/route-table.ts';
import {
  type EndpointFailure,
  type FromWorker,
  type ToWorker,
  WORKER_LIMITS,
  type WorkerReport,
} from './messages.ts';
import { EndpointNumbers, TableFeed } from './table-feed.ts';
import { type ReportTargets, setGauges, takeReport, type WorkerGauges } from './take-report.ts';

/** Whether the workers are to have the port open. */
export type PortWish = 'closed' | 'open' | 'closing';

interface Link {
  readonly thread: Pick<WorkerThread, 'post'>;
  readonly feed: TableFeed;
  readonly gauges: WorkerGauges;
  /** It was told to open and has not said that all is done. */
  isBusy: boolean;
}

export interface WorkerFleetOptions extends ReportTargets {
  readonly size: number;
  readonly table: RouteTable;
  readonly clock: Clock;
  readonly phase: () => RouterPhase;
  readonly isClosing: () => boolean;
}

export class WorkerFleet {
  readonly size: number;
  readonly #options: WorkerFleetOptions;
  readonly #links = new Map<number, Link>();
  readonly #numbers = new EndpointNumbers();
  #isPumpDue = false;
  #droppedLines = 0;
  wish: PortWish = 'closed';
  /** Known once the port has been open. */
  port = 0;

  constructor(options: WorkerFleetOptions) {
    this.#options = options;
    this.size = options.size;
  }

  /** Access lines that workers left out because this thread was behind. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  /** Whether any worker still has the port or requests. */
  get isBusy(): boolean {
    for (const { isBusy } of this.#links.values()) if (isBusy) return true;
    return false;
  }

  /** A thread was started; it asks for its snapshot when it listens to us. */
  attach(index: number, thread: Pick<WorkerThread, 'post'>): void {
    this.detach(index);
    const { table, clock } = this.#options;
    const post = (message: ToWorker): void => thread.post(message);
    const feed = new TableFeed({ table, numbers: this.#numbers, nowMs: clock.nowMs, post });
    const gauges = { openRequests: 0, openUpgrades: 0 };
    this.#links.set(index, { thread, feed, gauges, isBusy: false });
    post(this.#phaseMessage());
  }

  /** The thread is gone, and its requests with it. */
  detach(index: number): void {
    const link = this.#links.get(index);
    if (link === undefined) return;
    this.#links.delete(index);
    setGauges(link.gauges, { openRequests: 0, openUpgrades: 0 }, this.#options.metrics);
  }

  post(index: number, message: ToWorker): void {
    const link = this.#links.get(index);
    if (link === undefined) return;
    if (message.type === 'open') link.isBusy = true;
    link.thread.post(message);
  }

  postAll(message: ToWorker): void {
    for (const index of this.#links.keys()) this.post(index, message);
  }

  /** To be called when the phase or the closing has changed. */
  tellPhase(): void {
    this.postAll(this.#phaseMessage());
  }

  /** A pool of the table changed: told with all others of this turn. */
  changed(key: string): void {
    for (const { feed } of this.#links.values()) feed.changed(key);
    this.#pumpSoon();
  }

  #pumpSoon(): void {
    if (this.#isPumpDue || this.#links.size === 0) return;
    this.#isPumpDue = true;
    this.#options.clock.defer(() => {
      this.#isPumpDue = false;
      if (this.#pump()) this.#pumpSoon();
    });
  }

  /** True: there is more, for a turn of its own; requests and registrations come between. */
  #pump(): boolean {
    const { clock } = this.#options;
    const untilMs = clock.nowMs() + WORKER_LIMITS.pumpSliceMs;
    let isMore = true;
    while (isMore && clock.nowMs() <= untilMs) {
      isMore = false;
      for (const { feed } of this.#links.values()) isMore = feed.pump() || isMore;
    }
    return isMore;
  }

  /** What concerns all workers; the rest is for the worker's actor. */
  heard(index: number, message: FromWorker): void {
    const link = this.#links.get(index);
    if (link === undefined) return;
    switch (message.type) {
      case 'report':
        this.#takeReport(index, link, message);
        break;
      case 'applied':
        link.feed.applied(message.sequence);
        this.#pumpSoon();
        break;
      case 'resync':
        link.feed.startSnapshot();
        this.#pumpSoon();
        break;
      case 'drained':
      case 'stopped':
        link.isBusy = false;
        break;
      default:
        break;
    }
  }

  #phaseMessage(): ToWorker {
    const { phase, isClosing } = this.#options;
    return { type: 'phase', phase: phase(), isClosing: isClosing() };
  }

  #takeReport(index: number, link: Link, report: WorkerReport): void {
    link.thread.post({ type: 'reported' });
    this.#droppedLines += report.droppedLines;
    for (const failure of report.failures) this.#takeFailure(index, failure);
    takeReport(report, link.gauges, this.#options);
  }

  /** The other workers hear of it as of any change of the pool. */
  #takeFailure(index: number, { effect, key, endpointId, forMs }: EndpointFailure): void {
    const { table, clock } = this.#options;
    const pool = table.poolOf(key);
    const member = pool?.members.find(({ endpoint }) => this.#numbers.of(endpoint) === endpointId);
    if (pool === undefined || member === undefined) return;
    const nowMs = clock.nowMs();
    if (effect === 'remove') {
      table.removeFailed(pool, member.endpoint, nowMs);
      return;
    }
    markFailed(pool, member.endpoint, nowMs + forMs);
    for (const [other, { feed }] of this.#links) if (other !== index) feed.changed(key);
    this.#pumpSoon();
  }
}

/** The part of one worker in limits that hold per endpoint; 0 stays no limit. */
export const shareOf = (limit: number, workers: number): number => Math.ceil(limit / workers);

/** 0 means as many as there are cores. Only the engine `wire` has workers. */
export function workerCount(engine: string, workers: number, cores: number): number {
  if (engine !== 'wire') return 1;
  return Math.min(WORKER_LIMITS.workers, Math.max(1, workers === 0 ? cores : workers));
}
