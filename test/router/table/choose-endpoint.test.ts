import { describe, expect, test } from 'vitest';
import {
  createSelection,
  hashHeaderOf,
  isPoolAtLimit,
  NO_WISHES,
  selectNext,
} from '../../../src/router/table/choose-endpoint.ts';
import { beginExchange } from '../../../src/router/table/endpoint.ts';
import type { Pool } from '../../../src/router/table/pool.ts';
import { markFailed } from '../../../src/router/table/route-table.ts';
import {
  choose,
  endpointAt,
  manyChoices,
  poolOf,
  setOpen,
  tally,
  walk,
} from './selection-fixture.ts';
import { balancing, message, seededRandom } from './table-fixture.ts';

const LEAST = balancing({ defaultAlgorithm: 'least-connection' });

describe('round-robin', () => {
  test('LB-1: in turn and evenly', () => {
    const { pool } = poolOf(3);
    const settings = balancing();
    const ports = manyChoices(300, () => choose(pool, settings));
    expect(tally(ports)).toEqual({ 1: 100, 2: 100, 3: 100 });
    for (let at = 3; at < ports.length; at += 1) expect(ports[at]).toBe(ports[at - 3]);
  });

  test('LB-1: starts anywhere', () => {
    const random = seededRandom(7);
    const starts = manyChoices(50, () => choose(poolOf(3).pool, balancing({ random })));
    expect(new Set(starts).size).toBe(3);
  });

  test('LB-2: retries of one request take no turn from others', () => {
    const { pool } = poolOf(3);
    const settings = balancing();
    const first = createSelection(pool, NO_WISHES, settings);
    const a = selectNext(first, 0)?.port ?? 0;
    const b = choose(pool, settings);
    const retry = selectNext(first, 0)?.port;
    const c = choose(pool, settings);
    expect([a, b, c].sort()).toEqual([1, 2, 3]);
    expect(retry).toBe(b);
  });

  test('LB-3: a failed one is left alone until its time is over', () => {
    const { pool } = poolOf(3);
    const settings = balancing();
    markFailed(pool, endpointAt(pool, 2), 30_000);
    const during = manyChoices(30, () => choose(pool, settings, {}, 30_000));
    expect(during).not.toContain(2);
    const after = manyChoices(30, () => choose(pool, settings, {}, 30_001));
    expect(tally(after)).toEqual({ 1: 10, 2: 10, 3: 10 });
  });

  test('LB-4: when all have failed, all are forgiven', () => {
    const { pool } = poolOf(3);
    for (const port of [1, 2, 3]) markFailed(pool, endpointAt(pool, port), 30_000);
    expect(choose(pool, balancing())).toBeGreaterThan(0);
    expect(pool.members.map((member) => member.failedUntilMs)).toEqual([0, 0, 0]);
  });

  test('LB-5: those at the limit are passed over, all at the limit gives none', () => {
    const { pool } = poolOf(3);
    const settings = balancing({ maxConnectionsPerEndpoint: 2 });
    setOpen(pool, [2, 1, 2]);
    expect(new Set(manyChoices(9, () => choose(pool, settings)))).toEqual(new Set([2]));
    expect(isPoolAtLimit(pool, 2)).toBe(false);
    setOpen(pool, [0, 1]);
    expect(choose(pool, settings)).toBe(0);
    expect(isPoolAtLimit(pool, 2)).toBe(true);
    expect(isPoolAtLimit(pool, 0)).toBe(false);
  });

  test('LB-6: the only one with room is used although it failed', () => {
    const { pool } = poolOf(2);
    setOpen(pool, [1, 0]);
    markFailed(pool, endpointAt(pool, 2), 30_000);
    expect(choose(pool, balancing({ maxConnectionsPerEndpoint: 1 }))).toBe(2);
    expect(pool.members[1]?.failedUntilMs).toBe(0);
  });

  test('golden balance-004, balance-005: an endpoint joins, another leaves', () => {
    const { table, pool } = poolOf(2);
    const settings = balancing();
    manyChoices(4, () => choose(pool, settings));
    table.register(message({ port: 3 }), 1);
    expect(tally(manyChoices(9, () => choose(pool, settings)))).toEqual({ 1: 3, 2: 3, 3: 3 });
    table.unregister(message({ port: 2 }), 2);
    expect(tally(manyChoices(6, () => choose(pool, settings)))).toEqual({ 1: 3, 3: 3 });
  });

  test.each([1, 2, 3])('stays even when the last endpoint leaves after %i turns', (turns) => {
    const { table, pool } = poolOf(3);
    const settings = balancing();
    manyChoices(turns, () => choose(pool, settings));
    table.unregister(message({ port: 3 }), 1);
    expect(tally(manyChoices(6, () => choose(pool, settings)))).toEqual({ 1: 3, 2: 3 });
  });
});

