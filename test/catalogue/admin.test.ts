import { createConnection } from 'node:net';
import { describe, expect, test } from 'vitest';
import { freePort } from '../support/free-ports.ts';
import { answer, headerOf, headersOf } from './app.ts';
import { askOnce, Client, requestText } from './client.ts';
import {
  eventually,
  sharedRouter,
  statusRequest,
  TestRouter,
  uniqueHost,
  withRouter,
} from './harness.ts';

const OK = answer('ok');
const HEARTBEAT = ['User-Agent: HTTP-Monitor/1.1'];
const close = (path: string, lines: readonly string[] = []) =>
  requestText('status', `GET ${path} HTTP/1.1`, ['Connection: close', ...lines]);
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const ALIVE = '/is-process-alive-do-not-use-for-loadbalancing';

describe.concurrent('the status port', () => {
  const router = sharedRouter();

  test.for(['/health', '/healthz', ALIVE])('ADM-1 %s needs no credentials', async (path) => {
    const response = await askOnce(router.statusPort, close(path));
    expect([response.status, response.content.body]).toEqual([200, 'ok\n']);
    expect(headersOf(response, 'cache-control')).toEqual(['private, max-age=0']);
    expect(headersOf(response, 'expires')).toEqual(['0']);
  });

  test('ADM-2, O-8 the agent of a load balancer on the traffic port', async () => {
    const { host, app } = await router.route(OK);
    for (const name of [host, uniqueHost()]) {
      const response = await router.ask(requestText(name, 'PUT /any HTTP/1.1', HEARTBEAT));
      expect([response.status, response.content.body]).toEqual([200, 'ok\n']);
      expect(headersOf(response, 'cache-control')).toEqual(['private, max-age=0']);
      expect(headersOf(response, 'expires')).toEqual(['0']);
      expect((await router.accessLine(name)).status).toBe('200');
    }
    expect(app.requests).toEqual([]);
  });

  test.for([
    ['no credentials', []],
    ['another scheme', [`Authorization: ${basic('user:pass').replace('Basic', 'Bearer')}`]],
    ['a wrong password', [`Authorization: ${basic('user:wrong')}`]],
    ['a wrong user', [`Authorization: ${basic('other:pass')}`]],
    ['nonsense', ['Authorization: Basic ???']],
  ] as const)('ADM-3 /routes refuses %s', async ([, lines]) => {
    const response = await askOnce(router.statusPort, close('/routes', lines));
    expect([response.status, response.content.body]).toEqual([401, '401 Unauthorized\n']);
    expect(headersOf(response, 'www-authenticate')).toEqual(['Basic']);
  });

  test('ADM-3 /routes shows what is registered and no more', async () => {
    const { host, app } = await router.route(OK, { tags: { component: 'web' } });
    const page = await router.status('/routes');
    expect(headerOf(page, 'content-type')).toBe('application/json');
    const [entry, ...others] = (await router.routes())[host] ?? [];
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      address: app.address,
      protocol: 'http1',
      tls: false,
      ttl: 120,
      tags: { component: 'web' },
    });
    await router.unregister({ port: app.port, uris: [host] });
    expect((await router.routes())[host]).toBeUndefined();
  });

  test('ADM-5 unknown paths are 404 for those who may look', async () => {
    expect((await router.status('/nothing')).status).toBe(404);
    expect((await askOnce(router.statusPort, close('/nothing'))).status).toBe(401);
  });
});

describe.concurrent('the second port of today', () => {
  test('ADM-4 status.routes.port is open on the loopback address only', async () => {
    const routesPort = await freePort();
    await withRouter({ status: { routes: { port: routesPort } } }, async (router) => {
      const { host } = await router.route(OK);
      const page = await askOnce(routesPort, statusRequest('/routes'));
      expect(Object.keys(JSON.parse(page.content.body))).toContain(host);
      const outcome = await new Promise<string>((resolve) => {
        const socket = createConnection({ host: '127.0.0.2', port: routesPort });
        socket.once('connect', () => resolve('open'));
        socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      });
      expect(outcome).toBe('ECONNREFUSED');
    });
  });
});

describe.concurrent('health over a life', () => {
  test('ADM-1, LIFE-1 bad until the start delay is over, then good, bad in a drain', async () => {
    const config = { start_response_delay_interval: '1500ms', drain_wait: '400ms' };
    const router = new TestRouter(config, { isStartAwaited: false });
    try {
      await router.start();
      const heard = router.hear('router.start');
      await router.nats.flush();
      router.launch();
      await eventually('the status port is open', () => router.statusPort !== 0);
      const { statusPort } = router;
      const health = async () => (await askOnce(statusPort, close('/health'))).status;
      const alive = async () => (await askOnce(statusPort, close(ALIVE))).status;
      await eventually('router.start is sent', () => heard.messages.length === 1);
      const announcedAtMs = performance.now();
      expect(router.port).toBe(0);
      expect([await health(), await alive()]).toEqual([503, 200]);
      const { host } = await router.route(OK);
      await router.isServing();
      expect(performance.now() - announcedAtMs).toBeGreaterThan(1400);
      expect((await router.get(host)).status).toBe(200);
      expect([await health(), await alive()]).toEqual([200, 200]);
      router.system.shutdown('drain');
      await eventually('health is bad', async () => (await health()) === 503);
      expect(await alive()).toBe(200);
      const heartbeat = await router.ask(requestText('any', 'GET / HTTP/1.1', HEARTBEAT));
      expect([heartbeat.status, heartbeat.content.body]).toEqual([503, '']);
      expect((await router.get(host)).status).toBe(200);
      await router.system.ended;
      const client = new Client(statusPort);
      expect(await client.ended()).toBe('refused');
    } finally {
      await router.stop();
    }
  });
});

