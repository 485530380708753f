import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createSystemRandom } from '../../src/adapters/random/system-random.ts';
import type { ParsedResponse } from '../golden/http-text.ts';
import { App, answer, headerOf, headersOf } from './app.ts';
import { requestText } from './client.ts';
import { eventually, sharedRouter, uniqueHost } from './harness.ts';

const OK = answer('ok');
const GUID = '12345678-1234-1234-1234-123456789abc';
const OTHER_GUID = '87654321-1234-1234-1234-123456789abc';

/** Status, X-Cf-RouterError, Cache-Control and body, as the rows of §5.9 have them. */
function row(response: ParsedResponse): readonly (string | number | undefined)[] {
  return [
    response.status,
    headerOf(response, 'x-cf-routererror'),
    headerOf(response, 'cache-control'),
    response.content.body,
  ];
}

function expectPlainText(response: ParsedResponse): void {
  expect(headersOf(response, 'content-type')).toEqual(['text/plain; charset=utf-8']);
  expect(headersOf(response, 'x-content-type-options')).toEqual(['nosniff']);
}

describe.concurrent('before an endpoint is chosen', () => {
  const router = sharedRouter();

  test('ERR-1 an unknown host', async () => {
    const client = router.client();
    const host = `${uniqueHost()}:8080`;
    const response = await client.exchange(requestText(host));
    expect(row(response)).toEqual([
      404,
      'unknown_route',
      'no-cache, no-store',
      `404 Not Found: Requested route ('${host}') does not exist.\n`,
    ]);
    expectPlainText(response);
    expect(headersOf(response, 'x-vcap-request-id')).toEqual([]);
    expect(headersOf(response, 'date')).toHaveLength(1);
    expect((await client.exchange(requestText(host))).status).toBe(404);
  });

  test.for([
    ['HTTP/1.0 without a host', '', 'GET / HTTP/1.0', []],
    ['HTTP/1.1 with an empty host', '', 'GET / HTTP/1.1', ['Host:']],
    ["the client's address", '127.0.0.1', 'GET / HTTP/1.1', []],
  ] as const)('ERR-2 %s', async ([, host, line, headers]) => {
    const response = await router.ask(requestText(host, line, headers));
    expect(row(response)).toEqual([
      400,
      'empty_host',
      'public,max-age=2',
      '400 Bad Request: Request had empty Host header\n',
    ]);
    expectPlainText(response);
  });

  test.for(['foo', GUID, `${GUID}:`, `${GUID.toUpperCase()}:0`, `${GUID}:x`])(
    'ERR-3 X-CF-App-Instance: %s',
    async (value) => {
      const { host, app } = await router.route(OK);
      const response = await router.get(host, '/', [`X-CF-App-Instance: ${value}`]);
      expect(row(response)).toEqual([
        400,
        'invalid_cf_app_instance_header',
        'no-cache, no-store',
        '400 Bad Request: Invalid X-CF-App-Instance Header\n',
      ]);
      expect(app.requests).toEqual([]);
    },
  );

  test.for(['foo', `${GUID}:`, `${GUID.toUpperCase()}`, `${GUID}:x`])(
    'ERR-3 X-CF-Process-Instance: %s',
    async (value) => {
      const { host, app } = await router.route(OK);
      const response = await router.get(host, '/', [`X-CF-Process-Instance: ${value}`]);
      expect(row(response)).toEqual([
        400,
        'invalid_cf_process_instance_header',
        'no-cache, no-store',
        '400 Bad Request: Invalid X-CF-Process-Instance Header\n',
      ]);
      expect(app.requests).toEqual([]);
    },
  );

  test.for([
    [`X-CF-App-Instance: ${OTHER_GUID}:0`, `instance ('0') with guid ('${OTHER_GUID}')`],
    [`X-CF-App-Instance: ${GUID}:7`, `instance ('7') with guid ('${GUID}')`],
    [`X-CF-Process-Instance: ${OTHER_GUID}`, `instance with process guid ('${OTHER_GUID}')`],
    [
      `X-CF-Process-Instance: ${OTHER_GUID}:7`,
      `instance ('7') with process guid ('${OTHER_GUID}')`,
    ],
  ] as const)('ERR-4 %s is unknown', async ([header, text]) => {
    const { host } = await router.route(OK, { app: GUID, private_instance_index: '0' });
    expect(row(await router.get(host, '/', [header]))).toEqual([
      400,
      'unknown_route',
      'no-cache, no-store',
      `400 Bad Request: Requested ${text} does not exist for route ('${host}')\n`,
    ]);
  });

  test('ERR-5 without the flag an emptied route is unknown', async () => {
    const { host, app } = await router.route(OK);
    await router.unregister({ port: app.port, uris: [host] });
    expect(row(await router.get(host)).slice(0, 2)).toEqual([404, 'unknown_route']);
  });

  test('ERR-7 a malformed Host is refused by the server itself', async () => {
    const client = router.client();
    await client.send(requestText('<script>alert(1)</script>'));
    expect(await client.ended()).toBe('closed');
    expect(client.connection.raw).toBe(
      'HTTP/1.1 400 Bad Request: malformed Host header\r\n' +
        'Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n' +
        '400 Bad Request: malformed Host header',
    );
  });

  test('ERR-12 an error leaves Connection out, and the connection open', async () => {
    const client = router.client();
    const response = await client.exchange(requestText(uniqueHost()));
    expect(headersOf(response, 'connection')).toEqual([]);
    const { host } = await router.route(OK);
    expect((await client.exchange(requestText(host))).status).toBe(200);
  });
});