describe('least-connection', () => {
  test('LB-7: the one with the fewest', () => {
    const { pool } = poolOf(3);
    setOpen(pool, [5, 1, 10]);
    expect(choose(pool, LEAST)).toBe(2);
  });

  test('LB-7: equals are taken at random', () => {
    const { pool } = poolOf(4);
    setOpen(pool, [0, 0, 0, 1]);
    const counts = tally(manyChoices(3000, () => choose(pool, LEAST)));
    expect(Object.keys(counts)).toEqual(['1', '2', '3']);
    for (const count of Object.values(counts)) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  test('LB-7: not one at the limit', () => {
    const { pool } = poolOf(1);
    setOpen(pool, [2]);
    expect(choose(pool, { ...LEAST, maxConnectionsPerEndpoint: 2 })).toBe(0);
  });

  test('LB-8, deliberate difference: a failed one is tried last', () => {
    const { pool } = poolOf(3);
    setOpen(pool, [0, 3, 2]);
    markFailed(pool, endpointAt(pool, 1), 30_000);
    expect(walk(pool, LEAST)).toEqual([3, 2, 1]);
  });
});

describe('locally-optimistic', () => {
  const zones = (port: number) => ({ availabilityZone: port <= 2 ? 'here' : 'there' });
  const here = { preferredZone: 'here' };

  test.each([
    ['round-robin', balancing()],
    ['least-connection', LEAST],
  ])('LB-9: first attempt local, retries anywhere: %s', (_name, settings) => {
    const { pool } = poolOf(4, zones);
    const first = manyChoices(100, () => choose(pool, settings, here));
    expect(new Set(first)).toEqual(new Set([1, 2]));
    expect(walk(pool, settings, here).sort()).toEqual([1, 2, 3, 4]);
  });

  test('LB-9: a retry goes to the next endpoint of any zone', () => {
    const { pool } = poolOf(4, (port) => ({ availabilityZone: port % 2 === 1 ? 'here' : 'there' }));
    const [first = 0, second = 0] = walk(pool, balancing(), here);
    expect(first % 2).toBe(1);
    expect(second).toBe(first + 1);
  });

  test('LB-9: no local one', () => {
    const { pool } = poolOf(4, zones);
    expect(choose(pool, balancing(), { preferredZone: 'moon' })).toBeGreaterThan(0);
  });

  test('LB-9: local ones full or failed', () => {
    const { pool } = poolOf(4, zones);
    setOpen(pool, [1, 0]);
    markFailed(pool, endpointAt(pool, 2), 30_000);
    const settings = balancing({ maxConnectionsPerEndpoint: 1 });
    const ports = manyChoices(20, () => choose(pool, settings, here));
    expect(new Set(ports)).toEqual(new Set([3, 4]));
  });
});

describe('hash', () => {
  const hashed = (hashBalance = 0) => ({
    loadBalancing: { algorithm: 'hash', hashHeader: 'X-Tenant', hashBalance },
  });
  const spread = (pool: Pool, settings = balancing()) =>
    Array.from({ length: 10_000 }, (_, at) => choose(pool, settings, { hashValue: `t-${at}` }));

  test('LB-13: the same value goes to the same endpoint, values spread evenly', () => {
    const { pool } = poolOf(10, () => hashed());
    expect(hashHeaderOf(pool)).toBe('X-Tenant');
    const ports = spread(pool);
    expect(spread(pool)).toEqual(ports);
    for (const count of Object.values(tally(ports))) {
      expect(Math.abs(count - 1000)).toBeLessThanOrEqual(100);
    }
  });

  test.each([9, 40])('LB-13: one more than %i endpoints moves about its share', (size) => {
    const { table, pool } = poolOf(size, () => hashed());
    const before = spread(pool);
    table.register(message({ port: 99, privateInstanceId: 'i99', ...hashed() }), 1);
    const after = spread(pool);
    const moved = after.filter((port, at) => port !== before[at]).length;
    expect(moved).toBeGreaterThan(10_000 / (size + 1) / 2);
    expect(moved).toBeLessThan((10_000 / (size + 1)) * 2);
  });

  test('LB-13: without the header the default decides', () => {
    const { pool } = poolOf(3, () => hashed());
    const settings = balancing();
    expect(tally(manyChoices(30, () => choose(pool, settings)))).toEqual({ 1: 10, 2: 10, 3: 10 });
    setOpen(pool, [1, 0, 1]);
    expect(choose(pool, LEAST)).toBe(2);
  });

  test('LB-13: a full endpoint or one over its share passes to another', () => {
    const { pool } = poolOf(4, () => hashed(1.25));
    const wishes = { hashValue: 'tenant' };
    const home = choose(pool, balancing(), wishes);
    const counts = [1, 1, 1, 1];
    counts[home - 1] = 2;
    setOpen(pool, counts);
    const next = choose(pool, balancing(), wishes);
    expect(next).not.toBe(home);
    expect(choose(pool, balancing(), wishes)).toBe(next);
    const { pool: full } = poolOf(4, () => hashed());
    beginExchange(endpointAt(full, home));
    expect(choose(full, balancing({ maxConnectionsPerEndpoint: 1 }), wishes)).toBe(next);
  });

  test('LB-13: a cookie goes before the hash', () => {
    const { pool } = poolOf(4, () => hashed());
    for (const port of [1, 2, 3, 4]) {
      const wishes = { hashValue: 'tenant', stickyEndpointId: `i${port}` };
      expect(choose(pool, balancing(), wishes)).toBe(port);
    }
  });

  test('retries visit every endpoint once', () => {
    const { pool } = poolOf(5, () => hashed());
    expect(walk(pool, balancing(), { hashValue: 'x' }).sort()).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('sticky', () => {
  test.each(['i2', '10.0.0.1:2'])('STK-3, STK-12: the named endpoint: %s', (stickyEndpointId) => {
    const { pool } = poolOf(3);
    const settings = balancing();
    expect(new Set(manyChoices(20, () => choose(pool, settings, { stickyEndpointId })))).toEqual(
      new Set([2]),
    );
  });

  test('STK-5, STK-13: gone or full, another one answers', () => {
    const { pool } = poolOf(2);
    const settings = balancing({ maxConnectionsPerEndpoint: 1 });
    expect(choose(pool, settings, { stickyEndpointId: 'gone' })).toBeGreaterThan(0);
    setOpen(pool, [1, 0]);
    expect(choose(pool, settings, { stickyEndpointId: 'i1' })).toBe(2);
  });

  test('STK-17: tried first though failed, and only once', () => {
    const { pool } = poolOf(3);
    markFailed(pool, endpointAt(pool, 2), 30_000);
    const ports = walk(pool, balancing(), { stickyEndpointId: 'i2' });
    expect(ports[0]).toBe(2);
    expect(ports.sort()).toEqual([1, 2, 3]);
  });

  test('STK-15: must be sticky: that one or none', () => {
    const { pool } = poolOf(2);
    const settings = balancing({ maxConnectionsPerEndpoint: 1 });
    const must = { mustBeSticky: true };
    expect(choose(pool, settings, { ...must, stickyEndpointId: 'i2' })).toBe(2);
    expect(choose(pool, settings, { ...must, stickyEndpointId: 'gone' })).toBe(0);
    setOpen(pool, [0, 1]);
    expect(choose(pool, settings, { ...must, stickyEndpointId: 'i2' })).toBe(0);
  });

  test('tells whether the named endpoint was taken', () => {
    const { pool } = poolOf(2);
    const selection = createSelection(pool, { ...NO_WISHES, stickyEndpointId: 'i1' }, balancing());
    selectNext(selection, 0);
    expect(selection.isSticky).toBe(true);
    selectNext(selection, 0);
    expect(selection.isSticky).toBe(false);
  });
});

describe('attempts (gorouter.md §5.11)', () => {
  test('LB-11: an empty pool gives none', () => {
    const { table, pool } = poolOf(1);
    table.removeFailed(pool, endpointAt(pool, 1), 0);
    expect(choose(pool, balancing())).toBe(0);
    expect(choose(pool, LEAST)).toBe(0);
    expect(isPoolAtLimit(pool, 1)).toBe(false);
  });

  test('LB-12: one that left is not waited for, one that came is tried', () => {
    const { table, pool } = poolOf(2);
    const selection = createSelection(pool, NO_WISHES, balancing());
    const first = selectNext(selection, 0);
    const second = selectNext(selection, 0);
    expect(second?.port).not.toBe(first?.port);
    table.register(message({ port: 3 }), 1);
    expect(selectNext(selection, 1)?.port).toBe(3);
    expect(selectNext(selection, 1)).toBeUndefined();
    table.unregister(message({ port: 1 }), 2);
    table.register(message({ port: 4 }), 2);
    expect(selectNext(selection, 2)?.port).toBe(4);
  });

  test('an untried failed one goes before a tried sound one', () => {
    const { pool } = poolOf(2);
    markFailed(pool, endpointAt(pool, 1), 30_000);
    expect(walk(pool, balancing())).toEqual([2, 1]);
    expect(pool.members[0]?.failedUntilMs).toBe(30_000);
  });
});
