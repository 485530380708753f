import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  MAX_MESSAGE_BYTES,
  MAX_URI_LENGTH,
  MAX_URIS_PER_MESSAGE,
  parseRegistryMessage,
  type RegistryMessage,
} from '../../src/model/registry-message.ts';

function parse(text: string) {
  return parseRegistryMessage(new TextEncoder().encode(text));
}

function accepted(text: string): RegistryMessage {
  const parsed = parse(text);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.message;
}

const ROUTE = '"host":"10.0.0.1","port":8080,"uris":["app.test"]';

describe('router.register text that is refused', () => {
  const cases: readonly [name: string, text: string][] = [
    ['not JSON (NATS-10)', 'hello'],
    ['empty', ''],
    ['array', '[]'],
    ['text', '"x"'],
    ['number', '5'],
    ['two objects', `{${ROUTE}}{${ROUTE}}`],
    ['trailing bytes', `{${ROUTE}}x`],
    ['byte order mark', `\uFEFF{${ROUTE}}`],
    ['comment', `/*x*/{${ROUTE}}`],
    ['trailing comma', `{${ROUTE},}`],
    ['broken', '{{{'],
    ['port as text (NATS-12)', '{"port":"80"}'],
    ['port too high (NATS-12)', '{"port":70000}'],
    ['port negative (NATS-12)', '{"port":-1}'],
    ['port minus zero', '{"port":-0}'],
    ['port with fraction', '{"port":1.5}'],
    ['port with exponent', '{"port":1e3}'],
    ['port with exponent and blanks', '{"port"  : \n 1E3}'],
    ['port with zero fraction', '{"port":80.0}'],
    ['port true', '{"port":true}'],
    ['port array', '{"port":[]}'],
    ['tls_port as text', '{"tls_port":"1"}'],
    ['tls_port negative', '{"tls_port":-1}'],
    ['uris as text', '{"uris":"app.test"}'],
    ['uris with a number', '{"uris":["app.test",5]}'],
    ['uris with null', '{"uris":["app.test",null]}'],
    ['uris nested', '{"uris":[["app.test"]]}'],
    ['app object', '{"app":{}}'],
    ['private_instance_id number', '{"private_instance_id":5}'],
    ['private_instance_index number (NATS-11)', '{"private_instance_index":0}'],
    ['tags array', '{"tags":[]}'],
    ['tags with a number', '{"tags":{"a":5}}'],
    ['tags with null', '{"tags":{"a":null}}'],
    ['tags nested', '{"tags":{"a":{"b":"1"}}}'],
    ['isolation_segment number', '{"isolation_segment":1}'],
    ['stale threshold with fraction', '{"stale_threshold_in_seconds":1.5}'],
    ['stale threshold beyond int64', '{"stale_threshold_in_seconds":99999999999999999999}'],
    ['san number', '{"server_cert_domain_san":5}'],
    ['protocol number', '{"protocol":5}'],
    ['route service number', '{"route_service_url":5}'],
    ['route service http (NATS-13)', '{"route_service_url":"http://rs.test"}'],
    ['route service upper case', '{"route_service_url":"HTTPS://rs.test"}'],
    ['updated at as text', '{"endpoint_updated_at_ns":"1"}'],
    ['updated at with fraction', '{"endpoint_updated_at_ns":1.5}'],
  ];
  test.each(cases)('%s', (_name, text) => {
    expect(parse(text)).toMatchObject({ ok: false });
  });
});

