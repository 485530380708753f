import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { freePort } from '../support/free-ports.ts';
import { answer, headersOf } from './app.ts';
import { askOnce, type Client, requestText } from './client.ts';
import {
  type GorouterProcess,
  type ProcessScene,
  readIfThere,
  withScene,
} from './gorouter-process.ts';
import { eventually, type Section } from './harness.ts';

const OK = answer('ok');
/** Each test starts processes, which takes its time on a busy machine. */
vi.setConfig({ testTimeout: 45_000 });
const HEARTBEAT = requestText('any', 'GET / HTTP/1.1', ['User-Agent: HTTP-Monitor/1.1']);

interface Busy {
  readonly router: GorouterProcess;
  /** A connection with a request that the app has and does not answer. */
  readonly client: Client;
  /** Lets the app answer. */
  finish(): void;
}

/** A router with a quick app under quick.test and one request in hand under slow.test. */
async function busyRouter(scene: ProcessScene, config: Section): Promise<Busy> {
  const router = await scene.start(config);
  let finish = () => {};
  const slow = await scene.app(({ socket }) => {
    finish = () => socket.write(OK);
  });
  await scene.register(router, 'slow.test', slow);
  await scene.register(router, 'quick.test', await scene.app(OK));
  const client = scene.client(router);
  await client.send(requestText('slow.test'));
  await eventually('the request arrives', () => slow.requests.length === 1);
  return { router, client, finish: () => finish() };
}

describe.concurrent('signals', () => {
  test('LIFE-2 USR1: bad health at once, served on, then closed, exit 0', async () => {
    await withScene(async (scene) => {
      const { router, client, finish } = await busyRouter(scene, {
        drain_wait: '700ms',
        drain_timeout: '10s',
      });
      const kept = scene.client(router);
      await kept.exchange(requestText('quick.test'));
      const startMs = performance.now();
      router.child.signal('SIGUSR1');
      await eventually('health is bad', async () => (await router.health()) === 503);
      expect((await kept.exchange(HEARTBEAT)).status).toBe(503);
      const fresh = scene.client(router);
      expect((await fresh.exchange(requestText('quick.test'))).status).toBe(200);
      await eventually('the port is closed', () => router.isRefusing(router.port));
      expect(performance.now() - startMs).toBeGreaterThan(650);
      expect(router.child.hasEnded).toBe(false);
      finish();
      expect((await client.answer()).status).toBe(200);
      expect(await router.child.exited).toBe(0);
      expect(performance.now() - startMs).toBeLessThan(10_000);
    });
  });

  test('LIFE-3 what takes longer than drain_timeout is cut, exit 0', async () => {
    await withScene(async (scene) => {
      const { router, client } = await busyRouter(scene, { drain_timeout: '500ms' });
      const startMs = performance.now();
      router.child.signal('SIGUSR1');
      expect(await client.ended()).toBeDefined();
      expect(client.connection.raw).toBe('');
      expect(performance.now() - startMs).toBeGreaterThan(450);
      expect(await router.child.exited).toBe(0);
      expect(router.logs('router.drain.timed-out').length).toBeGreaterThan(0);
    });
  });

  test('LIFE-4 further signals during a drain change nothing', async () => {
    await withScene(async (scene) => {
      const { router, client, finish } = await busyRouter(scene, { drain_timeout: '10s' });
      router.child.signal('SIGUSR1');
      await eventually('it drains', () => router.logs('gorouter.stopping').length === 1);
      router.child.signal('SIGUSR1');
      await eventually('ignored', () => router.logs('gorouter.signal.ignored').length === 1);
      router.child.signal('SIGTERM');
      await eventually('ignored', () => router.logs('gorouter.signal.ignored').length === 2);
      expect(router.child.hasEnded).toBe(false);
      finish();
      expect((await client.answer()).status).toBe(200);
      expect(await router.child.exited).toBe(0);
    });
  });

  test.for(['SIGTERM', 'SIGINT'] as const)('LIFE-4 %s cuts at once, exit 0', async (signal) => {
    await withScene(async (scene) => {
      const { router, client } = await busyRouter(scene, { drain_wait: '9s', drain_timeout: '9s' });
      const startMs = performance.now();
      router.child.signal(signal);
      expect(await router.child.exited).toBe(0);
      expect(await client.ended()).toBeDefined();
      expect(performance.now() - startMs).toBeLessThan(5000);
      expect(router.logs('gorouter.exited')).toHaveLength(1);
    });
  });

  test('LIFE-6, LIFE-8 idle connections end, busy ones after their answer, ports too', async () => {
    await withScene(async (scene) => {
      const { router, client, finish } = await busyRouter(scene, { drain_timeout: '10s' });
      const idle = scene.client(router);
      expect((await idle.exchange(requestText('quick.test'))).status).toBe(200);
      router.child.signal('SIGUSR1');
      expect(await idle.ended()).toBe('closed');
      expect(client.connection.end).toBeUndefined();
      finish();
      expect((await client.answer()).status).toBe(200);
      expect(await client.ended()).toBe('closed');
      expect(await router.child.exited).toBe(0);
      expect(await router.isRefusing(router.port)).toBe(true);
      expect(await router.isRefusing(router.statusPort)).toBe(true);
    });
  });
});

