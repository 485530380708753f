import { describe, expect, test } from 'vitest';
import { answer } from './app.ts';
import {
  eventually,
  type Section,
  startBroker,
  type TestRouter,
  uniqueHost,
  withRouter,
} from './harness.ts';

const OK = answer('ok');
const THRESHOLD_MS = 1000;
/** A tick that is late by half of this refreshes instead of sweeping, so it is not too short. */
const INTERVAL_MS = 500;
const HEARTBEAT_MS = 200;
const SHORT: Section = {
  droplet_stale_threshold: `${THRESHOLD_MS}ms`,
  prune_stale_droplets_interval: `${INTERVAL_MS}ms`,
};
/** The sweep may start late on a busy machine. */
const GRACE_MS = 8000;

/** Heartbeats until the router stops. */
function keepAlive(router: TestRouter, port: number, uri: string): void {
  const message = JSON.stringify({ host: '127.0.0.1', port, uris: [uri] });
  const timer = setInterval(() => router.publish('router.register', message), HEARTBEAT_MS);
  router.onStop(() => clearInterval(timer));
}

const statusOf = async (router: TestRouter, host: string) => (await router.get(host)).status;

async function goneAfterMs(router: TestRouter, key: string, sinceMs: number): Promise<number> {
  const isGone = async () => (await router.routes())[key] === undefined;
  await eventually(`${key} is pruned`, isGone, THRESHOLD_MS + INTERVAL_MS + GRACE_MS);
  return performance.now() - sinceMs;
}

describe.concurrent('pruning', () => {
  test('PRUNE-1, PRUNE-2, PRUNE-7 what nobody refreshes goes, and is told', async () => {
    await withRouter(SHORT, async (router) => {
      const kept = await router.route(OK);
      keepAlive(router, kept.app.port, kept.host);
      const mixed = await router.route(OK);
      keepAlive(router, mixed.app.port, mixed.host);
      const sinceMs = performance.now();
      const stale = await router.route(OK);
      await router.register({ port: 1, uris: [mixed.host] });
      expect(await goneAfterMs(router, stale.host, sinceMs)).toBeGreaterThan(THRESHOLD_MS * 0.9);
      expect(await statusOf(router, stale.host)).toBe(404);
      await eventually('the other too', async () => {
        return (await router.routes())[mixed.host]?.length === 1;
      });
      expect(await statusOf(router, mixed.host)).toBe(200);
      expect(await statusOf(router, kept.host)).toBe(200);
      expect((await router.logged('pruned-route', stale.host)).data).toEqual({
        uri: stale.host,
        endpoints: [stale.app.address],
        isolation_segment: '-',
      });
      expect((await router.metrics()).get('routes_pruned')).toBe(2);
    });
  });

  test('PRUNE-3, PRUNE-4 own thresholds, and TLS endpoints', async () => {
    const config = { ...SHORT, droplet_stale_threshold: '2s' };
    await withRouter(config, async (router) => {
      const [own, longer, tls] = [uniqueHost(), uniqueHost(), uniqueHost()];
      const sinceMs = performance.now();
      await router.register({ port: 1, uris: [own], stale_threshold_in_seconds: 1 });
      await router.register({ port: 1, uris: [longer], stale_threshold_in_seconds: 60 });
      await router.register({ port: 1, tls_port: 2, uris: [tls], stale_threshold_in_seconds: 1 });
      const ownMs = await goneAfterMs(router, own, sinceMs);
      expect(ownMs).toBeGreaterThan(900);
      expect((await router.routes())[longer]).toHaveLength(1);
      expect(await goneAfterMs(router, longer, sinceMs)).toBeGreaterThan(1900);
      expect((await router.routes())[tls]).toHaveLength(1);
    });
  });

  test('PRUNE-5 a stale host goes, its path stays', async () => {
    await withRouter(SHORT, async (router) => {
      const host = uniqueHost();
      const app = await router.startApp(OK);
      await router.register({ port: app.port, uris: [host] });
      await router.register({ port: app.port, uris: [`${host}/a`] });
      keepAlive(router, app.port, `${host}/a`);
      await goneAfterMs(router, host, performance.now());
      expect((await router.get(host, '/a')).status).toBe(200);
      expect(await statusOf(router, host)).toBe(404);
    });
  });

  test('PRUNE-10 an emptied route answers 503 for its time, then 404', async () => {
    const config = {
      ...SHORT,
      empty_pool_response_code_503: true,
      empty_pool_timeout: '500ms',
    };
    await withRouter(config, async (router) => {
      const { host, app } = await router.route(OK);
      const sinceMs = performance.now();
      await router.unregister({ port: app.port, uris: [host] });
      expect(await statusOf(router, host)).toBe(503);
      await eventually('404', async () => (await statusOf(router, host)) === 404);
      expect(performance.now() - sinceMs).toBeGreaterThan(450);
      const pruned = await router.route(OK);
      await eventually('503', async () => (await statusOf(router, pruned.host)) === 503);
      await eventually('404', async () => (await statusOf(router, pruned.host)) === 404);
    });
  });

  test('PRUNE-10 without a time, or without the flag, it is 404 at once', async () => {
    for (const config of [
      { ...SHORT, empty_pool_response_code_503: true },
      { ...SHORT, empty_pool_timeout: '60s' },
    ]) {
      await withRouter(config, async (router) => {
        const { host, app } = await router.route(OK);
        await router.unregister({ port: app.port, uris: [host] });
        expect(await statusOf(router, host)).toBe(404);
      });
    }
  });

  test('PRUNE-11 a stale endpoint with a route service goes as well', async () => {
    await withRouter(SHORT, async (router) => {
      const host = uniqueHost();
      const message = { port: 1, uris: [host] };
      await router.register({ ...message, route_service_url: 'https://one.test' });
      await router.register({ ...message, route_service_url: 'https://two.test' });
      await goneAfterMs(router, host, performance.now());
    });
  });
});

describe.concurrent('without NATS', () => {
  /** A router that has one route and has just lost its server. */
  async function whileAway(
    config: Section,
    run: (router: TestRouter, host: string, back: () => Promise<void>) => Promise<void>,
  ): Promise<void> {
    const { broker, port } = await startBroker();
    await withRouter(
      config,
      async (router) => {
        const { host } = await router.route(OK);
        await broker.close();
        await router.logged('nats-connection-disconnected');
        await run(router, host, async () => {
          const second = await startBroker(port);
          router.onStop(() => second.broker.close());
          await router.logged('nats-connection-reconnected');
        });
      },
      { natsPorts: [port] },
    );
  }

  test('PRUNE-9 with suspension off routes age out', async () => {
    await whileAway(SHORT, async (router, host) => {
      await goneAfterMs(router, host, performance.now());
      expect(await statusOf(router, host)).toBe(404);
    });
  });

  test('PRUNE-8 with suspension on they stay, and get a full threshold afterwards', async () => {
    const config = { ...SHORT, suspend_pruning_if_nats_unavailable: true };
    await whileAway(config, async (router, host, bringBack) => {
      await router.logged('prune-suspended');
      // Longer than the threshold: the reconnect wait is 2 s.
      await bringBack();
      expect(await statusOf(router, host)).toBe(200);
      await goneAfterMs(router, host, performance.now());
      const back = await router.logged('nats-connection-reconnected');
      const pruned = await router.logged('pruned-route', host);
      expect((pruned.timestamp - back.timestamp) * 1000).toBeGreaterThan(THRESHOLD_MS * 0.95);
    });
  });
});
