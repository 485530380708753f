import { describe, expect, test } from 'vitest';
import type { TestRouter } from '../../catalogue/harness.ts';
import { eventuallyTrue } from '../support/abuse-kit.ts';
import { RawClient } from '../support/raw-client.ts';
import { type BackendBehaviour, RecordingBackend } from '../support/recording-backend.ts';
import { slowUpload } from '../support/slow-upload.ts';
import { addRoute, ENGINES, faultsOf, startRouter } from '../support/started-router.ts';

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: key\r\n';
const SWITCHING =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: any.test\r\n\r\n';

async function withBackend(
  engine: (typeof ENGINES)[number],
  behaviour: BackendBehaviour,
  run: (client: RawClient, host: string, backend: RecordingBackend, router: TestRouter) => unknown,
): Promise<void> {
  const router = await startRouter(engine);
  const backend = await RecordingBackend.start(behaviour);
  const host = await addRoute(router, backend.port);
  const client = new RawClient(router.port);
  await run(client, host, backend, router);
  expect(faultsOf(router)).toEqual([]);
  client.close();
  await backend.stop();
  await router.stop();
}

const handshake = (host: string, behind = ''): string =>
  `GET /ws HTTP/1.1\r\nHost: ${host}\r\n${UPGRADE}\r\n${behind}`;

describe.each(ENGINES)('uploads and upgrades of the engine %s', (engine) => {
  test('64 MiB to a slow endpoint leave the memory flat', async () => {
    const size = 64 * 2 ** 20;
    // The first one fills what the runtime keeps for buffers, however long it is.
    await slowUpload(engine, size, 1);
    const result = await slowUpload(engine, size, 10);
    const growth = result.growthMegabytes.toFixed(1);
    process.stdout.write(`${engine}: RSS + ${growth} MiB for an upload of 64 MiB\n`);
    expect(result.status).toBe('HTTP/1.1 200');
    expect(result.received).toBeGreaterThan(size);
    // Both ends and what the collector has not got to yet are in it.
    expect(result.growthMegabytes).toBeLessThan(40);
  });

  test('data behind the 101 and behind the handshake arrives once, in order', async () => {
    const behaviour: BackendBehaviour = {
      onHead(_head, { socket }) {
        socket.write(`${SWITCHING}first`);
        return true;
      },
    };
    await withBackend(engine, behaviour, async (client, host, backend) => {
      await client.send(handshake(host, 'early'), 1e9);
      await client.until(() => client.raw.endsWith('first'), 2000);
      await client.send('later', 1e9);
      await eventuallyTrue(() => backend.bytes.endsWith('later'), 2000);
      expect(client.raw.split('\r\n\r\n')[1]).toBe('first');
      expect(backend.bytes.split('\r\n\r\n')[1]).toBe('earlylater');
    });
  });

  test('a half-closed tunnel passes on what was sent before, and ends', async () => {
    const behaviour: BackendBehaviour = {
      onHead(_head, { socket }) {
        socket.write(SWITCHING);
        return true;
      },
    };
    await withBackend(engine, behaviour, async (client, host, backend) => {
      await client.send(handshake(host), 1e9);
      await client.until(() => client.raw.startsWith('HTTP/1.1 101'), 2000);
      client.socket.end('last words');
      await eventuallyTrue(() => backend.open.size === 0, 2000);
      expect(backend.bytes.endsWith('last words')).toBe(true);
      expect(backend.open.size).toBe(0);
      expect(await client.until(() => client.isEnded, 1000)).toBe(true);
    });
  });

  test('behind a refused upgrade nothing is read as a request', async () => {
    const behaviour: BackendBehaviour = {
      onRequest(_request, { socket }) {
        socket.write('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n');
      },
    };
    await withBackend(engine, behaviour, async (client, host, backend, router) => {
      await client.send(handshake(host, SMUGGLED), 1e9);
      expect(await client.until(() => client.isEnded, 2000)).toBe(true);
      expect(client.finals().map(({ status }) => status)).toEqual([426]);
      await router.get(host);
      expect(backend.bytes).not.toContain('/smuggled');
      expect(backend.requests.length).toBe(2);
      expect(backend.violations).toEqual([]);
    });
  });

  test('a client that half-closes in the middle of a request leaves nothing behind', async () => {
    await withBackend(engine, {}, async (client, host, backend) => {
      await client.send(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 9\r\n\r\nhell`, 1e9);
      await eventuallyTrue(() => backend.halfRequests === 1, 2000);
      client.socket.end();
      expect(await client.until(() => client.isEnded, 2000)).toBe(true);
      expect(await eventuallyTrue(() => backend.halfRequests === 0, 2000)).toBe(true);
      expect(backend.requests).toEqual([]);
    });
  });
});
