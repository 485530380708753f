import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { answer, headersOf } from './app.ts';
import {
  eventually,
  type Message,
  sharedRouter,
  TestRouter,
  textOf,
  uniqueHost,
  withRouter,
} from './harness.ts';

const OK = answer('ok');
const jsonOf = (bytes: Uint8Array): Message => JSON.parse(textOf(bytes));

describe.concurrent('announcements', () => {
  test('NATS-1 one router.start, before the port is open', async () => {
    const config = {
      index: 7,
      start_response_delay_interval: '1500ms',
      droplet_stale_threshold: '42s',
    };
    const router = new TestRouter(config, { isStartAwaited: false });
    try {
      await router.start();
      const heard = router.hear('router.start');
      await router.nats.flush();
      router.launch();
      await eventually('it is announced', () => heard.messages.length === 1);
      expect(router.port).toBe(0);
      const [message] = heard.messages;
      expect(message && jsonOf(message)).toEqual({
        id: expect.stringMatching(/^7-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        hosts: [expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/)],
        minimumRegisterIntervalInSeconds: 1,
        pruneThresholdInSeconds: 42,
      });
      await router.isServing();
      expect(heard.messages).toHaveLength(1);
    } finally {
      await router.stop();
    }
  });

  test('NATS-2, NATS-3 every greet is answered with the same', async () => {
    await withRouter({}, async (router) => {
      const replies = await Promise.all([
        router.nats.request('router.greet', '', { timeout: 2000 }),
        router.nats.request('router.greet', '{}', { timeout: 2000 }),
      ]);
      const [first, second] = replies.map(({ data }) => jsonOf(data));
      expect(first).toEqual(second);
      expect(Object.keys(first ?? {})).toEqual([
        'id',
        'hosts',
        'minimumRegisterIntervalInSeconds',
        'pruneThresholdInSeconds',
      ]);
      // Nobody to answer to: nothing happens.
      router.publish('router.greet', '');
      await router.settled();
    });
  });

  test('NATS-24 again and again when publish_start_message_interval is set', async () => {
    await withRouter({ publish_start_message_interval: '200ms' }, async (router) => {
      const heard = router.hear('router.start');
      const startMs = performance.now();
      await eventually('three more', () => heard.messages.length >= 3);
      expect(performance.now() - startMs).toBeGreaterThan(350);
      const ids = heard.messages.map((message) => jsonOf(message)['id']);
      expect(new Set(ids).size).toBe(1);
    });
  });

  test('NATS-25 the component announces itself, and answers those who look for it', async () => {
    const router = new TestRouter({ index: 2 }, { isStartAwaited: false });
    try {
      await router.start();
      const heard = router.hear('vcap.component.announce');
      await router.nats.flush();
      router.launch();
      await router.isServing();
      await eventually('it is announced', () => heard.messages.length === 1);
      const discovered = await router.nats.request('vcap.component.discover', '', {
        timeout: 2000,
      });
      for (const message of [...heard.messages, discovered.data]) {
        expect(jsonOf(message)).toMatchObject({
          type: 'Router',
          index: 2,
          host: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+:\d+$/),
          credentials: ['user', 'pass'],
          uuid: expect.stringMatching(/^2-/),
          start: expect.stringMatching(/^\d{4}-\d\d-\d\d /),
          uptime: expect.stringMatching(/^\d+d:\d+h:\d+m:\d+s$/),
        });
      }
      router.publish('vcap.component.discover', '');
      await router.settled();
      expect(router.system.tree().status).toBe('active');
    } finally {
      await router.stop();
    }
  });

  test('NATS-26 active apps, zipped, also when there were none', async () => {
    await withRouter({ publish_active_apps_interval: '300ms' }, async (router) => {
      const heard = router.hear('router.active_apps');
      const first = await router.route(OK, { app: 'app-a' });
      const second = await router.route(OK, { app: 'app-b' });
      const lists = () =>
        heard.messages.map((message) => JSON.parse(inflateSync(message).toString()) as string[]);
      await router.get(first.host);
      await router.get(first.host);
      await router.get(second.host);
      const named = () => [...new Set(lists().flat())].sort();
      await eventually('both were named', () => named().length >= 2);
      expect(named()).toEqual(['app-a', 'app-b']);
      await eventually('and then none', () => lists().at(-1)?.length === 0);
    });
  });
});

