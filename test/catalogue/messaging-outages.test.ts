import { connect } from 'nats';
import { describe, expect, test } from 'vitest';
import { answer } from './app.ts';
import { eventually, startBroker, TestRouter, uniqueHost, withRouter } from './harness.ts';

const OK = answer('ok');

describe.concurrent('outages', () => {
  test('NATS-4 the server restarts: announced again, served meanwhile', async () => {
    const first = await startBroker();
    const options = { natsPorts: [first.port] };
    await withRouter(
      {},
      async (router) => {
        const { host } = await router.route(OK);
        await first.broker.close();
        await router.logged('nats-connection-disconnected');
        expect((await router.get(host)).status).toBe(200);
        const heard = router.hear('router.start');
        const second = await startBroker(first.port);
        router.onStop(() => second.broker.close());
        await router.logged('nats-connection-reconnected');
        await eventually('it is announced again', () => heard.messages.length === 1);
        const after = await router.route(OK);
        expect((await router.get(after.host)).status).toBe(200);
        expect((await router.get(host)).status).toBe(200);
      },
      options,
    );
  });

  test('NATS-5 the first of two servers stops: the other one is used, routes stay', async () => {
    const brokers = [await startBroker(), await startBroker()];
    const ports = brokers.map(({ port }) => port);
    const config = {
      nats: { hosts: ports.map((port) => ({ hostname: '127.0.0.1', port })) },
      prune_stale_droplets_interval: '200ms',
      droplet_stale_threshold: '10s',
    };
    const router = new TestRouter(config, { natsPorts: ports, isStartAwaited: false });
    // The servers do not know each other: what is published goes to both.
    const clients = await Promise.all(
      ports.map((port) => connect({ servers: `127.0.0.1:${port}`, reconnect: false })),
    );
    router.onStop(async () => {
      for (const client of clients) await client.close();
      for (const { broker } of brokers) await broker.close();
    });
    const registered = async (host: string, port: number) => {
      const message = JSON.stringify({ host: '127.0.0.1', port, uris: [host] });
      await eventually(`${host} is registered`, async () => {
        for (const client of clients) {
          if (!client.isClosed()) client.publish('router.register', message);
        }
        return (await router.routes())[host] !== undefined;
      });
    };
    try {
      await router.start();
      const before = brokers.map(({ broker }) => broker.stats().connections);
      router.launch();
      await router.isServing();
      const app = await router.startApp(OK);
      const host = uniqueHost();
      await registered(host, app.port);
      const inUse = brokers.find(
        ({ broker }, at) => broker.stats().connections > (before[at] ?? 0),
      );
      await inUse?.broker.close();
      await router.logged('nats-connection-reconnected');
      expect((await router.get(host)).status).toBe(200);
      await registered(uniqueHost(), app.port);
      expect(router.logsAbout('pruned-route', host)).toEqual([]);
    } finally {
      await router.stop();
    }
  });
});

describe('a flood', () => {
  test('NATS-21 nothing is lost below the limit, and what is lost is counted', async () => {
    await withRouter({ logging: { level: 'error' } }, async (router) => {
      const total = 200_000;
      for (let count = 0; count < total; count += 1) {
        const host = `127.0.${count >> 16}.${count % 256}`;
        const message = { host, port: 1 + (count % 60_000), uris: [`flood-${count % 1000}.test`] };
        router.publish('router.register', JSON.stringify(message));
        if (count % 10_000 === 0) await router.nats.flush();
      }
      await router.nats.flush();
      await router.settled();
      const metrics = await router.metrics();
      const of = (result: string) =>
        metrics.get(`registry_messages_total{result="${result}"}`) ?? 0;
      expect(of('received')).toBe(total);
      expect(of('accepted') + of('dropped')).toBe(total);
      expect(metrics.get('total_dropped_messages')).toBe(of('dropped'));
      expect(metrics.get('total_routes')).toBe(1000);
      // The queue takes 131 072: more than the rest can never be lost.
      expect(of('dropped')).toBeLessThanOrEqual(total - 131_072);
    });
  }, 30_000);
});
