import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type RawData, WebSocket } from 'ws';
import { ask } from './support/http-client.ts';
import { story } from './support/story.ts';
import type { Settings, TroupeNode } from './support/troupe-node.ts';
import { eventually, registration, type World } from './support/world.ts';

const HOST = 'slow.localhost';
const HELLO_HOST = 'hello.localhost';

interface SlowApp {
  /** Requests that wait for their answer. */
  readonly waiting: ServerResponse[];
}

/** A node with an app that answers /now at once and everything else when the test wants. */
async function nodeWithSlowApp(world: World, settings: Settings): Promise<[TroupeNode, SlowApp]> {
  const node = await world.startNode(settings);
  const waiting: ServerResponse[] = [];
  const { port } = await world.startApp((request, reply) => {
    if (request.url === '/now') reply.end('now');
    else waiting.push(reply);
  });
  const client = await world.connect(node.natsUrl);
  client.publish('router.register', registration(port, HOST));
  await eventually('the route is there', async () => (await node.addressesOf(HOST)).length === 1);
  return [node, { waiting }];
}

interface RawConnection {
  readonly socket: Socket;
  text(): string;
  readonly closed: Promise<void>;
}

function open(world: World, node: TroupeNode): RawConnection {
  const socket = connect(node.ports.router, '127.0.0.1');
  world.onEnd(() => socket.destroy() as never);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  return { socket, text: () => text, closed };
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;

async function openWebSocket(world: World, node: TroupeNode) {
  await world.startHello(node.natsUrl);
  const isThere = async () => (await node.addressesOf(HELLO_HOST)).length === 1;
  await eventually('the echo is there', isThere);
  const url = `ws://127.0.0.1:${node.ports.router}/ws`;
  const socket = new WebSocket(url, { headers: { host: HELLO_HOST } });
  world.onEnd(() => socket.terminate());
  const heard: string[] = [];
  socket.on('message', (data: RawData) => heard.push(String(data)));
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise((resolve) => socket.on('open', resolve));
  return { socket, heard, closed };
}

const refusesConnections = (node: TroupeNode) => async () =>
  (await ask(node.ports.router, HOST, '/now').catch((error) => error.code)) === 'ECONNREFUSED';

for (const signal of ['SIGUSR1', 'SIGTERM'] as const) {
  story(`${signal} lets requests in hand finish and closes the rest`, async (world, expect) => {
    const [node, app] = await nodeWithSlowApp(world, { 'router.drain_timeout': '20s' });
    const idle = open(world, node);
    idle.socket.write(get('/now'));
    await eventually('the first answer', () => idle.text().endsWith('now'));
    const busy = open(world, node);
    busy.socket.write(get('/later'));
    await eventually('the request is at the app', () => app.waiting.length === 1);
    node.child.signal(signal);
    await idle.closed;
    await eventually('the port is closed', refusesConnections(node));
    expect(await node.health()).toBe(503);
    app.waiting[0]?.end('finished');
    await busy.closed;
    expect(busy.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n.*finished$/s);
    expect(await node.child.exited).toBe(0);
    expect(node.countLogged('gorouter.exited')).toBe(1);
    expect(node.countLogged('router.drain.timed-out')).toBe(0);
    expect(node.countLogged('actor-crashed')).toBe(0);
  });
}

story('while it waits for load balancers a draining router serves on', async (world, expect) => {
  const [node] = await nodeWithSlowApp(world, { 'router.drain_wait': '1s' });
  node.child.signal('SIGUSR1');
  await eventually('health is bad', async () => (await node.health()) === 503);
  expect((await ask(node.ports.router, HOST, '/now')).body).toBe('now');
  const probe = await ask(node.ports.router, HOST, '/', { 'user-agent': 'HTTP-Monitor/1.1' });
  expect(probe.status).toBe(503);
  expect(await node.child.exited).toBe(0);
});

story('at the drain deadline requests are cut and WebSockets told 1001', async (world, expect) => {
  const [node, app] = await nodeWithSlowApp(world, { 'router.drain_timeout': '1s' });
  const { socket, heard, closed } = await openWebSocket(world, node);
  const busy = open(world, node);
  busy.socket.write(get('/never'));
  await eventually('the request is at the app', () => app.waiting.length === 1);
  const startMs = performance.now();
  node.child.signal('SIGUSR1');
  await eventually('the port is closed', refusesConnections(node));
  socket.send('still there');
  await eventually('the echo', () => heard.length === 1);
  expect(await closed).toBe(1001);
  expect(performance.now() - startMs).toBeGreaterThan(900);
  await busy.closed;
  expect(busy.text()).toBe('');
  expect(await node.child.exited).toBe(0);
  expect(node.countLogged('router.drain.timed-out')).toBe(1);
});

story('SIGINT cuts requests at once, and WebSockets are told 1001', async (world, expect) => {
  const [node, app] = await nodeWithSlowApp(world, { 'router.drain_timeout': '20s' });
  const { closed } = await openWebSocket(world, node);
  const busy = open(world, node);
  busy.socket.write(get('/never'));
  await eventually('the request is at the app', () => app.waiting.length === 1);
  node.child.signal('SIGINT');
  expect(await closed).toBe(1001);
  await busy.closed;
  expect(await node.child.exited).toBe(0);
});

story('only the first signal counts', async (world, expect) => {
  const [node, app] = await nodeWithSlowApp(world, { 'router.drain_timeout': '20s' });
  const busy = open(world, node);
  busy.socket.write(get('/later'));
  await eventually('the request is at the app', () => app.waiting.length === 1);
  node.child.signal('SIGUSR1');
  await node.logged('gorouter.stopping');
  node.child.signal('SIGTERM');
  node.child.signal('SIGINT');
  await node.logged('gorouter.signal.ignored', 2);
  app.waiting[0]?.end('finished');
  await busy.closed;
  expect(busy.text()).toMatch(/finished$/);
  expect(await node.child.exited).toBe(0);
});

story('a WebSocket is waited for until it ends by itself', async (world, expect) => {
  const [node] = await nodeWithSlowApp(world, { 'router.drain_timeout': '20s' });
  const { socket, heard, closed } = await openWebSocket(world, node);
  node.child.signal('SIGUSR1');
  await eventually('the port is closed', refusesConnections(node));
  socket.send('still there');
  await eventually('the echo', () => heard.length === 1);
  const startMs = performance.now();
  socket.close(1000);
  expect(await closed).toBe(1000);
  expect(await node.child.exited).toBe(0);
  expect(performance.now() - startMs).toBeLessThan(5000);
});
