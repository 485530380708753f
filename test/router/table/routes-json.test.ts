import { expect, test } from 'vitest';
import {
  MAX_SORTED_ROUTES,
  poolJson,
  routesJsonPieces,
} from '../../../src/router/table/routes-json.ts';
import { message, newTable } from './table-fixture.ts';

test('NATS-16: an entry with every field, in order', () => {
  const { table } = newTable();
  table.register(
    message({
      uris: ['App.Test/Path'],
      tlsPort: 443,
      privateInstanceId: 'i',
      tags: { x: 'y', component: 'c' },
      isolationSegment: 'seg',
      staleThresholdSeconds: 50,
      serverCertDomainSan: 'san',
      protocol: 'http2',
      routeServiceUrl: 'https://rs.test/p?a=1&b=<2>',
      availabilityZone: 'z1',
      loadBalancing: { algorithm: 'hash', hashHeader: 'X-T', hashBalance: 1.25 },
    }),
    0,
  );
  expect([...routesJsonPieces(table, 100)].join('')).toBe(
    '{"app.test/path":[{"address":"10.0.0.1:443","availability_zone":"z1","protocol":"http2",' +
      '"tls":true,"ttl":50,"route_service_url":"https://rs.test/p?a=1\\u0026b=\\u003c2\\u003e",' +
      '"tags":{"component":"c","x":"y"},"isolation_segment":"seg","private_instance_id":"i",' +
      '"server_cert_domain_san":"san","load_balancing_algorithm":"hash","hash_header":"X-T",' +
      '"hash_balance":1.25}]}\n',
  );
});

test('an entry with no field but the needed ones', () => {
  const { table } = newTable();
  table.register(message(), 0);
  const pool = table.lookup('foo.com', '/');
  expect(pool && poolJson(pool)).toBe(
    '[{"address":"10.0.0.1:8080","availability_zone":"","protocol":"http1","tls":false,' +
      '"ttl":120,"tags":null}]',
  );
});

test('golden status-025, status-028: keys as stored and sorted, a kept empty pool as []', () => {
  const { table } = newTable({ emptyPoolResponse503: true, emptyPoolTimeoutMs: 60_000 });
  const uris = ['A.test/', '/b.test', 'c.test/x/?q=1', 'd.test//y', 'e.test/%2F', '', '*'];
  table.register(message({ uris }), 0);
  table.unregister(message({ uris: ['b.test'] }), 0);
  const body = [...routesJsonPieces(table, 1)].join('');
  const expected = ['', '*', 'a.test', 'b.test', 'c.test/x', 'd.test//y', 'e.test/%2f'];
  const parsed: Record<string, unknown[]> = JSON.parse(body);
  expect(Object.keys(parsed)).toEqual(expected);
  expect(parsed['b.test']).toEqual([]);
  expect([...routesJsonPieces(newTable().table, 1)].join('')).toBe('{}\n');
});

test('a big table comes in small pieces that make one object', () => {
  const { table } = newTable();
  const count = MAX_SORTED_ROUTES + 1;
  for (let at = 0; at < count; at += 1) table.register(message({ uris: [`r${at}.test`] }), 0);
  const pieces = [...routesJsonPieces(table, 100)];
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(50 * 200);
  expect(Object.keys(JSON.parse(pieces.join('')))).toHaveLength(count);
});
