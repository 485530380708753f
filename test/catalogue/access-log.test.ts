import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type AccessLine, fieldOf } from './access-line.ts';
import { App, answer, type Behaviour, headerOf } from './app.ts';
import { requestText } from './client.ts';
import { sharedRouter, uniqueHost } from './harness.ts';

const OK = answer('ok');
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/;
const SECONDS = /^\d+\.\d{6}$/;
const FIXED_PAIRS = [
  'x_forwarded_for',
  'x_forwarded_proto',
  'vcap_request_id',
  'response_time',
  'gorouter_time',
  'app_id',
  'app_index',
  'instance_id',
];
const names = (line: AccessLine) => line.pairs.map(([name]) => name);

describe.concurrent('the line', () => {
  const router = sharedRouter();

  test('LOG-1 with all fields', async () => {
    const { host, app } = await router.route(OK, {
      app: 'app-guid',
      private_instance_id: 'instance-guid',
      private_instance_index: '3',
    });
    const client = router.client();
    const lines = ['Referer: http://r.test/', 'User-Agent: a "quoted" agent'];
    await client.exchange(requestText(host, 'GET /p?q=1 HTTP/1.1', lines));
    const line = await router.accessLine(host);
    expect(line.time).toMatch(TIME);
    expect(line.request).toBe('GET /p?q=1 HTTP/1.1');
    expect([line.status, line.bytesReceived, line.bytesSent]).toEqual(['200', 0, 2]);
    expect(line.referer).toBe('http://r.test/');
    expect(line.userAgent).toBe('a \\"quoted\\" agent');
    expect(line.client).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(line.backend).toBe(app.address);
    expect(names(line)).toEqual([...FIXED_PAIRS, 'x_cf_routererror']);
    expect(fieldOf(line, 'x_forwarded_for')).toBe('127.0.0.1');
    expect(fieldOf(line, 'x_forwarded_proto')).toBe('http');
    const id = headerOf(app.lastRequest, 'x-vcap-request-id');
    expect(fieldOf(line, 'vcap_request_id')).toBe(id);
    expect(fieldOf(line, 'response_time')).toMatch(SECONDS);
    expect(fieldOf(line, 'gorouter_time')).toMatch(SECONDS);
    expect(fieldOf(line, 'app_id')).toBe('app-guid');
    expect(fieldOf(line, 'app_index')).toBe('3');
    expect(fieldOf(line, 'instance_id')).toBe('instance-guid');
    expect(fieldOf(line, 'x_cf_routererror')).toBe('-');
  });

  test('LOG-1 what is missing is "-"', async () => {
    const { host } = await router.route(OK);
    await router.get(host);
    const line = await router.accessLine(host);
    expect([line.referer, line.userAgent]).toEqual(['-', '-']);
    for (const name of ['app_id', 'app_index', 'instance_id', 'x_cf_routererror']) {
      expect(line.raw).toContain(` ${name}:"-"`);
    }
  });

  test('LOG-2 a request that no endpoint got', async () => {
    const host = uniqueHost();
    await router.get(host, '/', ['X-Forwarded-For: 1.2.3.4']);
    const line = await router.accessLine(host);
    expect([line.status, line.backend]).toEqual(['404', '-']);
    expect(fieldOf(line, 'x_cf_routererror')).toBe('unknown_route');
    expect(fieldOf(line, 'x_forwarded_for')).toBe('1.2.3.4');
    expect(line.raw).toContain('x_forwarded_proto:"-"');
    expect(fieldOf(line, 'gorouter_time')).toBe(fieldOf(line, 'response_time'));
    expect(names(line)).not.toContain('backend_time');
  });

  test('LOG-2 a malformed instance header', async () => {
    const { host } = await router.route(OK);
    await router.get(host, '/', ['X-CF-App-Instance: nonsense']);
    const line = await router.accessLine(host);
    expect([line.status, line.backend]).toEqual(['400', '-']);
    expect(fieldOf(line, 'x_cf_routererror')).toBe('invalid_cf_app_instance_header');
  });

  test('LOG-3 bytes of the bodies are counted', async () => {
    const { host } = await router.route(answer('x'.repeat(12_345)));
    await router.ask(requestText(host, 'POST / HTTP/1.1', [], 'y'.repeat(54_321)));
    const chunked = requestText(host, 'POST / HTTP/1.1', ['Transfer-Encoding: chunked']);
    await router.ask(`${chunked}5\r\nhello\r\n5\r\nthere\r\n0\r\n\r\n`);
    const lines = await router.accessLines(host, 2);
    expect(lines.map((line) => [line.bytesReceived, line.bytesSent])).toEqual([
      [54_321, 12_345],
      [10, 12_345],
    ]);
  });

  test('LOG-6 the forwarded values are shown', async () => {
    const { host } = await router.route(OK);
    const lines = ['X-Forwarded-For: 1.2.3.4', 'X-Forwarded-Proto: https'];
    await router.get(host, '/', lines);
    const line = await router.accessLine(host);
    expect(fieldOf(line, 'x_forwarded_for')).toBe('1.2.3.4, 127.0.0.1');
    expect(fieldOf(line, 'x_forwarded_proto')).toBe('https');
  });

  test.for(['a;b', 'a=1;b=2'])('LOG-8 a semicolon in the query: %s', async (query) => {
    const { host, app } = await router.route(OK);
    const response = await router.get(host, `/?${query}`);
    expect(response.status).toBe(200);
    expect(headerOf(response, 'x-cf-routererror')).toBeUndefined();
    expect(app.lastRequest.startLine).toBe(`GET /?${query} HTTP/1.1`);
    const line = await router.accessLine(host);
    expect(fieldOf(line, 'x_cf_routererror')).toBe('deprecated-semicolon-params');
  });

  test('LOG-10 X-Cf-RouterError of the app is logged', async () => {
    const { host } = await router.route(answer('ok', [['X-Cf-RouterError', 'of-the-app']]));
    expect(headerOf(await router.get(host), 'x-cf-routererror')).toBe('of-the-app');
    expect(fieldOf(await router.accessLine(host), 'x_cf_routererror')).toBe('of-the-app');
  });
});

