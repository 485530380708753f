import { describe, expect, it } from 'vitest';
import { PortMapping } from '../../../src/model/bbs/messages/actual-lrp.ts';
import { diffRoutes, NOTHING, type View } from '../../../src/route-emitter/table/diff-routes.ts';
import {
  type MessageRules,
  toMessages,
} from '../../../src/route-emitter/table/registry-messages.ts';
import {
  type ActualWords,
  actualLrp,
  type DesiredWords,
  desiredLrp,
  METRIC_TAG_DYNAMIC_VALUE,
} from '../support/lrps.ts';

const H: MessageRules = { style: 'per-hostname', isDirectInstanceRoutes: false };
const A: MessageRules = { style: 'per-endpoint', isDirectInstanceRoutes: false };

const view = (desired: DesiredWords, actual: readonly ActualWords[] = [{}]): View => ({
  routes: desiredLrp(desired).routes,
  instances: actual.map((words) => actualLrp(words).instance),
});

/** The texts as they go out, registrations first. */
function texts(before: View, after: View, rules = H): string[] {
  const { registrations, unregistrations } = toMessages(
    diffRoutes(before, after),
    after.routes,
    rules,
  );
  return [...registrations, ...unregistrations].map(({ message }) => JSON.stringify(message));
}

const tls = PortMapping.create({
  container_port: 8080,
  host_port: 61_000,
  container_tls_proxy_port: 61_001,
  host_tls_proxy_port: 61_443,
});

describe('a message of today', () => {
  it('is that of diego.md appendix C, byte by byte', () => {
    const routes = { hosts: ['app.example.com'], logGuid: 'log-guid' };
    const instance = { guid: 'ig-1', address: '10.0.0.5', mapped: { 8080: 61_001 } };
    const empty = { ...view(routes), instances: [] };
    expect(texts(empty, view(routes, [instance]))).toEqual([
      '{"host":"10.0.0.5","port":61001,"uris":["app.example.com"],"app":"log-guid",' +
        '"private_instance_id":"ig-1","private_instance_index":"0",' +
        '"server_cert_domain_san":"ig-1","endpoint_updated_at_ns":1440575420123456789,' +
        '"tags":{"component":"route-emitter"}}',
    ]);
  });

  it('has every field in the order of the original', () => {
    const entry = {
      hostnames: ['x.example.com/path'],
      port: 8080,
      route_service_url: 'https://rs.example.com',
      isolation_segment: 'iso',
      protocol: 'http2',
      options: { loadbalancing: 'least-connection' },
    };
    const tags: DesiredWords['tags'] = [
      ['source_id', { static: 'sid' }],
      ['ix', { dynamic: METRIC_TAG_DYNAMIC_VALUE.INDEX }],
      ['component', { static: 'forged' }],
      ['ig', { dynamic: METRIC_TAG_DYNAMIC_VALUE.INSTANCE_GUID }],
    ];
    const after = view({ http: [entry], tags }, [{ ports: [tls], zone: 'z1', index: 3 }]);
    expect(texts(NOTHING, after)).toEqual([
      '{"host":"10.0.0.1","port":61000,"tls_port":61443,"uris":["x.example.com/path"],' +
        '"protocol":"http2","app":"log","route_service_url":"https://rs.example.com",' +
        '"private_instance_id":"i0","private_instance_index":"3","server_cert_domain_san":"i0",' +
        '"isolation_segment":"iso","tags":{"component":"route-emitter","ig":"i0","ix":"3",' +
        '"source_id":"sid"},"availability_zone":"z1",' +
        '"options":{"loadbalancing":"least-connection"}}',
    ]);
  });

  it.each([
    ['HOST', 2, true, '10.0.0.1', 61_000, 61_443],
    ['INSTANCE', 1, false, '10.255.0.1', 8080, 61_001],
    ['UNKNOWN', 0, false, '10.0.0.1', 61_000, 61_443],
    ['UNKNOWN, direct', 0, true, '10.255.0.1', 8080, 61_001],
  ])('addresses as %s says', (_name, preferredAddress, isDirect, host, port, tlsPort) => {
    const after = view({ hosts: ['a'] }, [{ ports: [tls], preferredAddress }]);
    const [text = ''] = texts(NOTHING, after, { ...H, isDirectInstanceRoutes: isDirect });
    expect(JSON.parse(text)).toMatchObject({ host, port, tls_port: tlsPort });
  });

  it('tells service discovery of internal routes', () => {
    const { registrations } = toMessages(
      diffRoutes(NOTHING, view({ internal: ['foo.apps.internal'] }, [{ index: 2 }])),
      [],
      H,
    );
    expect(registrations.map(({ isInternal }) => isInternal)).toEqual([true]);
    expect(JSON.stringify(registrations[0]?.message)).toBe(
      '{"host":"10.255.0.1","port":0,"uris":["foo.apps.internal","2.foo.apps.internal"],' +
        '"app":"log","private_instance_index":"2","tags":{"component":"route-emitter"}}',
    );
  });

  it.each<[string, unknown]>([
    ['no list', { not: 'a list' }],
    ['a bad hostname', [{ hostnames: ['a', 1], port: 8080 }]],
    ['a bad port', [{ hostnames: ['a'], port: '8080' }]],
    ['one bad entry of two', [{ hostnames: ['a'], port: 8080 }, 7]],
    ['no hostnames', [{ port: 8080 }]],
    ['null', null],
  ])('is not made of %s', (_name, http) => {
    expect(texts(NOTHING, view({ http }))).toEqual([]);
  });

  it('is sent once for a hostname that is given twice', () => {
    expect(texts(NOTHING, view({ hosts: ['a', 'a'] }))).toHaveLength(1);
  });

  it('is sent once for each of many instances, and again only for those that changed', () => {
    const many = Array.from({ length: 50 }, (_, n) => ({ guid: `i${n}`, index: n }));
    expect(texts(NOTHING, view({ hosts: ['a'] }, many))).toHaveLength(50);
    const moved = many.map((words, n) => (n === 7 ? { ...words, address: '10.9.9.9' } : words));
    const told = texts(view({ hosts: ['a'] }, many), view({ hosts: ['a'] }, moved));
    expect(told).toHaveLength(2);
  });
});

