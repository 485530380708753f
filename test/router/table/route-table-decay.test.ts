import { describe, expect, test } from 'vitest';
import {
  poolOfAppInstance,
  poolOfProcessInstance,
} from '../../../src/router/table/instance-pool.ts';
import { markFailed } from '../../../src/router/table/route-table.ts';
import { addressesOf, message, newTable, pruneAll, STALE_MS } from './table-fixture.ts';

describe('empty pools', () => {
  const kept = { emptyPoolResponse503: true, emptyPoolTimeoutMs: 1000 };

  test('PRUNE-10: kept until the time has passed', () => {
    const { table } = newTable(kept);
    table.register(message(), 0);
    table.unregister(message(), 100);
    expect(table.lookup('foo.com', '/')?.isEmpty).toBe(true);
    pruneAll(table, 1100);
    expect(table.routeCount).toBe(1);
    pruneAll(table, 1101);
    expect(table.lookup('foo.com', '/')).toBeUndefined();
  });

  test.each([
    ['without a time', { emptyPoolResponse503: true, emptyPoolTimeoutMs: 0 }],
    ['without the flag', { emptyPoolResponse503: false, emptyPoolTimeoutMs: 1000 }],
  ])('PRUNE-10: gone at once %s', (_name, settings) => {
    const { table } = newTable(settings);
    table.register(message(), 0);
    table.unregister(message(), 0);
    expect(table.routeCount).toBe(0);
  });

  test('REG-11: an empty exact pool hides the wildcard, a removed one does not', () => {
    for (const [settings, isEmpty] of [
      [kept, true],
      [{}, false],
    ] as const) {
      const { table } = newTable(settings);
      table.register(message({ uris: ['*.w.test'] }), 0);
      table.register(message({ uris: ['a.w.test'] }), 0);
      table.unregister(message({ uris: ['a.w.test'] }), 0);
      expect(table.lookup('a.w.test', '/')?.isEmpty).toBe(isEmpty);
    }
  });

  test('REG-14: an empty longer path gives way to a filled shorter one', () => {
    const { table } = newTable(kept);
    table.register(message({ uris: ['a.com', 'a.com/foo'] }), 0);
    expect(table.lookup('a.com', '/foo/x')?.key).toBe('a.com/foo');
    table.unregister(message({ uris: ['a.com/foo'] }), 0);
    expect(table.lookup('a.com', '/foo/x')?.key).toBe('a.com');
    table.unregister(message({ uris: ['a.com'] }), 0);
    expect(table.lookup('a.com', '/foo/x')?.key).toBe('a.com/foo');
    // The last node on the way decides: it has no pool, so the empty one above does not count.
    table.register(message({ uris: ['a.com/foo/x/y'] }), 0);
    expect(table.lookup('a.com', '/foo/x')).toBeUndefined();
  });
});

describe('failures', () => {
  test('a failed TLS endpoint leaves an empty pool until the next prune', () => {
    const { table } = newTable();
    table.register(message({ tlsPort: 443 }), 0);
    const pool = table.lookup('foo.com', '/');
    const endpoint = pool?.members[0]?.endpoint;
    if (pool === undefined || endpoint === undefined) throw new Error('no endpoint');
    expect(table.removeFailed(pool, endpoint, 1)).toBe(true);
    expect(table.removeFailed(pool, endpoint, 1)).toBe(false);
    expect(table.lookup('foo.com', '/')?.isEmpty).toBe(true);
    pruneAll(table, 2);
    expect(table.routeCount).toBe(0);
  });

  test('a failure of the old registration does not hit the new one', () => {
    const { table } = newTable();
    table.register(message({ tlsPort: 443, serverCertDomainSan: 'a' }), 0);
    const pool = table.lookup('foo.com', '/');
    const old = pool?.members[0]?.endpoint;
    if (pool === undefined || old === undefined) throw new Error('no endpoint');
    table.register(message({ tlsPort: 443, serverCertDomainSan: 'b' }), 1);
    expect(table.removeFailed(pool, old, 2)).toBe(false);
    expect(markFailed(pool, old, 30_000)).toBe(false);
    expect(pool.members[0]?.failedUntilMs).toBe(0);
  });
});

