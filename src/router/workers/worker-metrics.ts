import type { Clock } from '../../ports/clock.ts';
import { LATENCY_BUCKETS_MS, METRIC_LIMITS, RouterMetrics } from '../metrics.ts';
import type { AttemptCount, ResponseCount, WorkerReport } from './messages.ts';

/** As fine as the finest histogram that the main thread keeps. */
const STEPS_PER_DOUBLING = 8;
const STEPS = 256;
const STEP_OFFSET = 80;

type Counted = Pick<
  WorkerReport,
  'counters' | 'attempts' | 'responses' | 'openRequests' | 'openUpgrades'
>;

interface Sum {
  count: number;
  sumMs: number;
}

/** A number that tells status group, bucket and fine step apart. */
function cellOf(group: number, latencyMs: number): number {
  let bucket = 0;
  while (latencyMs > (LATENCY_BUCKETS_MS[bucket] ?? Number.POSITIVE_INFINITY)) bucket += 1;
  const step = Math.floor(Math.log2(Math.max(latencyMs, 0.001)) * STEPS_PER_DOUBLING);
  const fine = Math.min(STEPS - 1, Math.max(0, step + STEP_OFFSET));
  return (group * (LATENCY_BUCKETS_MS.length + 1) + bucket) * STEPS + fine;
}

const groupOfCell = (cell: number): number =>
  Math.floor(cell / STEPS / (LATENCY_BUCKETS_MS.length + 1));

/**
 * Counts for the next report instead of for ever: nothing is shown in this thread. What it holds
 * is bounded by buckets, components and applications, however long the report has to wait.
 */
export class WorkerMetrics extends RouterMetrics {
  #counters = new Map<string, number>();
  #attempts = new Map<string, Map<string, number>>();
  #applications = 0;
  #responses = new Map<string, Map<number, Sum>>();
  readonly #onChange: () => void;

  constructor(clock: Clock, onChange: () => void) {
    super(clock);
    this.#onChange = onChange;
  }

  override count(name: string, add = 1): void {
    if (name === '') return;
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + add);
    this.#onChange();
  }

  override attemptStarted(component: string, applicationId: string): void {
    const own = inBounds(this.#attempts, component);
    const counts = this.#attempts.get(own) ?? new Map<string, number>();
    this.#attempts.set(own, counts);
    const before = counts.get(applicationId);
    const isKnown = before !== undefined || this.#applications < METRIC_LIMITS.applications;
    const application = isKnown ? applicationId : '';
    if (before === undefined) this.#applications += 1;
    counts.set(application, (counts.get(application) ?? 0) + 1);
    this.#onChange();
  }

  override responseSent(component: string, status: number, latencyMs: number): void {
    const own = inBounds(this.#responses, component);
    const sums = this.#responses.get(own) ?? new Map<number, Sum>();
    this.#responses.set(own, sums);
    const group = status >= 200 && status < 600 ? Math.floor(status / 100) : 0;
    const cell = cellOf(group, latencyMs);
    const sum = sums.get(cell);
    if (sum === undefined) sums.set(cell, { count: 1, sumMs: latencyMs });
    else {
      sum.count += 1;
      sum.sumMs += latencyMs;
    }
    this.#onChange();
  }

  /** What was counted since the last call. */
  take(): Counted {
    const attempts: AttemptCount[] = [];
    for (const [component, counts] of this.#attempts) {
      for (const [applicationId, count] of counts) {
        attempts.push({ component, applicationId, count });
      }
    }
    const responses: ResponseCount[] = [];
    for (const [component, sums] of this.#responses) {
      for (const [cell, { count, sumMs }] of sums) {
        responses.push({ component, status: groupOfCell(cell) * 100, count, sumMs });
      }
    }
    const counters = [...this.#counters];
    this.#counters = new Map();
    this.#attempts = new Map();
    this.#applications = 0;
    this.#responses = new Map();
    const { openRequests, openUpgrades } = this;
    return { counters, attempts, responses, openRequests, openUpgrades };
  }
}

/** Components beyond the limit are counted as if they had no name. */
function inBounds(known: ReadonlyMap<string, unknown>, component: string): string {
  return known.has(component) || known.size < METRIC_LIMITS.components ? component : '';
}