describe('a message of 2015', () => {
  const form = (uris: string) =>
    `{"host":"10.0.0.1","port":61000,"uris":${uris},"app":"log","private_instance_id":"i0"}`;

  it('names all hostnames of an endpoint', () => {
    expect(texts(NOTHING, view({ hosts: ['a', 'b'] }), A)).toEqual([form('["a","b"]')]);
    const seeded = view(
      { hosts: ['a.10.244.0.34.xip.io', 'b.10.244.0.34.xip.io'], logGuid: 'log-guid' },
      [{ guid: 'ig-1', address: '10.244.16.134', mapped: { 8080: 60_000 } }],
    );
    expect(texts(NOTHING, seeded, A)).toEqual([
      '{"host":"10.244.16.134","port":60000,"uris":["a.10.244.0.34.xip.io",' +
        '"b.10.244.0.34.xip.io"],"app":"log-guid","private_instance_id":"ig-1"}',
    ]);
  });

  it('registers the full list, and unregisters what goes', () => {
    const [before, after] = [view({ hosts: ['a', 'b'] }), view({ hosts: ['b', 'c'] })];
    expect(texts(before, after, A)).toEqual([form('["b","c"]'), form('["a"]')]);
    expect(texts(after, NOTHING, A)).toEqual([form('["b","c"]')]);
    expect(texts(view({ hosts: [] }), view({ hosts: [] }), A)).toEqual([]);
  });

  it('keeps hostnames apart that lead to different services', () => {
    const http = [
      { hostnames: ['a'], port: 8080 },
      { hostnames: ['b'], port: 8080, route_service_url: 'https://r' },
    ];
    const told = texts(NOTHING, view({ http }), A).map((text) => JSON.parse(text));
    expect(told.map(({ uris, route_service_url }) => [uris, route_service_url])).toEqual([
      [['a'], undefined],
      [['b'], 'https://r'],
    ]);
  });
});