const TIME_FIELDS = ['backend_time', 'dial_time', 'dns_time', 'failed_attempts_time', 'tls_time'];

describe.concurrent('extra fields', () => {
  const fields = [
    'local_address',
    ...TIME_FIELDS,
    'failed_attempts',
    'no_such_field',
    'failed_attempts',
  ];
  const router = sharedRouter({
    backends: { max_attempts: 5 },
    logging: { extra_access_log_fields: fields },
  });
  const SLOW_MS = 200;

  test('LOG-4 all of them, in order, without unknown and repeated ones', async () => {
    const { host } = await router.route(OK);
    await router.get(host);
    const line = await router.accessLine(host);
    expect(names(line)).toEqual([
      ...FIXED_PAIRS,
      'local_address',
      ...TIME_FIELDS,
      'failed_attempts',
      'x_cf_routererror',
    ]);
  });

  test('LOG-4 without a good attempt times are "-"', async () => {
    const host = uniqueHost();
    await router.register({ port: await App.refusing(), uris: [host] });
    await router.get(host);
    const line = await router.accessLine(host);
    expect(fieldOf(line, 'failed_attempts')).toBe('1');
    for (const name of ['backend_time', 'dial_time', 'dns_time', 'tls_time']) {
      expect([name, fieldOf(line, name)]).toEqual([name, '-']);
    }
    expect(fieldOf(line, 'failed_attempts_time')).toMatch(SECONDS);
  });

  test('LOG-4 the time of a slow app is its own', async () => {
    const { host } = await router.route(({ socket }) => {
      setTimeout(() => socket.write(OK), SLOW_MS);
    });
    await router.get(host);
    const line = await router.accessLine(host);
    expect(Number(fieldOf(line, 'response_time'))).toBeGreaterThanOrEqual(SLOW_MS / 1000 - 0.005);
    expect(Number(fieldOf(line, 'gorouter_time'))).toBeLessThan(SLOW_MS / 2000);
    expect(Number(fieldOf(line, 'backend_time'))).toBeGreaterThanOrEqual(SLOW_MS / 1000 - 0.005);
  });

  test('LOG-4 the time of slow failing endpoints is theirs', async () => {
    let arrivals = 0;
    const behaviour: Behaviour = ({ socket }) => {
      arrivals += 1;
      if (arrivals > 1) socket.write(OK);
      else setTimeout(() => socket.end(), SLOW_MS);
    };
    const { host } = await router.route(behaviour);
    const other = await router.startApp(behaviour);
    await router.register({ port: other.port, uris: [host] });
    await router.get(host);
    const line = await router.accessLine(host);
    expect([line.status, fieldOf(line, 'failed_attempts')]).toEqual(['200', '1']);
    const failedTime = Number(fieldOf(line, 'failed_attempts_time'));
    expect(failedTime).toBeGreaterThanOrEqual(SLOW_MS / 1000 - 0.005);
    expect(Number(fieldOf(line, 'gorouter_time'))).toBeLessThan(SLOW_MS / 2000);
  });
});