describe('router.register text that is accepted', () => {
  const cases: readonly [name: string, text: string, expected: Partial<RegistryMessage>][] = [
    ['nothing (NATS-22)', '{}', { host: '', port: 0, uris: [], tags: undefined }],
    ['null', 'null', { host: '', uris: [] }],
    ['blanks after', `{${ROUTE}} \n`, { uris: ['app.test'] }],
    ['null fields', '{"host":null,"port":null,"uris":null,"tags":null}', { host: '', port: 0 }],
    ['names in another case', '{"HOST":"x","Port":5}', { host: '', port: 0 }],
    ['unknown fields', '{"dea":5,"x":[1,{}]}', { host: '' }],
    ['a field twice: last counts', '{"port":1,"port":2}', { port: 2 }],
    ['port 0', '{"port":0}', { port: 0 }],
    ['port 65535', '{"port":65535}', { port: 65535 }],
    [
      'negative stale threshold',
      '{"stale_threshold_in_seconds":-5}',
      { staleThresholdSeconds: -5 },
    ],
    ['updated at', '{"endpoint_updated_at_ns":-1}', { endpointUpdatedAtNs: -1 }],
    ['largest int64', '{"endpoint_updated_at_ns":9223372036854775807}', {}],
    ['index not a number', '{"private_instance_index":"x"}', { privateInstanceIndex: 'x' }],
    ['route service', '{"route_service_url":"https"}', { routeServiceUrl: 'https' }],
    ['route service empty (NATS-13)', '{"route_service_url":""}', { routeServiceUrl: '' }],
    ['zone of another type', '{"availability_zone":5}', { availabilityZone: '' }],
    ['options text', '{"options":"x"}', {}],
    ['options null', '{"options":null}', {}],
    ['options of odd numbers', '{"options":{"port":1.5},"port":5}', { port: 5 }],
    ['a tag that looks like an odd number', '{"port":5,"tags":{"a":"b:1.5"}}', { port: 5 }],
    ['escape in a uri', '{"uris":["\\u0061pp.test"]}', { uris: ['app.test'] }],
    ['tag named __proto__', '{"tags":{"__proto__":"x"}}', {}],
  ];
  test.each(cases)('%s', (_name, text, expected) => {
    expect(accepted(text)).toMatchObject(expected);
  });

  test('NATS-16: every field arrives', () => {
    const text = JSON.stringify({
      host: '10.0.0.1',
      port: 1,
      tls_port: 2,
      uris: ['a', 'b'],
      app: 'app',
      private_instance_id: 'id',
      private_instance_index: '3',
      tags: { component: 'c' },
      isolation_segment: 'seg',
      availability_zone: 'z',
      server_cert_domain_san: 'san',
      protocol: 'http2',
      route_service_url: 'https://rs',
      stale_threshold_in_seconds: 4,
      endpoint_updated_at_ns: 1_600_000_000_000_000_000,
      options: { loadbalancing: 'hash', hash_header: 'X-T', hash_balance: 1.25 },
    });
    expect(accepted(text)).toEqual({
      host: '10.0.0.1',
      port: 1,
      tlsPort: 2,
      uris: ['a', 'b'],
      applicationId: 'app',
      privateInstanceId: 'id',
      privateInstanceIndex: '3',
      tags: { component: 'c' },
      isolationSegment: 'seg',
      availabilityZone: 'z',
      serverCertDomainSan: 'san',
      protocol: 'http2',
      routeServiceUrl: 'https://rs',
      staleThresholdSeconds: 4,
      endpointUpdatedAtNs: 1_600_000_000_000_000_000,
      loadBalancing: { algorithm: 'hash', hashHeader: 'X-T', hashBalance: 1.25 },
      modificationTag: { guid: '', index: 0 },
    });
  });
});

describe('bounds', () => {
  test('a message may have the greatest size and not one byte more', () => {
    const head = `{${ROUTE},"x":"`;
    const fill = 'x'.repeat(MAX_MESSAGE_BYTES - head.length - 2);
    expect(parse(`${head}${fill}"}`).ok).toBe(true);
    expect(parse(`${head}${fill}x"}`).ok).toBe(false);
  });

  test('number of uris', () => {
    const uris = Array.from({ length: MAX_URIS_PER_MESSAGE }, (_, at) => `a${at}`);
    expect(parse(JSON.stringify({ uris })).ok).toBe(true);
    expect(parse(JSON.stringify({ uris: [...uris, 'b'] })).ok).toBe(false);
  });

  test('length of a uri', () => {
    expect(parse(JSON.stringify({ uris: ['a'.repeat(MAX_URI_LENGTH)] })).ok).toBe(true);
    expect(parse(JSON.stringify({ uris: ['a'.repeat(MAX_URI_LENGTH + 1)] })).ok).toBe(false);
  });

  test.each(['', '"port":1e3,'])('deep nesting is no danger (%j)', (field) => {
    const deep = '['.repeat(500_000) + ']'.repeat(500_000);
    expect(() => parse(`{${field}"x":${deep}}`)).not.toThrow();
  });
});

test('random bytes and changed messages never throw', () => {
  const valid = `{${ROUTE},"tags":{"a":"b"},"options":{"loadbalancing":"hash"}}`;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(typeof parseRegistryMessage(bytes).ok).toBe('boolean');
    }),
  );
  fc.assert(
    fc.property(fc.nat(valid.length - 1), fc.string({ maxLength: 3 }), (at, text) => {
      expect(typeof parse(valid.slice(0, at) + text + valid.slice(at + 1)).ok).toBe('boolean');
    }),
  );
});

test('any JSON value is refused or becomes a message of the right types', () => {
  const names = ['host', 'port', 'tls_port', 'uris', 'tags', 'options', 'app', 'route_service_url'];
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), fc.jsonValue()), (value) => {
      const parsed = parse(JSON.stringify(value));
      if (!parsed.ok) return;
      expect(typeof parsed.message.host).toBe('string');
      expect(Number.isInteger(parsed.message.port)).toBe(true);
      expect(parsed.message.uris.every((uri) => typeof uri === 'string')).toBe(true);
      const tags = Object.values(parsed.message.tags ?? {});
      expect(tags.every((tag) => typeof tag === 'string')).toBe(true);
    }),
  );
});
