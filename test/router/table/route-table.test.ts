import { describe, expect, test } from 'vitest';
import type { RegistryMessage } from '../../../src/model/registry-message.ts';
import { countAddresses } from '../../../src/router/table/count-endpoints.ts';
import { beginExchange, endExchange } from '../../../src/router/table/endpoint.ts';
import { addressesOf, message, newTable } from './table-fixture.ts';

/** Registers each key with a host of its own, so that the answer tells which route it was. */
function tableWith(uris: readonly string[]) {
  const { table } = newTable();
  for (const [index, uri] of uris.entries()) {
    table.register(message({ uris: [uri], host: `b${index + 1}` }), 0);
  }
  return table;
}

describe('lookup', () => {
  const three = ['app.test', 'app.test/a', 'app.test/a/b'];
  const wild = ['*.x.test', '*.a.x.test'];
  const cases: readonly [id: string, uris: string[], host: string, path: string, hit: number][] = [
    ['REG-2', ['FOO.com'], 'foo.COM', '/', 1],
    ['REG-2 path', ['foo.com/Bar'], 'foo.com', '/bar', 1],
    ['REG-2 asked in upper case', ['foo.com/bar'], 'foo.com', '/BAR/x', 1],
    ['REG-3', ['foo.com'], 'foo.com:1234', '/', 1],
    ['REG-3 uri with port', ['foo.com:8080'], 'foo.com:8080', '/', 0],
    ['REG-4', ['foo.com?x'], 'foo.com', '/', 1],
    ['REG-4 path', ['foo.com/a?x=1'], 'foo.com', '/a', 1],
    ['REG-5', ['foo.com/'], 'foo.com', '/', 1],
    ['REG-6 same', ['foo.com/a'], 'foo.com', '/a', 1],
    ['REG-6 slash', ['foo.com/a'], 'foo.com', '/a/', 1],
    ['REG-6 below', ['foo.com/a'], 'foo.com', '/a/b?x=y', 1],
    ['REG-6 longer word', ['foo.com/a'], 'foo.com', '/ab', 0],
    ['REG-6 root', ['foo.com/a'], 'foo.com', '/', 0],
    ['REG-6 elsewhere', ['foo.com/a'], 'foo.com', '/b/a', 0],
    ['REG-6 double slash', ['foo.com/a'], 'foo.com', '//a', 0],
    ['REG-6 double slash registered', ['foo.com//a'], 'foo.com', '//a', 1],
    ['REG-7 host', three, 'app.test', '/', 1],
    ['REG-7 /a', three, 'app.test', '/a', 2],
    ['REG-7 /a/c', three, 'app.test', '/a/c', 2],
    ['REG-7 /a/b', three, 'app.test', '/a/b', 3],
    ['REG-7 /a/b/c', three, 'app.test', '/a/b/c', 3],
    ['REG-7 /c', three, 'app.test', '/c', 1],
    ['REG-7 reversed', [...three].reverse(), 'app.test', '/a/b/c', 1],
    ['REG-8', ['foo.com/a/b'], 'foo.com', '/a', 0],
    ['REG-9 one label', ['*.x.com'], 'a.x.com', '/', 1],
    ['REG-9 two labels', ['*.x.com'], 'b.a.x.com', '/', 1],
    ['REG-9 none', ['*.x.com'], 'x.com', '/', 0],
    ['REG-9 empty label', ['*.x.com'], '.x.com', '/', 1],
    ['REG-9 literal', ['*.x.com'], '*.x.com', '/', 1],
    ['REG-9 literal asks for more', ['*.com'], '*.x.com', '/', 1],
    ['REG-9 case and port', ['*.x.com'], 'A.X.COM:99', '/', 1],
    ['REG-10 specific', wild, 'q.a.x.test', '/', 2],
    ['REG-10 general', wild, 'q.b.x.test', '/', 1],
    ['REG-10 between', wild, 'a.x.test', '/', 1],
    ['REG-11 exact first', ['*.x.test', 'a.x.test'], 'a.x.test', '/', 2],
    ['REG-12 hit', ['*.x.com/p'], 'a.x.com', '/p/q', 1],
    ['REG-12 miss', ['*.x.com/p'], 'a.x.com', '/q', 0],
    ['REG-12 with and without', ['*.x.com/p', '*.x.com'], 'a.x.com', '/q', 2],
    ['REG-12 exact, other path', ['a.x.com/foo', '*.x.com'], 'a.x.com', '/bar', 2],
    ['REG-13 bare', ['*'], 'a.test', '/', 0],
    ['REG-13 top level', ['*.com'], 'a.com', '/', 1],
    ['REG-13 top level, three labels', ['*.com'], 'a.b.com', '/', 1],
    ['REG-13 in the middle', ['a.*.test'], 'a.b.test', '/', 0],
    ['REG-15', ['foo.com/a%20b'], 'foo.com', '/a%20b', 1],
    ['REG-15 slash is not %2F', ['foo.com/a/b'], 'foo.com', '/a%2Fb', 0],
    ['REG-15 case of hex digits', ['foo.com/%2f'], 'foo.com', '/%2F', 1],
    ['trailing dot', ['app.test'], 'app.test.', '/', 0],
    ['blank in the uri', [' app.test'], 'app.test', '/', 0],
    ['IPv6 literal', ['app.test'], '[::1]', '/', 0],
    ['no dot', ['localhost'], 'localhost', '/', 1],
    ['empty host', ['app.test'], ':80', '/', 0],
    // A deliberate difference: see RouteTree.match.
    ['dots of the path are not eaten', ['*.b'], 'host', '/a.b', 0],
    ['host of 255', [`*.${'x'.repeat(253)}`], `.${'x'.repeat(253)}`, '/', 1],
    ['host of 256', [`*.${'x'.repeat(254)}`], `..${'x'.repeat(254)}`, '/', 0],
  ];
  test.each(cases)('%s', (_id, uris, host, path, hit) => {
    const pool = tableWith(uris).lookup(host, path);
    expect(addressesOf(pool)).toEqual(hit === 0 ? undefined : [`b${hit}:8080`]);
  });
});

