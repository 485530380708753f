/** The copies of the workers follow the table, whatever happens to it and to the batches. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RouteTable } from '../../../src/router/table/route-table.ts';
import { type TableBatch, WORKER_LIMITS } from '../../../src/router/workers/messages.ts';
import { EndpointNumbers, TableFeed } from '../../../src/router/workers/table-feed.ts';
import { message, pruneAll, STALE_MS } from '../table/table-fixture.ts';
import { newFleet, SETTINGS, SILENT, type StandIn } from './stand-in.ts';
import { dump, endpointsIn } from './table-dump.ts';

const uri = fc.constantFrom('a.com', 'b.com', 'c.com', 'a.com/x', 'a.com/x/y', '*.com', 'b.com/z');
const registration = fc.record({
  uris: fc.uniqueArray(uri, { minLength: 1, maxLength: 3 }),
  port: fc.integer({ min: 1, max: 4 }),
  applicationId: fc.constantFrom('', 'app'),
  routeServiceUrl: fc.constantFrom('', '', 'https://service'),
  tags: fc.constantFrom(undefined, { component: 'c' }, { component: 'c', more: 'm' }),
  serverCertDomainSan: fc.constantFrom('', 'san'),
  tlsPort: fc.constantFrom(0, 0, 443),
  loadBalancing: fc.constantFrom(
    { algorithm: '', hashHeader: '', hashBalance: 0 },
    { algorithm: 'least-connection', hashHeader: '', hashBalance: 0 },
    { algorithm: 'hash', hashHeader: 'X-Tenant', hashBalance: Number.POSITIVE_INFINITY },
  ),
});
const which = fc.integer({ min: 0, max: 1 });
const number = fc.integer({ min: 0, max: 20 });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('register' as const), registration }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('unregister' as const), registration }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: number }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('prune' as const), ms: number }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('read' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('tell' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lose' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), which }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('fail' as const), which, number, number2: number }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function failSomething(worker: StandIn, pick: number, pick2: number, nowMs: number): void {
  const pools = [];
  const iterator = worker.copy.pools();
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
    if (!next.value.isEmpty) pools.push(next.value);
  }
  const pool = pools[pick % Math.max(1, pools.length)];
  const member = pool?.members[pick2 % pool.members.length];
  if (pool !== undefined && member !== undefined) {
    worker.copy.removeFailed(pool, member.endpoint, nowMs);
  }
}

describe('copies of the table', () => {
  it('equal the table after any history with lost batches and restarts', () => {
    const figures = { lost: 0 };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps: Step[]) => {
        const { clock, table, attach, settle } = newFleet();
        const workers = [attach(0), attach(1)];
        for (const one of steps) {
          switch (one.do) {
            case 'register':
              table.register(message(one.registration), clock.nowMs());
              break;
            case 'unregister':
              table.unregister(message(one.registration), clock.nowMs());
              break;
            case 'wait':
              clock.advance(one.ms * 10_000);
              break;
            case 'prune':
              clock.advance(one.ms * 10_000);
              pruneAll(table, clock.nowMs());
              break;
            case 'turn':
              clock.advance(0);
              break;
            case 'read':
              workers[one.which]?.readOne();
              break;
            case 'tell':
              workers[one.which]?.tellOne();
              break;
            case 'lose': {
              const before = workers[one.which]?.lost ?? 0;
              workers[one.which]?.loseOne();
              if ((workers[one.which]?.lost ?? 0) > before) figures.lost += 1;
              break;
            }
            case 'restart':
              workers[one.which] = attach(one.which);
              break;
            case 'fail': {
              const worker = workers[one.which];
              if (worker !== undefined) {
                failSomething(worker, one.number, one.number2, clock.nowMs());
              }
              break;
            }
          }
        }
        // A lost batch is only missed when another one comes.
        settle(workers);
        table.register(message({ uris: ['last.com'] }), clock.nowMs());
        settle(workers);
        for (const { copy } of workers) {
          expect(dump(copy)).toEqual(dump(table));
          expect(copy.endpointCount).toBe(endpointsIn(table));
        }
      }),
      { numRuns: 500 },
    );
    expect(figures.lost).toBeGreaterThan(50);
  });

  it('keep no endpoint that no pool has', () => {
    const { clock, table, attach, settle } = newFleet();
    const workers = [attach(0)];
    for (let port = 1; port <= 100; port += 1) {
      table.register(message({ port, uris: ['a.com', 'b.com'] }), 0);
      settle(workers);
    }
    expect(workers[0]?.copy.endpointCount).toBe(100);
    for (let port = 1; port <= 90; port += 1) {
      table.unregister(message({ port, uris: ['a.com', 'b.com'] }), 0);
    }
    settle(workers);
    expect(workers[0]?.copy.endpointCount).toBe(10);
    clock.advance(STALE_MS + 1);
    pruneAll(table, clock.nowMs());
    settle(workers);
    expect(workers[0]?.copy.endpointCount).toBe(0);
  });

  it('cost nothing for a heartbeat', () => {
    const { table, attach, settle } = newFleet();
    const workers = [attach(0)];
    const heartbeat = message({ uris: ['a.com', 'b.com'], privateInstanceId: 'i' });
    table.register(heartbeat, 0);
    settle(workers);
    const before = workers[0]?.batches ?? 0;
    for (let second = 1; second <= 100; second += 1) table.register(heartbeat, second * 1000);
    settle(workers);
    expect(before).toBeGreaterThan(0);
    expect(workers[0]?.batches).toBe(before);
  });

  it('are filled in slices, and changes meanwhile are not lost', () => {
    const { table, attach, settle } = newFleet();
    const count = WORKER_LIMITS.poolsPerBatch * 3 + 1;
    for (let at = 0; at < count; at += 1) table.register(message({ uris: [`r${at}.com`] }), 0);
    const worker = attach(0);
    worker.readOne();
    worker.readOne();
    const known = worker.copy.routeCount;
    for (let at = 0; at < count; at += 100) {
      table.unregister(message({ uris: [`r${at}.com`] }), 0);
      table.register(message({ uris: [`r${at}.com`], port: 99 }), 0);
    }
    settle([worker]);
    expect(known).toBeLessThan(count);
    expect(worker.batches).toBeGreaterThanOrEqual(4);
    expect(dump(worker.copy)).toEqual(dump(table));
  });

  it('of a thread that does not read costs a bounded number of batches', () => {
    const { clock, table, attach, settle } = newFleet();
    const worker = attach(0);
    for (let port = 1; port <= 1000; port += 1) {
      table.register(message({ port, uris: [`r${port % 50}.com`] }), 0);
      clock.advance(0);
    }
    const batches = worker.queue.filter(({ type }) => type === 'table').length;
    expect(batches).toBe(WORKER_LIMITS.batchesInFlight);
    settle([worker]);
    expect(dump(worker.copy)).toEqual(dump(table));
  });

  it('of a thread that does not read for long: a snapshot instead of ever more keys', () => {
    const { table } = newFleet();
    const batches: TableBatch[] = [];
    const feed = new TableFeed({
      table,
      numbers: new EndpointNumbers(),
      nowMs: () => 0,
      post: (batch) => batches.push(batch),
    });
    feed.changed('before anybody asked');
    expect(feed.pump()).toBe(false);
    feed.startSnapshot();
    while (feed.pump());
    expect(batches.map(({ isFirst, isLast }) => [isFirst, isLast])).toEqual([[true, true]]);
    for (let at = 0; at < WORKER_LIMITS.waitingKeys; at += 1) feed.changed(`r${at}.com`);
    expect(feed.waitingKeys).toBe(WORKER_LIMITS.waitingKeys);
    feed.changed('one.more');
    expect(feed.waitingKeys).toBe(0);
    feed.pump();
    expect(batches[1]?.isFirst).toBe(true);
  });

  it('count open requests on through a snapshot', () => {
    const { table, fleet, attach, settle } = newFleet();
    const worker = attach(0);
    table.register(message({ uris: ['a.com'] }), 0);
    settle([worker]);
    const endpoint = worker.copy.lookup('a.com', '/')?.members[0]?.endpoint;
    if (endpoint !== undefined) endpoint.openConnections = 3;
    fleet.heard(0, { type: 'resync' });
    settle([worker]);
    expect(worker.copy.lookup('a.com', '/')?.members[0]?.endpoint.openConnections).toBe(3);
  });
});

describe('a failed endpoint', () => {
  it('is marked in the other workers and in the table, and in workers that come later', () => {
    const { clock, table, attach, settle } = newFleet(3);
    const workers = [attach(0), attach(1)];
    table.register(message({ uris: ['a.com'], port: 1 }), 0);
    table.register(message({ uris: ['a.com'], port: 2 }), 0);
    settle(workers);
    const markIn = (own: RouteTable) =>
      own.lookup('a.com', '/')?.members.map(({ failedUntilMs }) => failedUntilMs);
    const [first] = workers;
    const pool = first?.copy.lookup('a.com', '/');
    const member = pool?.members[1];
    if (first === undefined || pool === undefined || member === undefined) throw new Error('none');
    member.failedUntilMs = clock.nowMs() + 30_000;
    pool.memberFailed(member);
    settle(workers);
    const marked = [0, clock.nowMs() + 30_000];
    expect(workers.map(({ copy }) => markIn(copy))).toEqual([marked, marked]);
    expect(markIn(table)).toEqual(marked);
    const late = attach(2);
    settle([late]);
    expect(markIn(late.copy)).toEqual(marked);
  });

  it('is removed everywhere, but not what took its address since', () => {
    const { table, attach, settle } = newFleet();
    const workers = [attach(0), attach(1)];
    const old = message({ uris: ['a.com'], tlsPort: 443, serverCertDomainSan: 'old' });
    table.register(old, 0);
    settle(workers);
    const [first] = workers;
    const pool = first?.copy.lookup('a.com', '/');
    const endpoint = pool?.members[0]?.endpoint;
    if (first === undefined || pool === undefined || endpoint === undefined)
      throw new Error('none');
    table.register(message({ ...old, serverCertDomainSan: 'new' }), 0);
    expect(first.copy.removeFailed(pool, endpoint, 0)).toBe(true);
    settle(workers);
    expect(table.lookup('a.com', '/')?.members).toHaveLength(1);
    for (const { copy } of workers) expect(dump(copy)).toEqual(dump(table));
    const now = first.copy.lookup('a.com', '/');
    const fresh = now?.members[0]?.endpoint;
    if (now === undefined || fresh === undefined) throw new Error('none');
    expect(first.copy.removeFailed(now, fresh, 0)).toBe(true);
    settle(workers);
    expect(table.lookup('a.com', '/')?.isEmpty).toBe(true);
    for (const { copy } of workers) expect(dump(copy)).toEqual(dump(table));
  });
});

describe('the change feed of a table', () => {
  it('names each pool that changed, and none that was only refreshed', () => {
    const heard: string[] = [];
    const table = new RouteTable({ ...SETTINGS, emptyPoolResponse503: false }, SILENT, (key) =>
      heard.push(key),
    );
    const take = (): string => [...new Set(heard.splice(0))].join(' ');
    const both = message({ uris: ['a.com', 'b.com'] });
    table.register(both, 0);
    expect(take()).toBe('a.com b.com');
    table.register(both, 1000);
    expect(take()).toBe('');
    table.register(message({ uris: ['a.com'], applicationId: 'other' }), 1000);
    expect(take()).toBe('a.com');
    table.unregister(message({ uris: ['a.com'], port: 99 }), 1000);
    expect(take()).toBe('');
    table.unregister(message({ uris: ['a.com'] }), 1000);
    expect(take()).toBe('a.com');
    pruneAll(table, STALE_MS);
    expect(take()).toBe('');
    pruneAll(table, 1000 + STALE_MS + 1);
    expect(take()).toBe('b.com');
  });
});
