/**
 * What a broken or hostile producer may send (reliability.md §5). `verdict` is what the router
 * must do with it: refuse it, take it (strange, but legal on this wire), or not count it at all
 * because its subject is none of the router's.
 */
export type Verdict = 'rejected' | 'accepted' | 'uncounted';

export interface HostileMessage {
  readonly name: string;
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly verdict: Verdict;
}

const REGISTER = 'router.register';
const UNREGISTER = 'router.unregister';
const ROUTE = '"host":"127.0.0.1","port":9,"uris":["flood.test"]';

const utf8 = (text: string): Uint8Array => Buffer.from(text);

function of(verdict: Verdict, subject: string, cases: Readonly<Record<string, string>>) {
  return Object.entries(cases).map(([name, text]) => ({
    name,
    subject,
    payload: utf8(text),
    verdict,
  }));
}

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

const REFUSED = of('rejected', REGISTER, {
  'not JSON': 'hello',
  empty: '',
  'cut in the middle': '{"host":"127.0.0.1","por',
  'byte order mark': `\uFEFF{${ROUTE}}`,
  'two objects': `{${ROUTE}}{${ROUTE}}`,
  'trailing byte': `{${ROUTE}}\0`,
  array: '[]',
  'port 1e400': '{"host":"127.0.0.1","port":1e400,"uris":["flood.test"]}',
  'port -1': '{"host":"127.0.0.1","port":-1,"uris":["flood.test"]}',
  'port 65536': '{"host":"127.0.0.1","port":65536,"uris":["flood.test"]}',
  'port as text': '{"host":"127.0.0.1","port":"80","uris":["flood.test"]}',
  'port 80.5': '{"host":"127.0.0.1","port":80.5,"uris":["flood.test"]}',
  'uris as text': '{"host":"127.0.0.1","port":9,"uris":"flood.test"}',
  'uris with null': '{"host":"127.0.0.1","port":9,"uris":[null]}',
  'uris as object': '{"host":"127.0.0.1","port":9,"uris":{"length":5}}',
  'tags with a number': `{${ROUTE},"tags":{"a":1}}`,
  'tags nested': `{${ROUTE},"tags":{"__proto__":{"a":"1"}}}`,
  'index as number': `{${ROUTE},"private_instance_index":0}`,
  'route service without TLS': `{${ROUTE},"route_service_url":"http://rs.test"}`,
  'threshold too large': `{${ROUTE},"stale_threshold_in_seconds":1e300}`,
  'duplicate key, the last one bad': `{${ROUTE},"port":"x"}`,
  'host as object': '{"host":{"toString":"x"},"port":9,"uris":["flood.test"]}',
});

const TAKEN = of('accepted', REGISTER, {
  'nothing in it': '{}',
  'uris null': '{"host":"127.0.0.1","port":9,"uris":null}',
  'port null': '{"host":"127.0.0.1","port":null,"uris":["null-port.flood.test"]}',
  'port 0': '{"host":"127.0.0.1","port":0,"uris":["zero-port.flood.test"]}',
  'uri with CR LF': '{"host":"127.0.0.1","port":9,"uris":["a\\r\\nSet-Cookie: x.flood.test"]}',
  'uri with blanks': '{"host":"127.0.0.1","port":9,"uris":["  a b .flood.test"]}',
  'uri with * inside': '{"host":"127.0.0.1","port":9,"uris":["a.*.flood.test","*b.flood.test"]}',
  'uri empty': '{"host":"127.0.0.1","port":9,"uris":[""]}',
  'uri of slashes': '{"host":"127.0.0.1","port":9,"uris":["////","flood.test//../a"]}',
  'host empty': '{"host":"","port":9,"uris":["no-host.flood.test"]}',
  'host IPv6': '{"host":"::1","port":9,"uris":["six.flood.test"]}',
  'host with CR LF': '{"host":"a\\r\\nb","port":9,"uris":["crlf-host.flood.test"]}',
  '__proto__ key': `{${ROUTE},"__proto__":{"port":1}}`,
  'constructor key': `{${ROUTE},"constructor":{"prototype":{"port":1}}}`,
  'uri __proto__': '{"host":"127.0.0.1","port":9,"uris":["__proto__","constructor"]}',
  'tag __proto__': `{${ROUTE},"tags":{"__proto__":"x","constructor":"y"}}`,
  'duplicate keys': `{"host":"x","host":"y",${ROUTE}}`,
  'unknown keys': `{${ROUTE},"HOST":5,"":null,"\\u0000":[]}`,
  'threshold negative':
    '{"host":"127.0.0.1","port":9,"uris":["n.flood.test"],"stale_threshold_in_seconds":-5}',
  'balancing unknown': `{${ROUTE},"options":{"loadbalancing":"by-moonlight"}}`,
});

const TAKEN_AWAY = of('accepted', UNREGISTER, {
  'unregister of a route that is not there': '{"host":"x","port":1,"uris":["none.flood.test"]}',
  'unregister of another endpoint': '{"host":"127.0.0.1","port":1,"uris":["flood.test"]}',
});

const ELSEWHERE: readonly HostileMessage[] = [
  ...of('uncounted', 'router.registered', { 'subject alike': `{${ROUTE}}` }),
  ...of('uncounted', 'router.register.again', { 'subject longer': `{${ROUTE}}` }),
  ...of('uncounted', 'ROUTER.REGISTER', { 'subject in capitals': `{${ROUTE}}` }),
  ...of('uncounted', 'router.start', { 'foreign start': '{{{' }),
  ...of('uncounted', 'router.greet', { 'greet without reply': '{{{' }),
  ...of('uncounted', 'vcap.component.discover', { 'discover without reply': '' }),
];

const manyUris = (count: number) =>
  JSON.stringify(Array.from({ length: count }, (_, at) => `u${at}.flood.test`));

/** Sent often. */
export const LIGHT: readonly HostileMessage[] = [
  ...REFUSED,
  ...TAKEN,
  ...TAKEN_AWAY,
  ...ELSEWHERE,
  {
    name: 'cut UTF-8 at the end',
    subject: REGISTER,
    payload: Buffer.concat([utf8('{"host":"127.0.0.1","app":"'), Buffer.from([0xe2, 0x82])]),
    verdict: 'rejected',
  },
  {
    name: 'cut UTF-8 in a text',
    subject: REGISTER,
    payload: Buffer.concat([
      utf8(`{${ROUTE},"app":"`),
      Buffer.from([0xe2, 0x82, 0xff]),
      utf8('"}'),
    ]),
    verdict: 'accepted',
  },
];

/** Each is sent once in a thousand messages: they are large. */
export const HEAVY: readonly HostileMessage[] = [
  ...of('rejected', REGISTER, {
    '10 001 uris': `{"host":"127.0.0.1","port":9,"uris":${manyUris(10_001)}}`,
    'uri of 100 000 characters': `{"host":"127.0.0.1","port":9,"uris":["${'a'.repeat(100_000)}"]}`,
    'uris 10 000 deep': `{"host":"127.0.0.1","port":9,"uris":${nested(10_000)}}`,
    'brackets 100 000 deep, open': '['.repeat(100_000),
  }),
  ...of('accepted', REGISTER, {
    'unknown key 10 000 deep': `{${ROUTE},"x":${nested(10_000)}}`,
    'tags of almost 1 MiB': `{${ROUTE},"tags":{"a":"${'t'.repeat(1024 * 1024 - 200)}"}}`,
  }),
];
