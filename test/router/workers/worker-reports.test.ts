/** What a worker tells of itself: nothing is counted twice or lost, and nothing grows for ever. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/adapters/clock/virtual-clock.ts';
import { createMemoryLog } from '../../../src/adapters/log/memory-log.ts';
import { METRIC_LIMITS, RouterMetrics } from '../../../src/router/metrics.ts';
import { toColumns, toRows } from '../../../src/router/workers/columns.ts';
import { WORKER_LIMITS, type WorkerReport } from '../../../src/router/workers/messages.ts';
import { setGauges, takeReport } from '../../../src/router/workers/take-report.ts';
import { shareOf, workerCount } from '../../../src/router/workers/worker-fleet.ts';
import { WorkerReports } from '../../../src/router/workers/worker-reports.ts';

function newReports() {
  const clock = createVirtualClock();
  const posted: WorkerReport[] = [];
  const post = (report: WorkerReport): void => void posted.push(structuredClone(report));
  const reports = new WorkerReports(clock, ['info', 'error'], post);
  return { clock, posted, reports };
}

function newMain() {
  const clock = createVirtualClock();
  const metrics = new RouterMetrics(clock);
  const { log, lines } = createMemoryLog('gorouter');
  const written: string[] = [];
  const targets = { metrics, log, accessLines: [{ write: (text: string) => written.push(text) }] };
  return { clock, metrics, lines, written, targets };
}

const components = ['', 'dea-1', 'uaa', 'route-emitter'];
const exchange = fc.record({
  component: fc.constantFrom(...components),
  applicationId: fc.constantFrom('', 'a', 'b'),
  status: fc.constantFrom(100, 200, 204, 301, 404, 502, 599, 600),
  latencyMs: fc.oneof(
    fc.constantFrom(0, 1, 2, 10, 20, 60_000),
    fc.double({ min: 0, max: 90_000, noNaN: true }),
  ),
});

const shown = (metrics: RouterMetrics) => ({
  counters: [...metrics.counters].toSorted(),
  active: metrics.takeActiveApplications().toSorted(),
  busiest: metrics.busiest(10).toSorted((a, b) => (a.applicationId < b.applicationId ? -1 : 1)),
  groups: ['all', ...components.slice(1)].map((name) => {
    const own = name === 'all' ? metrics.all : metrics.byComponent.get(name);
    return [name, own?.requests, own?.responses, own?.latency.buckets];
  }),
});

describe('reports of a worker', () => {
  it('add up to what one thread alone would have counted', () => {
    fc.assert(
      fc.property(fc.array(fc.array(exchange, { maxLength: 30 }), { maxLength: 6 }), (turns) => {
        const alone = new RouterMetrics(createVirtualClock());
        const main = newMain();
        const gauges = { openRequests: 0, openUpgrades: 0 };
        const { clock, posted, reports } = newReports();
        for (const exchanges of turns) {
          for (const { component, applicationId, status, latencyMs } of exchanges) {
            for (const metrics of [alone, reports.metrics]) {
              metrics.attemptStarted(component, applicationId);
              metrics.responseSent(component, status, latencyMs);
              if (status >= 400) metrics.count('bad_gateways');
            }
          }
          clock.advance(WORKER_LIMITS.reportDelayMs);
          for (const report of posted.splice(0)) {
            takeReport(report, gauges, main.targets);
            reports.reported();
          }
        }
        const sumMs = alone.all.latency.sumMs;
        expect(main.metrics.all.latency.sumMs).toBeCloseTo(sumMs, 3);
        for (const share of [0.5, 0.9, 0.99]) {
          const own = alone.all.percentileSeconds(share);
          const merged = main.metrics.all.percentileSeconds(share);
          expect(Math.abs(merged - own)).toBeLessThanOrEqual(own * 0.1 + 1e-6);
        }
        expect(shown(main.metrics)).toEqual(shown(alone));
      }),
      { numRuns: 300 },
    );
  });

  it('come one at a time, each when the last one was read', () => {
    const { clock, posted, reports } = newReports();
    reports.write('one\n');
    expect(posted).toHaveLength(0);
    clock.advance(WORKER_LIMITS.reportDelayMs);
    expect(posted.map(({ lines }) => lines)).toEqual(['one\n']);
    for (let at = 0; at < 100; at += 1) {
      reports.write(`${at}\n`);
      clock.advance(100);
    }
    expect(posted).toHaveLength(1);
    reports.reported();
    clock.advance(WORKER_LIMITS.reportDelayMs);
    expect(posted[1]?.lines.split('\n')).toHaveLength(101);
    reports.reported();
    clock.advance(10_000);
    expect(posted).toHaveLength(2);
  });

  it('drop lines and log entries that find no room, and count them', () => {
    const { posted, reports } = newReports();
    reports.write('first\n');
    reports.flush();
    const line = `${'x'.repeat(1023)}\n`;
    const fitting = WORKER_LIMITS.waitingLineCharacters / line.length;
    for (let at = 0; at < fitting + 7; at += 1) reports.write(line);
    for (let at = 0; at < WORKER_LIMITS.waitingLogEntries + 3; at += 1) reports.log.info('said');
    reports.flush();
    expect(posted[1]?.lines.length).toBe(WORKER_LIMITS.waitingLineCharacters);
    expect(posted[1]?.droppedLines).toBe(7);
    expect(posted[1]?.log).toHaveLength(WORKER_LIMITS.waitingLogEntries);
    expect(posted[1]?.droppedLogEntries).toBe(3);
    reports.flush();
    expect(posted[2]?.lines).toBe('');
    expect(posted[2]?.droppedLines).toBe(0);
  });

  it('stay small however many applications and components there are', () => {
    const { posted, reports } = newReports();
    const count = METRIC_LIMITS.applications + 500;
    for (let at = 0; at < count; at += 1) {
      reports.metrics.attemptStarted(`component-${at}`, `app-${at}`);
      reports.metrics.responseSent(`component-${at}`, 200, 1);
    }
    reports.flush();
    const [report] = posted;
    const attempts = report?.attempts ?? [];
    expect(attempts.length).toBeLessThanOrEqual(
      METRIC_LIMITS.applications + METRIC_LIMITS.components + 1,
    );
    expect(report?.responses.length).toBeLessThanOrEqual(METRIC_LIMITS.components + 1);
    expect(attempts.reduce((sum, own) => sum + own.count, 0)).toBe(count);
    expect(report?.responses.reduce((sum, own) => sum + own.count, 0)).toBe(count);
  });

  it('carry log entries of enabled levels with source and data', () => {
    const { posted, reports } = newReports();
    const main = newMain();
    const cyclic: Record<string, unknown> = {};
    cyclic['self'] = cyclic;
    reports.log.child('proxy').child('deep').error('bad', { status: 502, gone: undefined });
    reports.log.debug('not wanted');
    reports.log.info('odd', cyclic);
    expect(reports.log.isEnabled('debug')).toBe(false);
    expect(reports.log.isEnabled('error')).toBe(true);
    reports.flush();
    for (const report of posted) {
      takeReport(report, { openRequests: 0, openUpgrades: 0 }, main.targets);
    }
    expect(main.lines).toEqual([
      { level: 'error', source: 'gorouter.proxy.deep', message: 'bad', data: { status: 502 } },
      { level: 'info', source: 'gorouter', message: 'odd', data: { data: 'not representable' } },
    ]);
  });

  it('tell of requests in hand; those of a worker that is gone count no more', () => {
    const { posted, reports } = newReports();
    const main = newMain();
    const own = { openRequests: 0, openUpgrades: 0 };
    main.metrics.openRequests = 5;
    reports.metrics.openRequests = 3;
    reports.metrics.openUpgrades = 1;
    reports.flush();
    reports.metrics.openRequests = 2;
    reports.flush();
    for (const report of posted) takeReport(report, own, main.targets);
    expect([main.metrics.openRequests, main.metrics.openUpgrades]).toEqual([7, 1]);
    setGauges(own, { openRequests: 0, openUpgrades: 0 }, main.metrics);
    expect([main.metrics.openRequests, main.metrics.openUpgrades]).toEqual([5, 0]);
  });
});

describe('columns', () => {
  it('give back the rows', () => {
    const row = fc.record({ a: fc.integer(), b: fc.option(fc.string(), { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        expect(toRows(structuredClone(toColumns(rows, ['a', 'b'])), ['a', 'b'])).toEqual(rows);
      }),
    );
  });
});

describe('numbers of workers', () => {
  it('are as configured, or as many as cores, and one for the other engine', () => {
    expect(workerCount('wire', 1, 8)).toBe(1);
    expect(workerCount('wire', 3, 8)).toBe(3);
    expect(workerCount('wire', 0, 8)).toBe(8);
    expect(workerCount('wire', 0, 1000)).toBe(WORKER_LIMITS.workers);
    expect(workerCount('wire', 0, 0)).toBe(1);
    expect(workerCount('http-proxy', 4, 8)).toBe(1);
  });

  it('divide limits that hold per endpoint, rounded up; no limit stays none', () => {
    expect([shareOf(500, 2), shareOf(5, 2), shareOf(1, 4), shareOf(0, 4)]).toEqual([250, 3, 1, 0]);
  });
});
