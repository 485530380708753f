import type { Clock } from '../ports/clock.ts';

/** Bounds in ms of the latency histogram that `/metrics` shows. */
export const LATENCY_BUCKETS_MS = [
  1, 2, 4, 6, 8, 10, 20, 40, 50, 100, 500, 1000, 10_000, 30_000, 60_000,
] as const;

/** Steps per doubling of the fine histogram: percentiles are right within 9 %. */
const STEPS_PER_DOUBLING = 8;
const FINE_BUCKETS = 256;
const FINE_OFFSET = 80;

export const METRIC_LIMITS = { components: 256, applications: 10_000 } as const;

/** Times in buckets, as `/metrics` shows them. */
export class Histogram {
  readonly buckets = new Array<number>(LATENCY_BUCKETS_MS.length + 1).fill(0);
  sumMs = 0;

  add(ms: number): void {
    this.sumMs += ms;
    let bucket = 0;
    while (ms > (LATENCY_BUCKETS_MS[bucket] ?? Number.POSITIVE_INFINITY)) bucket += 1;
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1;
  }
}

/** Counts and latencies of one group of requests; fixed size, no allocation per request. */
export class RequestStatistics {
  requests = 0;
  readonly rate: RateMeter;
  /** By hundreds: 2xx at [2]; everything outside 200 to 599 at [0]. */
  readonly responses = [0, 0, 0, 0, 0, 0];
  readonly latency = new Histogram();
  readonly #fine = new Uint32Array(FINE_BUCKETS);

  constructor(clock: Clock) {
    this.rate = new RateMeter(clock);
  }

  start(): void {
    this.requests += 1;
    this.rate.mark();
  }

  addResponse(status: number, latencyMs: number): void {
    const group = status >= 200 && status < 600 ? Math.floor(status / 100) : 0;
    this.responses[group] = (this.responses[group] ?? 0) + 1;
    this.latency.add(latencyMs);
    const step = Math.floor(Math.log2(Math.max(latencyMs, 0.001)) * STEPS_PER_DOUBLING);
    const fine = Math.min(FINE_BUCKETS - 1, Math.max(0, step + FINE_OFFSET));
    this.#fine[fine] = (this.#fine[fine] ?? 0) + 1;
  }

  get responseCount(): number {
    return this.responses.reduce((sum, count) => sum + count, 0);
  }

  /** In seconds, as `/varz` reports them. */
  percentileSeconds(share: number): number {
    const wanted = this.responseCount * share;
    let seen = 0;
    for (let index = 0; index < FINE_BUCKETS; index += 1) {
      seen += this.#fine[index] ?? 0;
      if (seen > 0 && seen >= wanted) {
        return 2 ** ((index - FINE_OFFSET + 1) / STEPS_PER_DOUBLING) / 1000;
      }
    }
    return 0;
  }
}

const TICK_MS = 5000;

/** Requests per second as moving averages over 1, 5 and 15 minutes. */
export class RateMeter {
  readonly #clock: Clock;
  #uncounted = 0;
  #tickedAtMs: number;
  readonly #rates = [0, 0, 0];
  #isFirst = true;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#tickedAtMs = clock.nowMs();
  }

  mark(): void {
    this.#uncounted += 1;
  }

  read(): readonly number[] {
    const ticks = Math.floor((this.#clock.nowMs() - this.#tickedAtMs) / TICK_MS);
    // After a quarter of an hour without a read older requests weigh nothing any more.
    for (let tick = 0; tick < Math.min(ticks, 720); tick += 1) this.#tick(ticks);
    this.#tickedAtMs += ticks * TICK_MS;
    return this.#rates;
  }

  #tick(ticks: number): void {
    const perSecond = this.#uncounted / (TICK_MS / 1000) / Math.max(1, ticks);
    [1, 5, 15].forEach((minutes, index) => {
      const alpha = 1 - Math.exp(-TICK_MS / 60_000 / minutes);
      const before = this.#rates[index] ?? 0;
      this.#rates[index] = this.#isFirst ? perSecond : before + alpha * (perSecond - before);
    });
    this.#isFirst = false;
    this.#uncounted = 0;
  }
}

const TOP_WINDOW_MS = 60_000;
const TOP_SLICES = 6;

