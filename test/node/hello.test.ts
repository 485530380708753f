import { WebSocket } from 'ws';
import { ask } from './support/http-client.ts';
import { story } from './support/story.ts';
import type { TroupeNode } from './support/troupe-node.ts';
import { eventually, SHORT_THRESHOLDS } from './support/world.ts';

const HOST = 'hello.localhost';
const routerError = async (node: TroupeNode) => {
  const { status, headers } = await ask(node.ports.router, HOST);
  return `${status} ${String(headers['x-cf-routererror']).replace(/127\.0\.0\.1:\d+/, 'ADDRESS')}`;
};

const isGone = (node: TroupeNode) => async () =>
  (await ask(node.ports.router, HOST)).status === 404 &&
  (await node.addressesOf(HOST)).length === 0;

story('an app that registers itself is reached by its host name', async (world, expect) => {
  const node = await world.startNode();
  await world.startHello(node.natsUrl, { INSTANCE: '7' });
  await eventually('the route is there', async () => (await node.addressesOf(HOST)).length === 1);
  const [address = ''] = await node.addressesOf(HOST);
  const { status, headers, body } = await ask(node.ports.router, HOST, '/a/b?c=d', {
    'user-agent': 'story',
  });
  expect(status).toBe(200);
  expect(headers['x-vcap-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  expect(body.split('\n')).toEqual(
    expect.arrayContaining([
      `Hello from instance 7 on port ${address.split(':')[1]}`,
      'GET /a/b?c=d',
      `host: ${HOST}`,
      'user-agent: story',
      'x-forwarded-for: 127.0.0.1',
      'x-forwarded-proto: http',
      'x-cf-instanceindex: 7',
    ]),
  );
});

story('when the node says that it is up, the first request is answered', async (world, expect) => {
  const node = world.launchNode(await world.nodePorts(), world.dataDir(), {});
  await node.child.printed('the node is up');
  expect((await ask(node.ports.router, HOST)).status).toBe(404);
});

story('two instances share the requests', async (world, expect) => {
  const node = await world.startNode();
  await Promise.all([
    world.startHello(node.natsUrl, { INSTANCE: '0' }),
    world.startHello(node.natsUrl, { INSTANCE: '1' }),
  ]);
  await eventually('both are there', async () => (await node.addressesOf(HOST)).length === 2);
  const answers = [];
  for (let count = 0; count < 10; count += 1) answers.push(await ask(node.ports.router, HOST));
  const instances = answers.map(({ body }) => /instance (\d)/.exec(body)?.[1]);
  expect(instances.filter((instance) => instance === '0')).toHaveLength(5);
  expect(instances.filter((instance) => instance === '1')).toHaveLength(5);
});

story('WebSocket messages go both ways through the router', async (world, expect) => {
  const node = await world.startNode();
  await world.startHello(node.natsUrl);
  const url = `ws://127.0.0.1:${node.ports.router}/ws`;
  const socket = new WebSocket(url, { headers: { host: HOST } });
  world.onEnd(() => socket.terminate());
  const heard: string[] = [];
  socket.on('message', (data, isBinary) => heard.push(`${isBinary ? 'binary' : 'text'} ${data}`));
  await new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
  const long = 'x'.repeat(200_000);
  socket.send('hello');
  socket.send(Buffer.from('bytes'));
  socket.send(long);
  await eventually('three echoes', () => heard.length === 3);
  expect(heard).toEqual(['text hello', 'binary bytes', `text ${long}`]);
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.close(1000);
  expect(await closed).toBe(1000);
});

story('a killed app fails with 502, then its route is pruned', async (world, expect) => {
  const node = await world.startNode(SHORT_THRESHOLDS);
  const app = await world.startHello(node.natsUrl);
  await app.kill();
  const killedAtMs = performance.now();
  expect(await routerError(node)).toBe(
    '502 endpoint_failure (dial tcp ADDRESS: connect: connection refused)',
  );
  await eventually('the route is pruned', isGone(node), 5000);
  expect(performance.now() - killedAtMs).toBeGreaterThan(500);
  expect(await routerError(node)).toBe('404 unknown_route');
  expect(node.countLogged('pruned-route')).toBe(1);
});

story('with the flag and a time-out an emptied route answers 503', async (world, expect) => {
  const node = await world.startNode({
    ...SHORT_THRESHOLDS,
    'router.empty_pool_response_code_503': true,
    'router.empty_pool_timeout': '60s',
  });
  const app = await world.startHello(node.natsUrl);
  await app.kill();
  await eventually(
    'the pool is empty',
    async () => (await routerError(node)) === '503 no_endpoints',
    5000,
  );
  expect((await node.routes())[HOST]).toEqual([]);
});

story('an app that is told to stop unregisters itself', async (world, expect) => {
  const node = await world.startNode();
  const app = await world.startHello(node.natsUrl);
  app.signal('SIGTERM');
  expect(await app.exited).toBe(0);
  expect(app.text).toContain('SIGTERM: unregistering');
  expect(await node.addressesOf(HOST)).toEqual([]);
  expect(await routerError(node)).toBe('404 unknown_route');
  expect(node.countLogged('endpoint-unregistered')).toBe(1);
});

story('without a NATS server the app says so in one line', async (world, expect) => {
  const { nats } = await world.nodePorts();
  const start = world.startHello(`nats://127.0.0.1:${nats}`);
  await expect(start).rejects.toThrow(`no NATS server answers at nats://127.0.0.1:${nats}`);
});

story('a router that was killed is refilled at once after its restart', async (world, expect) => {
  const ports = await world.nodePorts();
  const dataDir = world.dataDir();
  const first = world.launchNode(ports, dataDir, {});
  await first.isUp();
  const app = await world.startHello(first.natsUrl);
  await eventually('the route is there', async () => (await first.addressesOf(HOST)).length === 1);
  await first.child.kill();
  await app.printed('the NATS server is gone');
  const second = world.launchNode(ports, dataDir, {});
  await second.isUp();
  const upAtMs = performance.now();
  await eventually('it answers', async () => (await ask(ports.router, HOST)).status === 200, 5000);
  // One reconnect wait of the app, far below the 20 s of its interval.
  expect(performance.now() - upAtMs).toBeLessThan(3000);
});