describe.concurrent('registry messages', () => {
  const router = sharedRouter();

  test('NATS-7 each uri of a message is a route', async () => {
    const hosts = [uniqueHost(), uniqueHost(), uniqueHost()];
    const { app } = await router.route(OK, { uris: hosts });
    for (const host of hosts) expect((await router.get(host)).status).toBe(200);
    expect(app.requests).toHaveLength(3);
  });

  test('NATS-8 after an unregister it is gone at once', async () => {
    const { host, app } = await router.route(OK);
    expect((await router.get(host)).status).toBe(200);
    await router.unregister({ port: app.port, uris: [host] });
    expect((await router.get(host)).status).toBe(404);
  });

  test('NATS-9 order decides, a thousand times', async () => {
    const present = uniqueHost();
    const absent = uniqueHost();
    const payload = (host: string) =>
      JSON.stringify({ host: '127.0.0.1', port: 1, uris: [host], tags: {} });
    for (let count = 0; count < 1000; count += 1) {
      router.publish('router.register', payload(present));
      router.publish('router.unregister', payload(present));
      router.publish('router.register', payload(present));
      router.publish('router.register', payload(absent));
      router.publish('router.unregister', payload(absent));
    }
    await router.settled();
    const routes = await router.routes();
    expect([routes[present]?.length, routes[absent]]).toEqual([1, undefined]);
  });

  test('NATS-10 nonsense is logged and skipped', async () => {
    const mark = `nonsense of ${uniqueHost()}`;
    router.publish('router.register', mark);
    const { host } = await router.route(OK);
    expect((await router.get(host)).status).toBe(200);
    const line = await router.logged('validation-error', mark);
    expect([line.log_level, line.data?.['subject']]).toEqual([3, 'router.register']);
  });

  test.for([
    ['NATS-11 an index that is a number', { private_instance_index: 0 }],
    ['NATS-12 port 70000', { port: 70_000 }],
    ['NATS-12 a port as text', { port: '80' }],
    ['NATS-12 a negative port', { port: -1 }],
    ['NATS-13 a route service over http', { route_service_url: 'http://rs.test' }],
  ] as const)('%s: the whole message is ignored', async ([, fields]) => {
    const hosts = [uniqueHost(), uniqueHost()];
    await router.register({ port: 1, uris: hosts, ...fields });
    const routes = await router.routes();
    for (const host of hosts) expect(routes[host]).toBeUndefined();
  });

  test('NATS-13 an unregister with a route service over http is ignored', async () => {
    const { host, app } = await router.route(OK);
    const message = { port: app.port, uris: [host] };
    await router.unregister({ ...message, route_service_url: 'http://rs.test' });
    expect((await router.routes())[host]).toHaveLength(1);
    await router.unregister({ ...message, route_service_url: 'https://rs.test' });
    expect((await router.routes())[host]).toBeUndefined();
  });

  test.for([
    ['https', { route_service_url: 'https://rs.test' }],
    ['empty', { route_service_url: '' }],
    ['null', { route_service_url: null }],
    ['none', {}],
  ] as const)('NATS-13 route service %s is accepted', async ([, fields]) => {
    const host = uniqueHost();
    await router.register({ port: 1, uris: [host], ...fields });
    expect((await router.routes())[host]).toHaveLength(1);
  });

  test('NATS-14 with only a port it is spoken to in plain', async () => {
    const { host, app } = await router.route(OK);
    expect((await router.get(host)).status).toBe(200);
    expect(app.requests).toHaveLength(1);
    const other = uniqueHost();
    await router.register({ port: 1, tls_port: 2, uris: [other] });
    const [entry] = (await router.routes())[other] ?? [];
    expect(entry).toMatchObject({ address: '127.0.0.1:2', tls: true });
  });

  test('NATS-15 an unregister without the TLS port misses', async () => {
    const host = uniqueHost();
    await router.register({ port: 1, tls_port: 2, uris: [host] });
    await router.unregister({ port: 1, uris: [host] });
    expect((await router.routes())[host]).toHaveLength(1);
    await router.unregister({ tls_port: 2, uris: [host] });
    expect((await router.routes())[host]).toBeUndefined();
  });

  test('NATS-16 the fields of a message can be seen', async () => {
    const { host, app } = await router.route(OK, {
      app: 'app-guid',
      private_instance_id: 'instance-guid',
      private_instance_index: '3',
      availability_zone: 'z1',
      isolation_segment: 'seg',
      stale_threshold_in_seconds: 60,
      server_cert_domain_san: 'san.test',
      protocol: 'http1',
      tags: { component: 'web', process_id: 'process-guid' },
      endpoint_updated_at_ns: 1_700_000_000_000_000_000,
    });
    const [entry] = (await router.routes())[host] ?? [];
    expect(entry).toEqual({
      address: app.address,
      availability_zone: 'z1',
      protocol: 'http1',
      tls: false,
      ttl: 60,
      tags: { component: 'web', process_id: 'process-guid' },
      isolation_segment: 'seg',
      private_instance_id: 'instance-guid',
      server_cert_domain_san: 'san.test',
    });
    await router.get(host);
    expect(headersOf(app.lastRequest, 'x-cf-applicationid')).toEqual(['app-guid']);
    expect(headersOf(app.lastRequest, 'x-cf-instanceindex')).toEqual(['3']);
  });

  test.for([
    [{}, 'http1'],
    [{ protocol: '' }, 'http1'],
    [{ protocol: 'http2' }, 'http2'],
  ] as const)('NATS-17 %j is %s', async ([fields, protocol]) => {
    const host = uniqueHost();
    await router.register({ port: 1, uris: [host], ...fields });
    expect((await router.routes())[host]?.[0]?.['protocol']).toBe(protocol);
  });

  test('NATS-18 the algorithm of a route', async () => {
    const host = uniqueHost();
    const put = async (options: Message) => {
      await router.register({ port: 1, uris: [host], options });
      return (await router.routes())[host]?.[0]?.['load_balancing_algorithm'];
    };
    expect(await put({})).toBeUndefined();
    expect(await put({ loadbalancing: 'least-connection' })).toBe('least-connection');
    await put({ loadbalancing: 'nonsense' });
    await router.logged('invalid-load-balancing-algorithm', host);
    expect(await put({ loadbalancing: 'round-robin' })).toBe('round-robin');
  });

  test('NATS-19, NATS-20 other subjects are ignored', async () => {
    const host = uniqueHost();
    const payload = JSON.stringify({ host: '127.0.0.1', port: 1, uris: [host] });
    const errors = () => router.logsAbout('validation-error', 'router.start').length;
    for (const subject of ['router.foo', 'router.start', 'router.register.more']) {
      router.publish(subject, payload);
      router.publish(subject, 'no JSON');
    }
    await router.settled();
    expect((await router.routes())[host]).toBeUndefined();
    expect(errors()).toBe(0);
  });

  test('NATS-22 no uris, no change', async () => {
    await withRouter({}, async (own) => {
      await own.register({ port: 1, uris: [] });
      await own.register({ port: 1 });
      expect(await own.routes()).toEqual({});
    });
  });
});

describe.concurrent('without HTTP/2', () => {
  const router = sharedRouter({ enable_http2: false });

  test('NATS-17 http2 counts as http1', async () => {
    const host = uniqueHost();
    await router.register({ port: 1, uris: [host], protocol: 'http2' });
    expect((await router.routes())[host]?.[0]?.['protocol']).toBe('http1');
  });
});
