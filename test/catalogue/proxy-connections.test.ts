import { describe, expect, test } from 'vitest';
import { pause } from '../golden/pause.ts';
import { answer, headersOf } from './app.ts';
import { requestText } from './client.ts';
import { eventually, sharedRouter } from './harness.ts';

const OK = answer('ok');
const IDLE_MS = 300;
const ENDPOINT_TIMEOUT_MS = 300;

describe.concurrent('client connections', () => {
  const router = sharedRouter({ frontend_idle_timeout: `${IDLE_MS}ms`, read_header_timeout: '0s' });

  test('PRX-20 two requests on one connection', async () => {
    const { host } = await router.route(OK);
    const client = router.client();
    expect((await client.exchange(requestText(host))).status).toBe(200);
    expect((await client.exchange(requestText(host))).status).toBe(200);
    expect(client.connection.end).toBeUndefined();
  });

  test('PRX-20 the idle time is measured between requests', async () => {
    const { host } = await router.route(({ socket }) => {
      setTimeout(() => socket.write(OK), IDLE_MS * 2);
    });
    const client = router.client();
    expect((await client.exchange(requestText(host))).status).toBe(200);
    // More than half of the limit, twice: each request starts it anew.
    await pause(IDLE_MS * 0.6);
    expect((await client.exchange(requestText(host))).status).toBe(200);
    await pause(IDLE_MS * 0.6);
    expect(client.connection.end).toBeUndefined();
    const idleSinceMs = performance.now();
    expect(await client.ended()).toBe('closed');
    expect(performance.now() - idleSinceMs).toBeLessThan(IDLE_MS * 10);
  });

  test('PRX-22 when the client goes, the app hears it', async () => {
    const { host, app } = await router.route(() => {});
    const client = router.client();
    await client.send(requestText(host));
    await eventually('the request arrives', () => app.requests.length === 1);
    expect(app.sockets.size).toBe(1);
    client.connection.abort();
    await eventually('the connection ends', () => app.sockets.size === 0, 1000);
  });

  test('PRX-22 also while the answer flows', async () => {
    const { host, app } = await router.route(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nstart');
    });
    const client = router.client();
    await client.send(requestText(host));
    await client.received('start');
    client.connection.abort();
    await eventually('the connection ends', () => app.sockets.size === 0, 1000);
    expect((await router.accessLine(host)).status).toBe('200');
  });
});

describe.concurrent('slow heads', () => {
  const router = sharedRouter({ read_header_timeout: '300ms' });

  test('PRX-24 who writes a head too slowly is cut off', async () => {
    const { host, app } = await router.route(OK);
    const client = router.client();
    await client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\nX-Slow:`);
    expect(await client.ended(4000)).toBe('closed');
    expect(client.connection.raw).toBe('');
    expect(app.requests).toEqual([]);
  });

  test('PRX-24 who is quick is not', async () => {
    const { host } = await router.route(OK);
    const client = router.client();
    await client.send('GET / HTTP/1.1\r\n', { waitMs: 50 }, `Host: ${host}\r\n\r\n`);
    expect((await client.answer()).status).toBe(200);
  });
});

describe.concurrent('connections to apps', () => {
  const once = sharedRouter({ disable_keep_alives: true });
  const kept = sharedRouter({ disable_keep_alives: false });

  test('PRX-21, O-5 without keep-alive each request has a connection of its own', async () => {
    const { host, app } = await once.route(OK);
    for (let count = 0; count < 3; count += 1) await once.get(host);
    expect(app.requests).toHaveLength(3);
    expect(app.connections).toBe(3);
    expect(headersOf(app.lastRequest, 'connection')).toEqual(['close']);
  });

  test('PRX-21 with keep-alive connections are used again', async () => {
    const { host, app } = await kept.route(OK);
    for (let count = 0; count < 3; count += 1) await kept.get(host);
    expect(app.requests).toHaveLength(3);
    expect(app.connections).toBe(1);
    expect(headersOf(app.lastRequest, 'connection')).toEqual([]);
  });
});

describe.concurrent('slow apps', () => {
  const router = sharedRouter({ endpoint_timeout: `${ENDPOINT_TIMEOUT_MS}ms` });

  test('PRX-23 no head in time: 502', async () => {
    const { host } = await router.route(() => {});
    const response = await router.get(host);
    expect(response.status).toBe(502);
    expect(headersOf(response, 'x-cf-routererror')).toEqual([
      'endpoint_failure (context deadline exceeded)',
    ]);
    expect(response.content.body).toBe(
      '502 Bad Gateway: Registered endpoint failed to handle the request.\n',
    );
  });

  test.for([
    ['Content-Length: 100', 'start'],
    ['Transfer-Encoding: chunked', '5\r\nstart\r\n'],
  ])('PRX-23 no end in time: cut (%s)', async ([framing, start]) => {
    const { host, app } = await router.route(({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n${start}`);
    });
    const client = router.client();
    await client.send(requestText(host));
    const response = await client.answer('GET', true);
    expect(response.status).toBe(200);
    expect(response.content.body).toBe('start');
    expect(response.content.complete).toBe(false);
    await router.logged('backend-request-timeout', app.address);
  });

  test('PRX-23 in time: whole', async () => {
    const { host } = await router.route(({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nstart');
      setTimeout(() => socket.write('+rest'), ENDPOINT_TIMEOUT_MS / 4);
    });
    expect((await router.get(host)).content.body).toBe('start+rest');
  });
});