describe('register', () => {
  test('REG-1, REG-30: the same again is one endpoint and one route', () => {
    const { table, heard } = newTable();
    table.register(message(), 0);
    table.register(message(), 1);
    expect(table.routeCount).toBe(1);
    expect(addressesOf(table.lookup('foo.com', '/'))).toEqual(['10.0.0.1:8080']);
    expect(heard).toEqual([
      'route-registered foo.com',
      'endpoint-registered foo.com 10.0.0.1:8080 added',
      'endpoint-registered foo.com 10.0.0.1:8080 refreshed',
    ]);
  });

  test('a uri twice in a message is one endpoint', () => {
    const { table } = newTable();
    table.register(message({ uris: ['foo.com', 'FOO.com/'] }), 0);
    expect(addressesOf(table.lookup('foo.com', '/'))).toHaveLength(1);
  });

  test('REG-19: uris of a message share one endpoint, also those that come later', () => {
    const { table } = newTable();
    table.register(message({ uris: ['a.com', 'b.com'] }), 0);
    table.register(message({ uris: ['new.com', 'b.com', 'a.com'] }), 1);
    const of = (host: string) => table.lookup(host, '/')?.members[0]?.endpoint;
    const endpoint = of('a.com');
    expect(of('b.com')).toBe(endpoint);
    expect(of('new.com')).toBe(endpoint);
    expect([...countAddresses(table, 1)].at(-1)).toBe(1);
    table.unregister(message({ uris: ['b.com'] }), 2);
    expect(table.routeCount).toBe(2);
  });

  test('REG-21: a new description replaces the old one', () => {
    const { table, heard } = newTable();
    table.register(message({ applicationId: 'a', privateInstanceId: 'old' }), 0);
    table.register(message({ applicationId: 'b', privateInstanceId: 'new' }), 1);
    const pool = table.lookup('foo.com', '/');
    expect(pool?.members).toHaveLength(1);
    expect(pool?.findByStickyId('new')?.endpoint.applicationId).toBe('b');
    expect(pool?.findByStickyId('old')).toBeUndefined();
    expect(heard.at(-1)).toBe('endpoint-registered foo.com 10.0.0.1:8080 updated');
  });

  const described: Partial<RegistryMessage> = {
    applicationId: 'a',
    privateInstanceId: 'b',
    privateInstanceIndex: '0',
    tags: { component: 'c' },
    availabilityZone: 'z',
    serverCertDomainSan: 's',
    routeServiceUrl: 'https://r',
    staleThresholdSeconds: 5,
    endpointUpdatedAtNs: 6,
  };
  const changes: readonly Partial<RegistryMessage>[] = [
    { applicationId: 'x' },
    { privateInstanceId: 'x' },
    { privateInstanceIndex: '1' },
    { tags: { component: 'x' } },
    { tags: { component: 'c', more: 'x' } },
    { tags: {} },
    { tags: undefined },
    { isolationSegment: 'x' },
    { availabilityZone: 'x' },
    { serverCertDomainSan: 'x' },
    { protocol: 'http2' },
    { routeServiceUrl: 'https://x' },
    { staleThresholdSeconds: 6 },
    { endpointUpdatedAtNs: 7 },
    { tlsPort: 8080 },
    { modificationTag: { guid: 'x', index: 0 } },
    { loadBalancing: { algorithm: 'hash', hashHeader: 'X', hashBalance: 0 } },
  ];
  test.each(changes)('REG-21: a change of %j is an update', (change) => {
    const { table, heard } = newTable();
    table.register(message(described), 0);
    table.register(message({ ...described, tags: { component: 'c' } }), 0);
    expect(heard.at(-1)).toContain('refreshed');
    table.register(message({ ...described, ...change }), 0);
    expect(heard.at(-1)).toContain('updated');
  });

  test.each([
    ['same certificate', { serverCertDomainSan: 'a', applicationId: 'b' }, true],
    ['other certificate', { serverCertDomainSan: 'b' }, false],
    ['no longer TLS', { serverCertDomainSan: 'a', tlsPort: 0, port: 443 }, false],
  ])('REG-22: connections are kept or not: %s', (_name, change, isKept) => {
    const { table } = newTable();
    const first = message({ tlsPort: 443, port: 1, serverCertDomainSan: 'a' });
    table.register(first, 0);
    const before = table.lookup('foo.com', '/')?.members[0]?.endpoint;
    table.register({ ...first, ...change }, 1);
    const after = table.lookup('foo.com', '/')?.members[0]?.endpoint;
    expect(after).not.toBe(before);
    expect(after?.connectionPoolId === before?.connectionPoolId).toBe(isKept);
  });

  test('a connection pool is never used for two addresses', () => {
    const { table } = newTable();
    table.register(message({ port: 1, serverCertDomainSan: 'a' }), 0);
    table.register(message({ port: 2, serverCertDomainSan: 'a' }), 0);
    const ids = table.lookup('foo.com', '/')?.members.map((each) => each.endpoint.connectionPoolId);
    expect(new Set(ids).size).toBe(2);
  });

  test('REG-23: the latest route service counts for the pool', () => {
    const { table } = newTable();
    table.register(message({ routeServiceUrl: 'https://a' }), 0);
    table.register(message({ port: 2, routeServiceUrl: 'https://b' }), 0);
    expect(table.lookup('foo.com', '/')?.routeServiceUrl).toBe('https://b');
    table.register(message({ routeServiceUrl: '' }), 1);
    expect(table.lookup('foo.com', '/')?.routeServiceUrl).toBe('');
  });

  test('NATS-18, LB-10: the algorithm of the latest valid option', () => {
    const { table, heard } = newTable();
    const withAlgorithm = (algorithm: string, hashHeader = '') =>
      message({ loadBalancing: { algorithm, hashHeader, hashBalance: 0 } });
    const algorithm = () => table.lookup('foo.com', '/')?.loadBalancing?.algorithm;
    table.register(message(), 0);
    expect(algorithm()).toBeUndefined();
    table.register(withAlgorithm('least-connection'), 1);
    expect(algorithm()).toBe('least-connection');
    table.register(message(), 2);
    expect(algorithm()).toBe('least-connection');
    table.register(withAlgorithm('foo'), 3);
    expect(algorithm()).toBe('least-connection');
    expect(heard).toContain('load-balancing-refused foo.com foo');
    table.register(withAlgorithm('round-robin'), 4);
    expect(algorithm()).toBe('round-robin');
    table.register(withAlgorithm('hash'), 5);
    expect(algorithm()).toBe('round-robin');
    table.register(withAlgorithm('hash', 'X-Tenant'), 6);
    expect(algorithm()).toBe('hash');
  });

  test.each([
    ['', true, 'http1'],
    ['http2', true, 'http2'],
    ['http2', false, 'http1'],
    ['foo', true, 'foo'],
  ])('NATS-17: protocol %j with http2 %s → %s', (protocol, isHttp2Enabled, expected) => {
    const { table } = newTable({ isHttp2Enabled });
    table.register(message({ protocol }), 0);
    expect(table.lookup('foo.com', '/')?.members[0]?.endpoint.protocol).toBe(expected);
  });

  test('NATS-14: a TLS port is preferred', () => {
    const { table } = newTable();
    table.register(message({ port: 1, tlsPort: 2 }), 0);
    const endpoint = table.lookup('foo.com', '/')?.members[0]?.endpoint;
    expect(endpoint).toMatchObject({ address: '10.0.0.1:2', port: 2, isTls: true });
  });

  test('REG-29: an older tag changes and refreshes nothing', () => {
    const { table, heard } = newTable();
    const tagged = (index: number, app: string) =>
      message({ modificationTag: { guid: 'g', index }, applicationId: app });
    table.register(tagged(2, 'a'), 0);
    table.register(tagged(1, 'b'), 5);
    const pool = table.lookup('foo.com', '/');
    expect(pool?.members[0]).toMatchObject({ updatedAtMs: 0, endpoint: { applicationId: 'a' } });
    expect(heard.at(-1)).toBe('endpoint-registered foo.com 10.0.0.1:8080 unmodified');
    table.unregister(tagged(1, 'b'), 6);
    expect(table.routeCount).toBe(1);
    table.unregister(tagged(2, 'b'), 7);
    expect(table.routeCount).toBe(0);
  });

  test('REG-28: time since the latest register message', () => {
    const { table } = newTable();
    expect(table.msSinceLastUpdate(5)).toBe(-1);
    table.register(message(), 10);
    table.unregister(message(), 20);
    expect(table.msSinceLastUpdate(30)).toBe(20);
  });

  test('big pools find and lose endpoints like small ones', () => {
    const { table } = newTable();
    const ports = Array.from({ length: 100 }, (_, at) => at + 1);
    for (const port of ports) table.register(message({ port, privateInstanceId: `i${port}` }), 0);
    for (const port of ports) table.register(message({ port, privateInstanceId: `j${port}` }), 1);
    const pool = table.lookup('foo.com', '/');
    expect(pool?.members).toHaveLength(100);
    expect(pool?.findByStickyId('j77')?.endpoint.port).toBe(77);
    expect(pool?.findByStickyId('10.0.0.1:78')?.endpoint.port).toBe(78);
    for (const port of ports) {
      table.unregister(message({ port }), 2);
      expect(pool?.members).toHaveLength(100 - port);
      expect(pool?.findByAddress('10.0.0.1', port)).toBeUndefined();
    }
    expect(table.routeCount).toBe(0);
  });
});