describe('prune', () => {
  test('PRUNE-1, PRUNE-2, PRUNE-7: only what was not refreshed goes, strictly later', () => {
    const { table, heard } = newTable();
    table.register(message({ port: 1, isolationSegment: 'seg' }), 0);
    table.register(message({ port: 2 }), 0);
    table.register(message({ port: 3, isolationSegment: 'seg' }), 0);
    table.register(message({ port: 2 }), 10);
    expect(pruneAll(table, STALE_MS)).toBe(0);
    expect(pruneAll(table, STALE_MS + 1)).toBe(2);
    expect(heard.at(-1)).toBe('pruned-route foo.com 10.0.0.1:1,10.0.0.1:3 seg');
    expect(addressesOf(table.lookup('foo.com', '/'))).toEqual(['10.0.0.1:2']);
    pruneAll(table, STALE_MS + 11);
    expect(heard.at(-1)).toBe('pruned-route foo.com 10.0.0.1:2 -');
    expect(table.routeCount).toBe(0);
  });

  test.each([
    [50, 50],
    [500, STALE_MS / 1000],
    [0, STALE_MS / 1000],
    [-1, -1],
  ])('PRUNE-3: own threshold of %i s counts as %i s', (staleThresholdSeconds, seconds) => {
    const { table } = newTable();
    table.register(message({ staleThresholdSeconds }), 1000);
    pruneAll(table, 1000 + Math.max(0, seconds * 1000));
    expect(table.routeCount).toBe(seconds < 0 ? 0 : 1);
    pruneAll(table, 1001 + Math.max(0, seconds * 1000));
    expect(table.routeCount).toBe(0);
  });

  test('PRUNE-4: TLS endpoints do not age', () => {
    const { table } = newTable();
    table.register(message({ tlsPort: 443 }), 0);
    pruneAll(table, 1e12);
    expect(table.routeCount).toBe(1);
  });

  test('PRUNE-5: uris of one message age each for itself', () => {
    const { table } = newTable();
    table.register(message({ uris: ['foo.com', 'foo.com/a'] }), 0);
    table.register(message({ uris: ['foo.com/a'] }), 100);
    pruneAll(table, STALE_MS + 1);
    expect(table.lookup('foo.com', '/')).toBeUndefined();
    expect(table.lookup('foo.com', '/a')).toBeDefined();
  });

  test('PRUNE-8: after freshenAll everything has a full threshold again', () => {
    const { table } = newTable();
    table.register(message(), 0);
    table.freshenAll(500_000);
    expect(pruneAll(table, 500_000 + STALE_MS)).toBe(0);
    expect(pruneAll(table, 500_001 + STALE_MS)).toBe(1);
  });

  test('PRUNE-11: a route with a route service goes as well', () => {
    const { table } = newTable();
    table.register(message({ routeServiceUrl: 'https://a' }), 0);
    table.register(message({ routeServiceUrl: 'https://b' }), 0);
    expect(pruneAll(table, STALE_MS + 1)).toBe(1);
  });

  test('PRUNE-6: in slices, while routes come and go', () => {
    const { table } = newTable();
    const uris = Array.from({ length: 500 }, (_, at) => `r${at}.com`);
    table.register(message({ uris }), 0);
    const cursor = table.startPrune();
    let slices = 0;
    while (!cursor.isDone) {
      table.pruneStep(cursor, STALE_MS + 1, 20);
      table.register(message({ uris: [`new${slices}.com`] }), STALE_MS);
      table.unregister(message({ uris: [`r${499 - slices}.com`] }), STALE_MS);
      slices += 1;
    }
    expect(slices).toBeGreaterThan(20);
    for (let at = 0; at < slices; at += 1) {
      expect(table.lookup(`new${at}.com`, '/')).toBeDefined();
    }
    expect(table.routeCount).toBe(slices);
  });
});

describe('instances', () => {
  const GUID = '11111111-2222-3333-4444-555555555555';
  const { table } = newTable();
  for (const [port, index] of [
    [1, '0'],
    [2, '1'],
    [3, '1'],
  ] as const) {
    const tags = { process_id: GUID };
    table.register(message({ port, applicationId: GUID, privateInstanceIndex: index, tags }), 0);
  }
  const pool = table.lookup('foo.com', '/');
  if (pool === undefined) throw new Error('no pool');

  test.each([
    ['0', ['10.0.0.1:1']],
    ['1', ['10.0.0.1:3']],
    ['01', undefined],
    ['2', undefined],
  ])('REG-26: index %s', (index, expected) => {
    const found = poolOfAppInstance(pool, { applicationId: GUID, index });
    expect(addressesOf(found)).toEqual(expected);
  });

  test.each([
    ['', ['10.0.0.1:1', '10.0.0.1:2', '10.0.0.1:3']],
    ['1', ['10.0.0.1:2', '10.0.0.1:3']],
    ['7', undefined],
  ])('REG-27: process index %j', (index, expected) => {
    const found = poolOfProcessInstance(pool, { processId: GUID, index });
    expect(addressesOf(found)).toEqual(expected);
    expect(poolOfProcessInstance(pool, { processId: 'other', index })).toBeUndefined();
  });

  test('a failure in the filtered pool leaves the whole one as it is', () => {
    const found = poolOfAppInstance(pool, { applicationId: GUID, index: '0' });
    const endpoint = found?.members[0]?.endpoint;
    if (found === undefined || endpoint === undefined) throw new Error('no endpoint');
    expect(markFailed(found, endpoint, 100)).toBe(true);
    expect(table.removeFailed(found, endpoint, 1)).toBe(true);
    expect(pool.members).toHaveLength(3);
    expect(pool.members[0]?.failedUntilMs).toBe(0);
  });
});
