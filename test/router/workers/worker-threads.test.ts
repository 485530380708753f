/** A router with real worker threads on one port. */
import { createServer, connect as dial, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { findStartupError } from '../../../machines/kernel/failures.ts';
import { App, answer, headerOf } from '../../catalogue/app.ts';
import { requestText } from '../../catalogue/client.ts';
import { eventually, type Section, TestRouter, uniqueHost } from '../../catalogue/harness.ts';
import { type WatchedThread, watchThreads } from './worker-watch.ts';

const PATIENCE_MS = 30_000;
const WORKERS: Section = { engine: 'wire', workers: 2, endpoint_timeout: '20s' };

interface Scene {
  readonly router: TestRouter;
  /** All threads ever started, in order. */
  readonly threads: readonly WatchedThread[];
}

function scene(name: string, run: (own: Scene) => Promise<void>, config: Section = {}): void {
  test(name, { timeout: PATIENCE_MS }, async () => {
    const { threads, stop } = watchThreads();
    const router = new TestRouter({ ...WORKERS, ...config });
    try {
      await router.start();
      await run({ router, threads });
      await router.stop();
      await eventually('all threads are gone', () => threads.every(({ isGone }) => isGone));
    } finally {
      stop();
      await router.stop().catch(() => {});
    }
  });
}

/** Each on a connection of its own; the system spreads connections over the workers. */
const askMany = (router: TestRouter, host: string, count: number) =>
  Promise.all(Array.from({ length: count }, () => router.get(host)));

/** All workers know: so many connections at once meet each of them. */
const MANY = 24;

async function answersWith(router: TestRouter, host: string, status: number): Promise<void> {
  await eventually(`all workers answer ${status}`, async () => {
    const answers = await askMany(router, host, MANY);
    return answers.every((own) => own.status === status);
  });
}

async function routed(router: TestRouter, body = 'ok') {
  const { host, app } = await router.route(answer(body));
  await answersWith(router, host, 200);
  return { host, app };
}

/** Answers when the test wants. */
async function slowRoute(router: TestRouter) {
  const waiting: Socket[] = [];
  const { host } = await router.route(({ request, socket }) => {
    if (request.startLine.includes('/now')) socket.write(answer('now'));
    else waiting.push(socket);
  });
  await eventually('the route is everywhere', async () => {
    const all = await Promise.all(Array.from({ length: MANY }, () => router.get(host, '/now')));
    return all.every(({ status }) => status === 200);
  });
  return { host, waiting };
}

async function startSlowRequests(router: TestRouter, host: string, count: number) {
  const clients = Array.from({ length: count }, () => router.client());
  for (const client of clients) await client.send(requestText(host, 'GET /later HTTP/1.1'));
  return clients;
}

const serves = (router: TestRouter, index: number) => () =>
  JSON.stringify(router.system.whereis(`router/worker-${index}`)?.getSnapshot()?.value) ===
  '{"alive":"serving"}';

scene('traffic is spread over the workers, and counted and logged as one', async (own) => {
  const { router, threads } = own;
  const { host } = await router.route(answer('counted'));
  await answersWith(router, host, 200);
  await eventually('all is counted', async () => {
    const metrics = await router.metrics();
    const answers = threads.reduce((sum, thread) => sum + thread.answers, 0);
    const isCounted = metrics.get('total_requests') === answers;
    return isCounted && metrics.get('open_requests') === 0 && router.accessText.length === answers;
  });
  const before = await router.metrics();
  const count = 200;
  const warmUp = router.accessText.length;
  for (let at = 0; at < count / 20; at += 1) await askMany(router, host, 20);
  await router.accessLines(host, warmUp + count);
  const twoHundreds = 'responses{status_group="2xx",component=""}';
  await eventually('all is counted', async () => {
    return (await router.metrics()).get(twoHundreds) === (before.get(twoHundreds) ?? 0) + count;
  });
  const after = await router.metrics();
  const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  expect(grown('total_requests')).toBe(count);
  expect(grown('http_latency_seconds_count')).toBe(count);
  expect(grown('http_latency_seconds_sum')).toBeGreaterThan(0);
  expect(after.get('open_requests')).toBe(0);
  expect(router.accessText.length - warmUp).toBe(count);
  expect(threads).toHaveLength(2);
  for (const thread of threads) expect(thread.answers).toBeGreaterThan(count / 10);
  const varz = await router.varz();
  expect(varz['responses_2xx']).toBe(after.get(twoHundreds));
});

scene('log lines of the workers are written like all others', async ({ router }) => {
  const host = uniqueHost();
  expect((await router.get(host)).status).toBe(404);
  const line = await router.logged('status', host);
  expect(line.source).toBe('vcap.gorouter.proxy');
  expect(line.log_level).toBe(1);
});

scene('what is registered and unregistered reaches all workers', async ({ router }) => {
  const { host, app } = await routed(router);
  await router.unregister({ port: app.port, uris: [host] });
  await answersWith(router, host, 404);
  await router.register({ port: app.port, uris: [host] });
  await answersWith(router, host, 200);
});

scene(
  'a pruned route goes from all workers',
  async ({ router }) => {
    const { host } = await routed(router);
    await answersWith(router, host, 404);
  },
  { droplet_stale_threshold: '1s', prune_stale_droplets_interval: '300ms' },
);

scene('a client stays with its instance, whichever worker it meets', async ({ router }) => {
  const host = uniqueHost();
  for (const id of ['one', 'two', 'three']) {
    const app = await router.startApp(answer(id, [['Set-Cookie', 'JSESSIONID=s; Path=/']]));
    await router.register({ port: app.port, uris: [host], private_instance_id: id });
  }
  await answersWith(router, host, 200);
  const cookie = 'Cookie: JSESSIONID=s; __VCAP_ID__=two';
  const answers = await Promise.all(
    Array.from({ length: 60 }, () => router.get(host, '/', [cookie])),
  );
  expect(new Set(answers.map(({ content }) => content.body))).toEqual(new Set(['two']));
});

scene('a worker that is killed costs its own requests only, and comes back', async (own) => {
  const { router, threads } = own;
  const { host, waiting } = await slowRoute(router);
  const count = 40;
  const clients = await startSlowRequests(router, host, count);
  const [first, second] = threads;
  if (first === undefined || second === undefined) throw new Error('no threads');
  await eventually('all requests are at the app, and told of', () => {
    return waiting.length === count && first.openRequests + second.openRequests === count;
  });
  const lost = first.openRequests;
  expect(lost).toBeGreaterThan(0);
  expect(lost).toBeLessThan(count);
  await first.worker.terminate();
  await eventually('its connections are closed', () => {
    return clients.filter(({ connection }) => connection.end !== undefined).length === lost;
  });
  await eventually('its requests count no more', async () => {
    return (await router.metrics()).get('open_requests') === count - lost;
  });
  // While it is away and while it comes back nobody is sent to a worker without routes.
  const statuses = new Set<number>();
  while (!serves(router, 0)() || threads.length < 3) {
    for (const { status } of await askNow(router, host)) statuses.add(status);
  }
  for (const { status } of await askNow(router, host)) statuses.add(status);
  expect([...statuses]).toEqual([200]);
  for (const socket of waiting) if (socket.writable) socket.write(answer('late'));
  const alive = clients.filter(({ connection }) => connection.end === undefined);
  expect(alive).toHaveLength(count - lost);
  for (const client of alive) expect((await client.answer()).content.body).toBe('late');
  expect(router.logs('actor-crashed')).toHaveLength(1);
  expect((await router.metrics()).get('actor_restarts_total')).toBe(1);
  const before = threads[2]?.answers ?? 0;
  await eventually('the new one serves', async () => {
    await askNow(router, host);
    return (threads[2]?.answers ?? 0) > before;
  });
});

/** A connection that waited for the dead worker is reset; that is no answer. */
async function askNow(router: TestRouter, host: string) {
  const all = await Promise.all(
    Array.from({ length: MANY }, () => router.get(host, '/now').catch(() => undefined)),
  );
  return all.flatMap((own) => own ?? []);
}

scene('an error that nobody caught in a thread restarts that worker alone', async (own) => {
  const { router, threads } = own;
  const { host } = await routed(router);
  threads[1]?.worker.postMessage({ type: 'table', isFirst: true, endpoints: 1 } as never);
  await eventually('a third thread serves', () => threads.length === 3 && serves(router, 1)());
  expect(threads[0]?.isGone).toBe(false);
  expect(router.logs('actor-crashed')).toHaveLength(1);
  await answersWith(router, host, 200);
});

scene('a worker that missed a change asks for everything anew', async ({ router, threads }) => {
  const { host, app } = await routed(router);
  const [first] = threads;
  if (first === undefined) throw new Error('no threads');
  first.lostBatches = 1;
  const missed = uniqueHost();
  await router.register({ port: app.port, uris: [missed] });
  await eventually('it is lost', () => first.lostBatches === 0);
  expect(first.count('resync')).toBe(1);
  const later = uniqueHost();
  await router.register({ port: app.port, uris: [later] });
  await eventually('the gap is found', () => first.count('resync') === 2);
  for (const each of [host, missed, later]) await answersWith(router, each, 200);
});

scene('a failed endpoint is told to the other workers', async ({ router, threads }) => {
  const host = uniqueHost();
  const app = await router.startApp(answer('alive'));
  await router.register({ port: await App.refusing(), uris: [host] });
  await router.register({ port: app.port, uris: [host] });
  await answersWith(router, host, 200);
  const isTold = () => threads.some(({ marksTold }) => marksTold > 0);
  await eventually('a worker was told', isTold);
  await eventually('nobody tries it any more', async () => {
    const before = router.logs('backend-endpoint-failed').length;
    for (let count = 0; count < MANY; count += 1) await answersWith(router, host, 200);
    return router.logs('backend-endpoint-failed').length === before;
  });
});

scene(
  'while it waits for load balancers all workers serve on, and say that they are not well',
  async ({ router, threads }) => {
    const { host } = await routed(router);
    router.system.shutdown('drain');
    await eventually('all workers know', async () => {
      const probe = requestText('probe', 'GET / HTTP/1.1', ['User-Agent: HTTP-Monitor/1.1']);
      const probes = await Promise.all(Array.from({ length: MANY }, () => router.ask(probe)));
      return probes.every(({ status }) => status === 503);
    });
    const before = threads.map(({ answers }) => answers);
    for (const reply of await askMany(router, host, MANY)) {
      expect(reply.status).toBe(200);
      expect(headerOf(reply, 'connection')).toBe('close');
    }
    await eventually('each had some', () => {
      return threads.every(({ answers }, at) => answers > (before[at] ?? 0));
    });
    expect(await router.system.ended).toBeUndefined();
  },
  { drain_wait: '3s', drain_closes_connections: true },
);

scene('draining lets all requests of all workers finish', async ({ router, threads }) => {
  const { host, waiting } = await slowRoute(router);
  const count = 40;
  const clients = await startSlowRequests(router, host, count);
  await eventually('all requests are at the app', () => waiting.length === count);
  await eventually('both workers have some', () => threads.every((own) => own.openRequests > 0));
  const { port } = router;
  router.system.shutdown('drain');
  await eventually('the port is closed', () => isRefused(port));
  for (const socket of waiting) socket.write(answer('finished'));
  for (const client of clients) {
    const reply = await client.answer();
    expect([reply.status, reply.content.body]).toEqual([200, 'finished']);
    expect(headerOf(reply, 'connection')).toBe('close');
  }
  expect(await router.system.ended).toBeUndefined();
  await router.accessLines(host, count);
  expect(router.logs('router.drain.timed-out')).toHaveLength(0);
});

function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dial(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}

scene(
  'at the drain deadline the rest is cut',
  async ({ router }) => {
    const { host, waiting } = await slowRoute(router);
    const clients = await startSlowRequests(router, host, 10);
    await eventually('all requests are at the app', () => waiting.length === 10);
    router.system.shutdown('drain');
    for (const client of clients) expect(await client.ended()).toBeDefined();
    expect(await router.system.ended).toBeUndefined();
    expect(router.logs('router.drain.timed-out')).toHaveLength(1);
  },
  { drain_timeout: '500ms' },
);

scene('the proxy may crash without a word to the workers', async ({ router, threads }) => {
  const { host, waiting } = await slowRoute(router);
  const [client] = await startSlowRequests(router, host, 1);
  await eventually('the request is at the app', () => waiting.length === 1);
  const { port } = router;
  const error = new Error('on purpose');
  router.system.tell('router/proxy', { type: 'RESOURCE_FAILED', error });
  await eventually('it crashed', () => router.logs('actor-crashed').length === 1);
  await eventually('it is back', () => router.port === port);
  waiting[0]?.write(answer('still there'));
  expect((await client?.answer())?.content.body).toBe('still there');
  expect(threads).toHaveLength(2);
});

test('a port in use ends the start with advice', { timeout: PATIENCE_MS }, async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  const router = new TestRouter({ ...WORKERS, port }, { isStartAwaited: false });
  try {
    await router.start();
    router.launch();
    const error = findStartupError(await router.system.ended);
    expect(error?.message).toContain(`port ${port} is in use`);
    expect(error?.advice).toContain('router.port');
  } finally {
    await router.stop();
    other.close();
  }
});

test('one worker is the main thread itself', { timeout: PATIENCE_MS }, async () => {
  const { threads, stop } = watchThreads();
  const router = new TestRouter({ engine: 'wire', workers: 1 });
  try {
    await router.start();
    const { host } = await router.route(answer('alone'));
    expect((await router.get(host)).content.body).toBe('alone');
    expect(threads).toHaveLength(0);
    expect(router.system.whereis('router/worker-0')).toBeUndefined();
  } finally {
    stop();
    await router.stop();
  }
});