const NUMBERS = [
  'index',
  'num_cores',
  'mem',
  'cpu',
  'requests',
  'responses_2xx',
  'responses_3xx',
  'responses_4xx',
  'responses_5xx',
  'responses_xxx',
  'urls',
  'droplets',
  'bad_requests',
  'bad_gateways',
  'requests_per_sec',
  'ms_since_last_registry_update',
];

describe.concurrent('/varz', () => {
  test('ADM-5 has all its keys', async () => {
    await withRouter({ index: 4 }, async (router) => {
      const varz = await router.varz();
      for (const name of NUMBERS) expect([name, typeof varz[name]]).toEqual([name, 'number']);
      expect(varz).toMatchObject({ type: 'Router', index: 4, credentials: ['user', 'pass'] });
      expect(varz['host']).toMatch(/^\d+\.\d+\.\d+\.\d+:\d+$/);
      expect(varz['uuid']).toMatch(/^4-[0-9a-f-]+$/);
      expect(varz['start']).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}$/);
      expect(varz['uptime']).toMatch(/^0d:0h:0m:\d+s$/);
      expect(varz['rate']).toHaveLength(3);
      expect(Object.keys(varz['latency'] as object)).toEqual(
        expect.arrayContaining(['50', '75', '90', '95', '99', 'value', 'samples']),
      );
      expect(varz['tags']).toEqual({ component: {} });
      expect(varz['top10_app_requests']).toEqual([]);
      expect(varz['ms_since_last_registry_update']).toBe(-1);
      expect(varz).not.toHaveProperty('config');
    });
  });

  test('ADM-5 counts', async () => {
    await withRouter({ backends: { max_attempts: 1 } }, async (router) => {
      const tags = { component: 'web' };
      const { host, app } = await router.route(OK, { tags, app: 'app-a' });
      const moved = await router.route(answer('', [], '302 Found'), { tags });
      const gone = await router.route(({ socket }) => socket.end());
      await router.get(host);
      await router.get(host);
      await router.get(moved.host);
      await router.ask(requestText(gone.host, 'POST / HTTP/1.1', [], 'x'));
      await router.get(uniqueHost());
      const varz = await router.varz();
      expect(varz).toMatchObject({
        requests: 4,
        responses_2xx: 2,
        responses_3xx: 1,
        responses_4xx: 0,
        responses_5xx: 1,
        bad_requests: 1,
        bad_gateways: 1,
        urls: 3,
        droplets: 3,
        tags: { component: { web: { requests: 3, responses_2xx: 2, responses_3xx: 1 } } },
        top10_app_requests: [{ application_id: 'app-a', rpm: 2 }],
      });
      expect(varz['ms_since_last_registry_update']).toBeGreaterThanOrEqual(0);
      const second = uniqueHost();
      await router.register({ port: app.port, uris: [second] });
      expect(await router.varz()).toMatchObject({ urls: 4, droplets: 3 });
    });
  });

  test('ADM-5 the ten busiest apps, busiest first', async () => {
    await withRouter({}, async (router) => {
      const app = await router.startApp(OK);
      for (let number = 1; number <= 12; number += 1) {
        const host = uniqueHost();
        await router.register({ port: app.port, uris: [host], app: `app-${number}` });
        for (let count = 0; count < number; count += 1) await router.get(host);
      }
      const top = (await router.varz())['top10_app_requests'] as { application_id: string }[];
      const wanted = Array.from({ length: 10 }, (_, at) => `app-${12 - at}`);
      expect(top.map((entry) => entry.application_id)).toEqual(wanted);
    });
  });

  test('ADM-7 the time runs, and log lines are counted by level', async () => {
    await withRouter({}, async (router) => {
      const before = await router.varz();
      const counts = before['log_counts'] as Readonly<Record<string, number>>;
      expect(counts['info']).toBeGreaterThan(0);
      router.publish('router.register', 'no JSON');
      await router.settled();
      const after = (await router.varz())['log_counts'] as Readonly<Record<string, number>>;
      expect(after['error']).toBe((counts['error'] ?? 0) + 1);
      await eventually('the uptime grows', async () => {
        return (await router.varz())['uptime'] !== before['uptime'];
      });
    });
  });
});
