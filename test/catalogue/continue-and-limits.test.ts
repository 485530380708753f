import { describe, expect, test } from 'vitest';
import { readGorouterConfig } from '../../src/config/gorouter-config.ts';
import { fieldOf } from './access-line.ts';
import { answer, headerOf, headersOf } from './app.ts';
import { requestText } from './client.ts';
import { sharedRouter, uniqueHost } from './harness.ts';

const OK = answer('ok');
const MEBIBYTE = 1024 * 1024;

describe.concurrent('Expect: 100-continue', () => {
  const closing = sharedRouter({ disable_keep_alives: false });
  const keeping = sharedRouter({
    disable_keep_alives: false,
    keep_alive_100_continue_requests: true,
  });
  const upload = (host: string, expect = 'Expect: 100-continue') =>
    requestText(host, 'POST / HTTP/1.1', [expect, 'Content-Length: 4']);

  test('100C-1 the client gets 100, then sends, then gets its answer', async () => {
    const { host, app } = await closing.route(
      ({ socket, request }) => {
        socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        socket.once('data', () => socket.write(answer(`saw ${headerOf(request, 'expect')}`)));
      },
      {},
      { when: 'head' },
    );
    const client = closing.client();
    await client.send(upload(host));
    await client.received('HTTP/1.1 100 Continue\r\n\r\n');
    expect(client.connection.raw).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    await client.send('body');
    const response = await client.answer('POST');
    expect([response.status, response.content.body]).toEqual([200, 'saw 100-continue']);
    expect(app.requests).toHaveLength(1);
    expect((await closing.accessLine(host)).bytesReceived).toBe(4);
  });

  test('100C-1 the next request on the connection starts anew', async () => {
    const { host, app } = await closing.route(OK);
    const client = closing.client();
    const first = await client.exchange(`${upload(host)}body`);
    expect(first.status).toBe(200);
    const second = await client.exchange(requestText(host, 'PUT / HTTP/1.1', [], 'other'));
    expect(second.status).toBe(200);
    expect(client.interim).toEqual([]);
    expect(app.requests.map(({ content }) => content.body)).toEqual(['body', 'other']);
    expect(headersOf(app.lastRequest, 'expect')).toEqual([]);
  });

  test('100C-2 the app is told that the connection ends', async () => {
    const { host, app } = await closing.route(OK);
    await closing.ask(`${upload(host, 'Expect: 100-Continue')}body`);
    expect(headersOf(app.lastRequest, 'connection')).toEqual(['close']);
    await closing.ask(requestText(host, 'POST / HTTP/1.1', [], 'body'));
    expect(headersOf(app.lastRequest, 'connection')).toEqual([]);
  });

  test('100C-2 unless such connections are kept', async () => {
    const { host, app } = await keeping.route(OK);
    await keeping.ask(`${upload(host)}body`);
    expect(headersOf(app.lastRequest, 'connection')).toEqual([]);
  });

  test('100C-2 its other headers are those of any request', async () => {
    const { host, app } = await closing.route(OK, { private_instance_id: 'instance' });
    const lines = ['X-Forwarded-For: 1.2.3.4', 'X-Forwarded-Client-Cert: sent'];
    const start = 'POST / HTTP/1.1';
    await closing.ask(requestText(host, start, [...lines, 'Expect: 100-continue'], 'body'));
    await closing.ask(requestText(host, start, lines, 'body'));
    const [expecting, plain] = app.requests.map(({ headers }) => {
      const names = headers.map(([name]) => name.toLowerCase());
      return names.filter((name) => name !== 'expect' && name !== 'connection').sort();
    });
    expect(expecting).toEqual(plain);
    const [first] = app.requests;
    expect(first && headersOf(first, 'x-forwarded-for')).toEqual(['1.2.3.4, 127.0.0.1']);
    expect(first && headersOf(first, 'x-cf-instanceid')).toEqual(['instance']);
    expect(first && headerOf(first, 'x-request-start')).toMatch(/^\d{13}$/);
  });
});