describe.concurrent('extra headers', () => {
  const router = sharedRouter({
    extra_headers_to_log: ['X-Second', 'X-First', 'X-Missing', 'X-Second'],
  });

  test('LOG-5 in the order of the configuration, without repeats', async () => {
    const { host } = await router.route(OK);
    await router.get(host, '/', ['X-First: 1', 'X-Second: 2']);
    const line = await router.accessLine(host);
    expect(line.pairs.slice(FIXED_PAIRS.length)).toEqual([
      ['x_cf_routererror', '-'],
      ['x_second', '2'],
      ['x_first', '1'],
      ['x_missing', '-'],
    ]);
  });
});

describe.concurrent('privacy', () => {
  const router = sharedRouter({
    logging: { disable_log_forwarded_for: true, disable_log_source_ip: true },
  });

  test.for([
    ['a request', []],
    ['an upgrade', ['Connection: Upgrade', 'Upgrade: websocket']],
  ] as const)('LOG-6 addresses stay out of the line of %s', async ([, lines]) => {
    const { host } = await router.route(({ socket, request }) => {
      if (headerOf(request, 'upgrade') === undefined) socket.write(OK);
      else {
        socket.end('HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      }
    });
    const client = router.client();
    await client.send(requestText(host, 'GET / HTTP/1.1', ['X-Forwarded-For: 1.2.3.4', ...lines]));
    await client.answer();
    const line = await router.accessLine(host);
    expect(line.client).toBe('-');
    expect(line.raw).toContain('x_forwarded_for:"-"');
    expect(line.raw.replace(line.backend, '')).not.toMatch(/1\.2\.3\.4|127\.0\.0\.1/);
  });
});

const QUERY = 'secret=1&b=%20';
const HASH = createHash('sha1').update(QUERY).digest('hex');

describe.for([
  ['none', `/p?${QUERY}`],
  ['all', '/p'],
  ['hash', `/p?hash=${HASH}`],
] as const)('redact_query_params %s', ([mode, wanted]) => {
  const router = sharedRouter({ logging: { redact_query_params: mode } });

  test.concurrent.for([
    ['GET', `/p?${QUERY}`, wanted],
    ['POST', `/p?${QUERY}`, `/p?${QUERY}`],
    ['GET', '/p', '/p'],
  ] as const)('LOG-7 %s %s is logged as %s', async ([method, target, logged]) => {
    const { host, app } = await router.route(OK);
    await router.ask(requestText(host, `${method} ${target} HTTP/1.1`));
    expect((await router.accessLine(host)).request).toBe(`${method} ${logged} HTTP/1.1`);
    expect(app.lastRequest.startLine).toBe(`${method} ${target} HTTP/1.1`);
  });
});

describe('long values', () => {
  const router = sharedRouter();

  test('LOG-9 the file gets them whole', async () => {
    const { host } = await router.route(OK);
    const target = `/${'t'.repeat(90_000)}`;
    await router.get(host, target, [`User-Agent: ${'u'.repeat(9000)}`]);
    const line = await router.accessLine(host);
    expect(line.request).toBe(`GET ${target} HTTP/1.1`);
    expect(line.userAgent).toBe('u'.repeat(9000));
  });
});
