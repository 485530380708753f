import { describe, expect, test } from 'vitest';
import { App, answer } from './app.ts';
import { requestText } from './client.ts';
import { eventually, type TestRouter, uniqueHost, withRouter } from './harness.ts';

const OK = answer('ok');

/** Value of a metric that may have any further labels. */
async function sumOf(router: TestRouter, name: string, ...labels: string[]): Promise<number> {
  let sum = 0;
  for (const [line, value] of await router.metrics()) {
    const [own = '', rest = ''] = line.split('{');
    if (own === name && labels.every((label) => rest.includes(label))) sum += value;
  }
  return sum;
}

/** Counters that a request may move; those that it moves, with how far. */
const COUNTERS = [
  'total_requests',
  'rejected_requests',
  'bad_gateways',
  'backend_exhausted_conns',
  'backend_invalid_id',
  'backend_invalid_tls_cert',
  'backend_tls_handshake_failed',
  'http_latency_seconds_count',
] as const;

async function moved(router: TestRouter, run: () => Promise<unknown>) {
  const before = await router.metrics();
  await run();
  const after = await router.metrics();
  const entries = COUNTERS.map((name) => {
    return [name, (after.get(name) ?? 0) - (before.get(name) ?? 0)] as const;
  });
  return Object.fromEntries(entries.filter(([, difference]) => difference !== 0));
}

describe.concurrent('metrics', () => {
  test('MET-1 a good request', async () => {
    await withRouter({}, async (router) => {
      const { host } = await router.route(OK, { tags: { component: 'web' } });
      const counted = await moved(router, () => router.get(host));
      expect(counted).toEqual({ total_requests: 1, http_latency_seconds_count: 1 });
      expect(await sumOf(router, 'responses', 'status_group="2xx"', 'component=""')).toBe(1);
      expect(await sumOf(router, 'responses', 'status_group="2xx"', 'component="web"')).toBe(1);
      const varz = await router.varz();
      expect(varz).toMatchObject({ tags: { component: { web: { requests: 1 } } } });
    });
  });

  test('MET-1 requests are counted by component', async () => {
    await withRouter({}, async (router) => {
      const { host } = await router.route(OK, { tags: { component: 'web' } });
      await router.get(host);
      const counted = await sumOf(router, 'requests', 'component="web"');
      expect(counted || (await sumOf(router, 'total_requests', 'component="web"'))).toBe(1);
    });
  });

  test('MET-2 failures have their own counters', async () => {
    const config = {
      empty_pool_response_code_503: true,
      empty_pool_timeout: '60s',
      backends: { max_conns: 1, max_attempts: 1 },
    };
    await withRouter(config, async (router) => {
      const unknown = await moved(router, () => router.get(uniqueHost()));
      expect(unknown).toEqual({ rejected_requests: 1 });
      const refusing = uniqueHost();
      await router.register({ port: await App.refusing(), uris: [refusing] });
      const refused = await moved(router, () => router.get(refusing));
      expect(refused).toEqual({
        total_requests: 1,
        bad_gateways: 1,
        http_latency_seconds_count: 1,
      });
      const empty = await router.route(OK);
      await router.unregister({ port: empty.app.port, uris: [empty.host] });
      expect(await moved(router, () => router.get(empty.host))).toEqual({});
      const full = await router.route(() => {});
      const client = router.client();
      await client.send(requestText(full.host));
      await eventually('the request arrives', () => full.app.requests.length === 1);
      const exhausted = await moved(router, () => router.get(full.host));
      expect(exhausted).toEqual({ backend_exhausted_conns: 1 });
    });
  });

  test('MET-3 registry messages are counted, by component too', async () => {
    await withRouter({}, async (router) => {
      const message = { port: 1, uris: [uniqueHost()], tags: { component: 'web' } };
      await router.register(message);
      await router.register({ port: 2, uris: [uniqueHost()] });
      await router.unregister(message);
      for (const [name, total] of [
        ['registry_message', 2],
        ['unregistry_message', 1],
      ] as const) {
        const sum = (await router.metrics()).get(name) ?? (await sumOf(router, name));
        expect([name, sum]).toEqual([name, total]);
        expect([name, await sumOf(router, name, 'component="web"')]).toEqual([name, 1]);
      }
    });
  });

  test('MET-4 the time that a registration took, once the muzzle time is over', async () => {
    await withRouter({ route_latency_metric_muzzle_duration: '1500ms' }, async (router) => {
      const host = uniqueHost();
      const updated = (agoMs: number) => (Date.now() - agoMs) * 1_000_000;
      const count = () => sumOf(router, 'route_registration_latency_count');
      const put = async (port: number, agoMs?: number) => {
        const stamp = agoMs === undefined ? {} : { endpoint_updated_at_ns: updated(agoMs) };
        await router.register({ port, uris: [host], ...stamp });
      };
      await put(1, 100);
      expect(await count()).toBe(0);
      let port = 2;
      await eventually('registrations are measured', async () => {
        port += 1;
        await put(port, 5000);
        return (await count()) > 0;
      });
      const before = await count();
      await put(port, 4000);
      await put(port + 1);
      expect(await count()).toBe(before);
      await put(port + 2, -5000);
      expect(await count()).toBe(before + 1);
    });
  });

  test('MET-5 size and freshness of the table', async () => {
    await withRouter({}, async (router) => {
      const empty = await router.metrics();
      expect(empty.get('total_routes')).toBe(0);
      expect(empty.get('ms_since_last_registry_update')).toBe(-1);
      await router.register({ port: 1, uris: [uniqueHost(), uniqueHost()] });
      const filled = await router.metrics();
      expect(filled.get('total_routes')).toBe(2);
      const sinceMs = filled.get('ms_since_last_registry_update') ?? -1;
      expect(sinceMs).toBeGreaterThanOrEqual(0);
      expect(sinceMs).toBeLessThan(1000);
    });
  });

  test('MET-6 the state of the process', async () => {
    await withRouter({}, async (router) => {
      const metrics = await router.metrics();
      expect(metrics.get('file_descriptors')).toBeGreaterThan(5);
      expect(metrics.get('buffered_messages')).toBe(0);
      expect(metrics.get('total_dropped_messages')).toBe(0);
      const uptime = metrics.get('uptime') ?? -1;
      await eventually('the uptime grows', async () => {
        return ((await router.metrics()).get('uptime') ?? 0) > uptime;
      });
    });
  });
});