describe.concurrent('limits of requests', () => {
  const LIMIT = 1000;
  const router = sharedRouter({ max_request_header_bytes: LIMIT, max_request_headers: 20 });
  const long = 'x'.repeat(LIMIT);
  const many = (count: number, line: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => line(at));

  test.for([
    ['a long target', `/${long}`, []],
    ['a long query', `/?${long}`, []],
    ['a long header name', '/', [`${long}: 1`]],
    ['a long value', '/', [`X-Long: ${long}`]],
    ['many small values of one header', '/', many(15, (at) => `X-Same: ${'x'.repeat(60)}${at}`)],
    ['many headers of normal size', '/', many(15, (at) => `X-Header-${at}: ${'x'.repeat(60)}`)],
    ['more headers than allowed', '/', many(20, (at) => `X-${at}: 1`)],
  ] as const)('LIM-1 %s', async ([, path, headers]) => {
    const { host, app } = await router.route(OK, { app: 'app-guid' });
    const client = router.client();
    const response = await client.exchange(requestText(host, `GET ${path} HTTP/1.1`, headers));
    expect([response.status, response.content.body]).toEqual([431, '']);
    expect(headersOf(response, 'x-cf-routererror')).toEqual(['max-request-size-exceeded']);
    expect(app.requests).toEqual([]);
    const line = await router.accessLine(host);
    expect(line.status).toBe('431');
    expect(fieldOf(line, 'app_id')).toBe('app-guid');
    expect(fieldOf(line, 'x_cf_routererror')).toBe('max-request-size-exceeded');
  });

  test('LIM-1 an unknown host comes first', async () => {
    expect((await router.get(uniqueHost(), `/${long}`)).status).toBe(404);
  });

  test.for([
    ['a long target', `/${'x'.repeat(LIMIT - 200)}`, []],
    ['as many headers as allowed', '/', many(19, (at) => `X-${at}: 1`)],
  ] as const)('LIM-1 %s below the limit passes', async ([, path, headers]) => {
    const { host } = await router.route(OK);
    expect((await router.get(host, path, headers)).status).toBe(200);
  });
});

describe.concurrent('the greatest limit', () => {
  const router = sharedRouter();

  test.for([0, -1, 2 * MEBIBYTE])('LIM-2 max_request_header_bytes %i counts as 1 MiB', (bytes) => {
    const read = readGorouterConfig(`max_request_header_bytes: ${bytes}`, () => '');
    expect(read.ok && read.config.router.frontend.maxRequestHeaderBytes).toBe(MEBIBYTE);
  });

  test('LIM-2 more than 1 MiB is refused by the server itself', async () => {
    const { host, app } = await router.route(OK);
    const client = router.client();
    const line = `X-Long: ${'x'.repeat(MEBIBYTE + 8192)}`;
    await client.send(requestText(host, 'GET / HTTP/1.1', [line]));
    expect(await client.ended()).toBeDefined();
    expect(client.connection.raw).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
    expect(app.requests).toEqual([]);
    expect(router.accessText.filter((text) => text.startsWith(`${host} `))).toEqual([]);
  });

  test('LIM-2 a little less passes', async () => {
    const { host } = await router.route(OK);
    const line = `X-Long: ${'x'.repeat(MEBIBYTE - 8192)}`;
    expect((await router.get(host, '/', [line])).status).toBe(200);
  });
});

describe.concurrent('limits of answers', () => {
  const BYTES = 1000;
  const COUNT = 10;
  const router = sharedRouter({ max_response_header_bytes: BYTES, max_response_headers: COUNT });
  /** An answer whose head has exactly so many bytes. */
  const headOf = (bytes: number) => {
    const bare = answer('', [['X-Long', '']]).length;
    return answer('', [['X-Long', 'x'.repeat(bytes - bare)]]);
  };
  const withHeaders = (count: number) =>
    answer(
      '',
      Array.from({ length: count - 1 }, (_, at) => [`X-${at}`, '1'] as const),
    );

  test.for([
    ['as many bytes as allowed', headOf(BYTES), 200],
    ['too many bytes', headOf(BYTES + 100), 502],
    ['as many headers as allowed', withHeaders(COUNT), 200],
    ['one header too many', withHeaders(COUNT + 1), 502],
  ] as const)('LIM-3 %s', async ([, text, status]) => {
    const { host } = await router.route(text);
    const response = await router.get(host);
    expect(response.status).toBe(status);
    if (status === 502) {
      expect(headerOf(response, 'x-cf-routererror')).toMatch(/^endpoint_failure \(.+\)$/);
    }
  });
});
