import { createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { TestRouter } from '../../catalogue/harness.ts';
import { open, residentMegabytes, timesOf } from '../support/abuse-kit.ts';
import { RawClient } from '../support/raw-client.ts';
import { RecordingBackend } from '../support/recording-backend.ts';
import { addRoute, ENGINES, faultsOf, startRouter } from '../support/started-router.ts';

const MEBIBYTE = 2 ** 20;
const AT_ONCE = 50;

/** Runs `play` so many times, a number of them side by side. */
async function repeat(count: number, play: (index: number) => Promise<void>): Promise<void> {
  const indexes = Array.from({ length: count }, (_, index) => index).values();
  const worker = async (): Promise<void> => {
    for (const index of indexes) await play(index);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function withRoute(
  engine: (typeof ENGINES)[number],
  run: (router: TestRouter, host: string, backend: RecordingBackend) => Promise<void>,
): Promise<void> {
  const router = await startRouter(engine, { backends: { max_attempts: 3 } });
  const backend = await RecordingBackend.start();
  await run(router, await addRoute(router, backend.port), backend);
  expect(faultsOf(router)).toEqual([]);
  await backend.stop();
  await router.stop();
}

describe.each(ENGINES)('many connections of the engine %s', (engine) => {
  test('1000 idle ones cost little and hold nobody up', async () => {
    await withRoute(engine, async (router, host) => {
      const before = residentMegabytes();
      const idle: Socket[] = [];
      for (let index = 0; index < 1000; index += 1) idle.push(await open(router.port));
      const times = await timesOf(50, async () => (await router.get(host)).status);
      const perConnection = ((residentMegabytes() - before) * 1024) / idle.length;
      process.stdout.write(`${engine}: ${perConnection.toFixed(1)} KiB per idle connection\n`);
      // Both ends are in this process.
      expect(perConnection).toBeLessThan(60);
      expect(times.at(-5)).toBeLessThan(100);
      for (const socket of idle) socket.destroy();
    });
  });

  test('heads of 1 MiB are refused at little cost', async () => {
    await withRoute(engine, async (router, host, backend) => {
      const before = residentMegabytes();
      const line = `X-Bomb: ${'b'.repeat(1000)}\r\n`;
      const bomb = `GET /bomb HTTP/1.1\r\nHost: ${host}\r\n${line.repeat(1100)}\r\n`;
      let peak = before;
      await repeat(100, async () => {
        const client = new RawClient(router.port);
        await client.send(bomb, 64 * 1024);
        await client.until(() => client.isEnded || client.finals().length > 0, 3000);
        peak = Math.max(peak, process.memoryUsage.rss() / MEBIBYTE);
        // Who is cut off while he still sends may not see the answer.
        expect(client.finals().every(({ status }) => status === 431)).toBe(true);
        client.close();
      });
      const growth = (peak - before) / ((100 * bomb.length) / MEBIBYTE);
      process.stdout.write(`${engine}: ${growth.toFixed(2)} bytes of memory per byte of a bomb\n`);
      expect(growth).toBeLessThan(10);
      expect(backend.requests).toEqual([]);
      expect((await router.get(host)).status).toBe(200);
    });
  });

  test('a long head in small pieces costs its length, not the square of it', async () => {
    await withRoute(engine, async (router, host) => {
      const line = `X-A: ${'b'.repeat(100)}\r\n`;
      const head = `GET / HTTP/1.1\r\nHost: ${host}\r\n${line.repeat(9000)}`;
      const client = new RawClient(router.port);
      const sending = client.send(head, 400);
      const times = await timesOf(20, async () => (await router.get(host)).status);
      await sending;
      expect(times.at(-2)).toBeLessThan(150);
      client.close();
    });
  });

  test('1000 connections of one request each: no error, nothing left', async () => {
    await withRoute(engine, async (router, host, backend) => {
      const statuses = new Map<number, number>();
      await repeat(1000, async () => {
        const client = new RawClient(router.port);
        const lines = `Host: ${host}\r\nConnection: close\r\n`;
        await client.send(`GET / HTTP/1.1\r\n${lines}\r\n`, 1e9);
        await client.until(() => client.isEnded, 3000);
        const status = client.finals()[0]?.status ?? 0;
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        client.close();
      });
      expect([...statuses]).toEqual([[200, 1000]]);
      expect(backend.requests.length).toBe(1000);
      expect(backend.open.size).toBeLessThanOrEqual(AT_ONCE);
    });
  });

  test('when all endpoints hang up, a request makes max_attempts connections', async () => {
    await withRoute(engine, async (router) => {
      let connections = 0;
      let bytes = '';
      const servers = await Promise.all(
        Array.from({ length: 5 }, async () => {
          const server = createServer((socket) => {
            connections += 1;
            socket.on('error', () => {});
            socket.on('data', (chunk: Buffer) => {
              bytes += chunk.toString('latin1');
              socket.resetAndDestroy();
            });
          });
          await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
          return server;
        }),
      );
      const ports = servers.map((server) => (server.address() as { port: number }).port);
      const host = await addRoute(router, ...ports);
      await repeat(100, async () => {
        expect((await router.get(host)).status).toBe(502);
      });
      expect(connections).toBeGreaterThanOrEqual(100);
      expect(connections).toBeLessThanOrEqual(300);
      bytes = '';
      await repeat(50, async (index) => {
        const lines = `Host: ${host}\r\nContent-Length: 5`;
        const response = await router.ask(`POST /once-${index} HTTP/1.1\r\n${lines}\r\n\r\nhello`);
        expect(response.status).toBe(502);
      });
      const sent = bytes.match(/POST \/once-\d+ /g) ?? [];
      expect(new Set(sent).size).toBe(sent.length);
      for (const server of servers) server.close();
    });
  });

  test('when all endpoints refuse, attempts per request are bounded', async () => {
    await withRoute(engine, async (router) => {
      const ports = [1, 2, 3, 4, 5];
      const host = await addRoute(router, ...ports);
      await repeat(50, async () => {
        expect((await router.get(host)).status).toBe(502);
      });
      const attempts = router
        .logs('backend-endpoint-failed')
        .filter(({ data }) => /127\.0\.0\.1:[1-5]"/.test(JSON.stringify(data)));
      expect(attempts.length).toBeGreaterThanOrEqual(50);
      expect(attempts.length).toBeLessThanOrEqual(150);
    });
  });
});
