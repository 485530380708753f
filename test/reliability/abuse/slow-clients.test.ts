import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { eventuallyTrue, open, timesOf } from '../support/abuse-kit.ts';
import { RawClient } from '../support/raw-client.ts';
import { RecordingBackend } from '../support/recording-backend.ts';
import { addRoute, ENGINES, startRouter } from '../support/started-router.ts';

const FAST = { read_header_timeout: '600ms', frontend_idle_timeout: '700ms' };

describe.each(ENGINES)('slow clients of the engine %s', (engine) => {
  test('heads that trickle are cut, and good clients do not wait for them', async () => {
    const router = await startRouter(engine, FAST);
    const backend = await RecordingBackend.start();
    const host = await addRoute(router, backend.port);
    const slow: Socket[] = [];
    for (let index = 0; index < 200; index += 1) {
      const socket = await open(router.port);
      socket.resume();
      socket.write(`GET /slow HTTP/1.1\r\nHost: ${host}\r\nX-A: `);
      slow.push(socket);
    }
    const startedAt = performance.now();
    const drip = setInterval(() => {
      for (const socket of slow) if (!socket.destroyed) socket.write('x');
    }, 50);
    const times = await timesOf(50, async () => (await router.get(host)).status);
    const areGone = await eventuallyTrue(() => slow.every(({ destroyed }) => destroyed), 4000);
    clearInterval(drip);
    const cutAfterMs = performance.now() - startedAt;
    expect(areGone).toBe(true);
    expect(cutAfterMs).toBeLessThan(600 + 1500);
    expect(times.at(-5)).toBeLessThan(100);
    expect(backend.requests.some(({ target }) => target === '/slow')).toBe(false);
    await backend.stop();
    await router.stop();
  });

  test('a body that stops is cut by the time limit of the request', async () => {
    const router = await startRouter(engine, { endpoint_timeout: '500ms' });
    const backend = await RecordingBackend.start();
    const host = await addRoute(router, backend.port);
    const client = new RawClient(router.port);
    await client.send(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 9\r\n\r\nhell`, 1e9);
    expect(await client.until(() => client.isEnded || client.finals().length > 0, 2500)).toBe(true);
    expect(client.finals().every(({ status }) => status === 502)).toBe(true);
    expect(backend.requests).toEqual([]);
    expect(await eventuallyTrue(() => backend.open.size === 0, 1500)).toBe(true);
    client.close();
    await backend.stop();
    await router.stop();
  });

  test('a body that nobody waits for does not hold a connection for ever', async () => {
    const router = await startRouter(engine, FAST);
    const client = new RawClient(router.port);
    await client.send('POST / HTTP/1.1\r\nHost: none.test\r\nContent-Length: 9\r\n\r\nhell', 1e9);
    await client.until(() => client.finals().length > 0, 1000);
    expect(client.finals()[0]?.status).toBe(404);
    if (engine === 'wire') expect(await client.until(() => client.isEnded, 2500)).toBe(true);
    client.close();
    await router.stop();
  });
});