export interface BusyApplication {
  readonly applicationId: string;
  readonly requestsPerMinute: number;
}

/** Requests per application over the last minute, in slices of ten seconds. */
class BusyApplications {
  readonly #slices = Array.from({ length: TOP_SLICES }, () => new Map<string, number>());
  #slice = 0;

  #move(nowMs: number): Map<string, number> {
    const slice = Math.floor(nowMs / (TOP_WINDOW_MS / TOP_SLICES));
    const steps = Math.min(TOP_SLICES, slice - this.#slice);
    for (let step = 1; step <= steps; step += 1) {
      this.#slices[(this.#slice + step) % TOP_SLICES]?.clear();
    }
    this.#slice = slice;
    return this.#slices[slice % TOP_SLICES] as Map<string, number>;
  }

  mark(applicationId: string, nowMs: number): void {
    const current = this.#move(nowMs);
    const before = current.get(applicationId);
    if (before === undefined && current.size >= METRIC_LIMITS.applications) return;
    current.set(applicationId, (before ?? 0) + 1);
  }

  top(count: number, nowMs: number): BusyApplication[] {
    this.#move(nowMs);
    const sums = new Map<string, number>();
    for (const slice of this.#slices) {
      for (const [id, requests] of slice) sums.set(id, (sums.get(id) ?? 0) + requests);
    }
    return [...sums]
      .map(([applicationId, requestsPerMinute]) => ({ applicationId, requestsPerMinute }))
      .sort((a, b) => b.requestsPerMinute - a.requestsPerMinute)
      .slice(0, count);
  }
}

/** Everything the router counts. Plain fields: the request path pays additions only. */
export class RouterMetrics {
  readonly all: RequestStatistics;
  readonly byComponent = new Map<string, RequestStatistics>();
  /** Named counters of gorouter.md §8. */
  readonly counters = new Map<string, number>();
  /** Counters that are kept per component as well: name → component → count. */
  readonly componentCounters = new Map<string, Map<string, number>>();
  /** From the producer's own stamp to the table (gorouter.md §8). */
  readonly registrationLatency = new Histogram();
  openUpgrades = 0;
  openRequests = 0;
  readonly #clock: Clock;
  readonly #busy = new BusyApplications();
  #activeApplications = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.all = new RequestStatistics(clock);
  }

  count(name: string, add = 1): void {
    if (name !== '') this.counters.set(name, (this.counters.get(name) ?? 0) + add);
  }

  /** Components beyond the limit are counted as if they had no name. */
  countFor(component: string, name: string): void {
    this.count(name);
    const counts = this.componentCounters.get(name) ?? new Map<string, number>();
    this.componentCounters.set(name, counts);
    const isKnown = counts.has(component) || counts.size < METRIC_LIMITS.components;
    const own = isKnown ? component : '';
    counts.set(own, (counts.get(own) ?? 0) + 1);
  }

  counter(name: string): number {
    return this.counters.get(name) ?? 0;
  }

  /** One attempt on an endpoint begins. */
  attemptStarted(component: string, applicationId: string): void {
    this.count('total_requests');
    this.all.start();
    this.component(component)?.start();
    if (component.startsWith('dea-')) this.count('routed_app_requests');
    if (applicationId === '') return;
    this.#busy.mark(applicationId, this.#clock.nowMs());
    if (this.#activeApplications.size < METRIC_LIMITS.applications) {
      this.#activeApplications.add(applicationId);
    }
  }

  /** An exchange that had an endpoint ended. */
  responseSent(component: string, status: number, latencyMs: number): void {
    this.all.addResponse(status, latencyMs);
    this.component(component)?.addResponse(status, latencyMs);
  }

  component(name: string): RequestStatistics | undefined {
    if (name === '') return undefined;
    let own = this.byComponent.get(name);
    if (own === undefined && this.byComponent.size < METRIC_LIMITS.components) {
      own = new RequestStatistics(this.#clock);
      this.byComponent.set(name, own);
    }
    return own;
  }

  busiest(count: number): BusyApplication[] {
    return this.#busy.top(count, this.#clock.nowMs());
  }

  /** Applications that had a request since the last call, newest last (gorouter.md §2.7). */
  takeActiveApplications(): string[] {
    const active = [...this.#activeApplications];
    this.#activeApplications = new Set();
    return active;
  }
}