describe.concurrent('start', () => {
  test('ADM-6 a port that is taken: exit 1, and the log names it', async () => {
    await withScene(async (scene) => {
      const first = await scene.start();
      const sparePort = await freePort();
      const taken = [
        { ports: [first.port, sparePort], named: first.port },
        { ports: [sparePort, first.statusPort], named: first.statusPort },
      ] as const;
      const exits = taken.map(async ({ ports, named }) => {
        const second = await scene.launch({}, ports);
        expect(await second.child.exited).toBe(1);
        expect(second.fatal()).toContain(String(named));
      });
      await Promise.all(exits);
    });
  });

  test('NATS-6 without NATS it gives up after three tries: exit 1', async () => {
    await withScene(async (scene) => {
      const router = await scene.launch({ nats: { hosts: [{ hostname: '127.0.0.1', port: 1 }] } });
      expect(await router.child.exited).toBe(1);
      expect(router.fatal()).toContain('127.0.0.1:1');
    });
  });

  test('LIFE-9 killed and started again: emitters fill the table at once', async () => {
    await withScene(async (scene) => {
      const nats = await scene.nats();
      const app = await scene.app(OK);
      const message = { host: '127.0.0.1', port: app.port, uris: ['refilled.test'] };
      nats.subscribe('router.start', {
        callback: () => nats.publish('router.register', JSON.stringify(message)),
      });
      await nats.flush();
      const config = { start_response_delay_interval: '300ms' };
      const first = await scene.start(config);
      const ask = async (router: GorouterProcess) => {
        const client = scene.client(router);
        return (await client.exchange(requestText('refilled.test'))).status;
      };
      expect(await ask(first)).toBe(200);
      await first.child.kill();
      const second = await scene.launch(config, [first.port, first.statusPort]);
      await second.isServing();
      expect(await ask(second)).toBe(200);
    });
  });

  test('O-9 credentials that are not set are made up', async () => {
    await withScene(async (scene) => {
      const nats = await scene.nats();
      const heard: string[] = [];
      nats.subscribe('vcap.component.announce', {
        callback: (_error, { data }) => heard.push(Buffer.from(data).toString()),
      });
      await nats.flush();
      const router = await scene.start({ status: { user: '', pass: '' } });
      await eventually('it is announced', () => heard.length === 1);
      const { credentials } = JSON.parse(heard[0] ?? '') as { credentials: string[] };
      expect(credentials).toHaveLength(2);
      for (const secret of credentials) expect(secret).toMatch(/^[0-9a-f]{32}$/);
      expect(credentials[0]).not.toBe(credentials[1]);
      const token = Buffer.from(credentials.join(':')).toString('base64');
      const lines = [`Authorization: Basic ${token}`, 'Connection: close'];
      const page = await askOnce(
        router.statusPort,
        requestText('status', 'GET /routes HTTP/1.1', lines),
      );
      expect(page.status).toBe(200);
      expect(headersOf(page, 'www-authenticate')).toEqual([]);
    });
  });
});

describe.concurrent('the access log', () => {
  test.for([
    ['file and output', true, true],
    ['the file', true, false],
    ['the output', false, true],
    ['nothing', false, false],
  ] as const)('LOG-12 goes to %s', async ([, isFile, isStreamed]) => {
    await withScene(async (scene) => {
      const file = join(scene.folder(), 'access.log');
      const router = await scene.start({
        access_log: { file: isFile ? file : '', enable_streaming: isStreamed },
      });
      await scene.register(router, 'logged.test', await scene.app(OK));
      const client = scene.client(router);
      expect((await client.exchange(requestText('logged.test'))).status).toBe(200);
      router.child.signal('SIGTERM');
      expect(await router.child.exited).toBe(0);
      const isLine = (line: string) => line.startsWith('logged.test - [');
      expect(readIfThere(file).split('\n').filter(isLine)).toHaveLength(isFile ? 1 : 0);
      const printed = router.child.text.split('\n').filter(isLine);
      expect(printed).toHaveLength(isStreamed ? 1 : 0);
    });
  });
});