describe.concurrent('emptied and full routes', () => {
  const router = sharedRouter({
    empty_pool_response_code_503: true,
    empty_pool_timeout: '60s',
    backends: { max_conns: 1 },
  });

  test('ERR-5 with the flag an emptied route is unavailable', async () => {
    const { host, app } = await router.route(OK);
    await router.unregister({ port: app.port, uris: [host] });
    const response = await router.get(host);
    expect(row(response)).toEqual([
      503,
      'no_endpoints',
      'public,max-age=2',
      `503 Service Unavailable: Requested route ('${host}') has no available endpoints.\n`,
    ]);
    expectPlainText(response);
  });

  test('ERR-6 all endpoints at their limit', async () => {
    const { host, app } = await router.route(() => {});
    const client = router.client();
    await client.send(requestText(host));
    await eventually('the request arrives', () => app.requests.length === 1);
    const response = await router.get(host);
    expect(row(response)).toEqual([
      503,
      'Connection Limit Reached',
      undefined,
      `503 Service Unavailable: Requested route ('${host}') has reached the connection limit.\n`,
    ]);
    await router.logged('status', host);
  });
});

describe.concurrent('with an endpoint', () => {
  const router = sharedRouter({ backends: { max_attempts: 1 } });
  const FAILED = '502 Bad Gateway: Registered endpoint failed to handle the request.\n';

  test('ERR-8 it hangs up without a word', async () => {
    const { host } = await router.route(({ socket }) => socket.end());
    const response = await router.ask(requestText(host, 'POST / HTTP/1.1', [], 'body'));
    expect(row(response)).toEqual([502, 'endpoint_failure (EOF)', undefined, FAILED]);
    expectPlainText(response);
    expect(headersOf(response, 'x-vcap-request-id')).toEqual([]);
  });

  test('ERR-8 it answers with garbage', async () => {
    const { host } = await router.route('this is no HTTP\r\n\r\n');
    const [status, routerError, , body] = row(await router.get(host));
    expect([status, body]).toEqual([502, FAILED]);
    expect(routerError).toMatch(/^endpoint_failure \(.*malformed HTTP response/);
  });

  test('ERR-9 it refuses the connection', async () => {
    const port = await App.refusing();
    const host = uniqueHost();
    await router.register({ port, uris: [host] });
    expect(row(await router.get(host))).toEqual([
      502,
      `endpoint_failure (dial tcp 127.0.0.1:${port}: connect: connection refused)`,
      undefined,
      FAILED,
    ]);
  });

  test('ERR-10 the client goes: 499 in the log, nobody is blamed', async () => {
    const { host, app } = await router.route(({ socket, count }) => {
      if (count > 1) socket.write(OK);
    });
    const client = router.client();
    await client.send(requestText(host));
    await eventually('the request arrives', () => app.requests.length === 1);
    client.connection.abort();
    const line = await router.accessLine(host);
    expect(line.status).toBe('499');
    expect(line.raw).toContain('x_cf_routererror:"endpoint_failure (context canceled)"');
    expect(router.logsAbout('endpoint-marked-as-ineligible', app.address)).toEqual([]);
    expect(router.logsAbout('prune-failed-endpoint', app.address)).toEqual([]);
    expect((await router.get(host)).status).toBe(200);
  });

  test('ERR-12 a good answer leaves the connection open', async () => {
    const { host } = await router.route(answer('ok', [['Connection', 'keep-alive']]));
    const client = router.client();
    expect((await client.exchange(requestText(host))).status).toBe(200);
    expect((await client.exchange(requestText(host))).status).toBe(200);
  });

  test('ERR-13 the last endpoint vanishes while a request tries it: 502', async () => {
    const host = uniqueHost();
    const app = await router.startApp(({ socket }) => {
      void router.unregister({ port: app.port, uris: [host] }).then(() => socket.end());
    });
    await router.register({ port: app.port, uris: [host] });
    const response = await router.ask(requestText(host, 'POST / HTTP/1.1', [], 'body'));
    expect(row(response)).toEqual([502, 'endpoint_failure (EOF)', undefined, FAILED]);
    expect((await router.get(host)).status).toBe(404);
  });
});

describe('with a fault in the router', () => {
  const random = createSystemRandom();
  let isBroken = false;
  const below = (limit: number) => {
    if (isBroken) throw new Error('a bug');
    return random.below(limit);
  };
  const router = sharedRouter({}, { random: { ...random, below } });

  test('ERR-14 one request fails, the others go on', async () => {
    const { host, app } = await router.route(OK);
    isBroken = true;
    const response = await router.get(host);
    isBroken = false;
    expect(row(response)).toEqual([502, 'unknown_failure', undefined, '']);
    expect(app.requests).toEqual([]);
    expect(JSON.stringify(await router.logged('panic-check'))).toContain('a bug');
    expect((await router.get(host)).status).toBe(200);
  });
});

const folder = mkdtempSync(join(tmpdir(), 'catalogue-pages-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function templateFile(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

describe.concurrent('with an HTML page', () => {
  const page =
    '<h1>{{.Status}} {{.StatusText}}</h1><p>{{.Message}}</p>' +
    '<i>{{.Header.Get "X-Cf-RouterError"}}</i>';
  const router = sharedRouter({ html_error_template_file: templateFile('page.html', page) });

  test('ERR-11 its fields are filled in', async () => {
    const response = await router.get('unknown.test');
    expect(response.status).toBe(404);
    expect(headersOf(response, 'content-type')).toEqual(['text/html; charset=utf-8']);
    expect(response.content.body).toBe(
      '<h1>404 Not Found</h1>' +
        '<p>Requested route (&#39;unknown.test&#39;) does not exist.</p><i>unknown_route</i>',
    );
  });

  test('ERR-7 what a client sent is escaped in it', async () => {
    const response = await router.get("a&b'c.test");
    expect(response.content.body).toContain('(&#39;a&amp;b&#39;c.test&#39;)');
    expect(response.content.body).not.toContain("a&b'");
  });
});

describe.concurrent('with a page that cannot be filled in', () => {
  const file = templateFile('unknown-field.html', '<p>{{.NoSuchField}}</p>');
  const router = sharedRouter({ html_error_template_file: file });

  test('ERR-11 the answer is plain text', async () => {
    const response = await router.get('unknown.test');
    expect(response.status).toBe(404);
    expectPlainText(response);
    expect(response.content.body).toContain("Requested route ('unknown.test') does not exist.");
  });
});