describe('unregister', () => {
  test('REG-16: unknown uri or endpoint has no effect', () => {
    const { table, heard } = newTable();
    table.register(message(), 0);
    table.unregister(message({ uris: ['other.com'] }), 1);
    table.unregister(message({ port: 9 }), 1);
    expect(table.routeCount).toBe(1);
    expect(heard.slice(2)).toEqual(['endpoint-not-unregistered foo.com 10.0.0.1:9']);
  });

  test('REG-17: only the path that was named', () => {
    const { table } = newTable();
    table.register(message({ uris: ['foo.com', 'foo.com/a', 'foo.com/a/b'] }), 0);
    table.unregister(message({ uris: ['foo.com/a'] }), 1);
    expect(table.lookup('foo.com', '/a')?.key).toBe('foo.com');
    expect(table.lookup('foo.com', '/a/b')?.key).toBe('foo.com/a/b');
    table.unregister(message({ uris: ['foo.com/a/b', 'foo.com'] }), 1);
    expect(table.routeCount).toBe(0);
    expect(table.lookup('foo.com', '/a/b')).toBeUndefined();
  });

  test('REG-18: case, ids and end of the uri do not matter', () => {
    const { table, heard } = newTable();
    table.register(message({ uris: ['foo.com/a'], applicationId: 'a' }), 0);
    table.unregister(message({ uris: ['FOO.com/a/?x=1'], applicationId: 'z' }), 1);
    expect(heard.slice(2)).toEqual([
      'endpoint-unregistered foo.com/a 10.0.0.1:8080',
      'route-unregistered foo.com/a',
    ]);
  });

  test('NATS-15: the choice of port has to be the same', () => {
    const { table } = newTable();
    table.register(message({ port: 1, tlsPort: 2 }), 0);
    table.unregister(message({ port: 1 }), 1);
    expect(table.routeCount).toBe(1);
    table.unregister(message({ port: 2 }), 1);
    expect(table.routeCount).toBe(0);
  });

  test('NATS-9: order decides', () => {
    const { table } = newTable();
    for (let round = 0; round < 1000; round += 1) {
      table.register(message(), round);
      table.unregister(message(), round);
      expect(table.lookup('foo.com', '/')).toBeUndefined();
      table.register(message(), round);
      expect(table.lookup('foo.com', '/')).toBeDefined();
    }
  });

  test('an exchange in flight ends without trouble', () => {
    const { table } = newTable();
    table.register(message(), 0);
    const endpoint = table.lookup('foo.com', '/')?.members[0]?.endpoint;
    if (endpoint === undefined) throw new Error('no endpoint');
    beginExchange(endpoint);
    table.unregister(message(), 1);
    endExchange(endpoint);
    endExchange(endpoint);
    expect(endpoint.openConnections).toBe(0);
  });
});

test('REG-24, REG-25: messages of other segments are not seen at all', () => {
  const { table, heard } = newTable({ sharding: { mode: 'segments', segments: new Set(['s1']) } });
  table.register(message(), 0);
  table.register(message({ isolationSegment: 's2' }), 0);
  expect(heard).toEqual([]);
  expect(table.lastUpdateMs).toBeUndefined();
  table.register(message({ isolationSegment: 's1' }), 0);
  table.unregister(message({ isolationSegment: 's9' }), 1);
  table.unregister(message(), 1);
  expect(table.routeCount).toBe(1);
});

test('REG-31: 100 000 routes can all be found', () => {
  const { table } = newTable();
  for (let at = 0; at < 100_000; at += 1) {
    table.register(message({ uris: [`app-${at}.apps.test`], port: at % 60_000 }), 0);
  }
  expect(table.routeCount).toBe(100_000);
  for (let at = 0; at < 100_000; at += 1) {
    if (table.lookup(`app-${at}.apps.test`, '/') === undefined) throw new Error(`${at}`);
  }
});
