import { spawnSync } from 'node:child_process';
import { type ExpectStatic, test } from 'vitest';
import { ask, startLoad } from './support/http-client.ts';
import { NATS_SERVER_COMMAND, type NatsServer } from './support/nats-server.ts';
import { story } from './support/story.ts';
import type { TroupeNode } from './support/troupe-node.ts';
import { eventually, registration, SHORT_THRESHOLDS, type World } from './support/world.ts';

const HOST = 'hello.localhost';
const GONE_HOST = 'gone.localhost';
/** As in SHORT_THRESHOLDS. */
const STALE_MS = 1000;
const PRUNE_INTERVAL_MS = 200;
/** For two cores that other tests use as well. */
const SLACK_MS = 1000;
const OUTAGE_MS = 1500;

const isInstalled = spawnSync(NATS_SERVER_COMMAND, ['--version']).status === 0;
const isRequired = process.env['REQUIRE_REAL_SERVERS'] === '1';
const real = (name: string, run: (world: World, expect: ExpectStatic) => Promise<void>) =>
  story(`${name} (real nats-server)`, run, { isSkipped: !isInstalled });

if (isRequired) {
  test('nats-server is installed', ({ expect }) => expect(isInstalled).toBe(true));
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const hasRoute = (node: TroupeNode, host: string) => async () =>
  (await node.addressesOf(host)).length > 0;

/** Announcements of the router; the listener is back before the router is. */
async function countStarts(world: World, server: NatsServer): Promise<() => number> {
  let starts = 0;
  const connection = await world.connect(server.url);
  connection.subscribe('router.start', {
    callback: () => {
      starts += 1;
    },
  });
  await connection.flush();
  return () => starts;
}

/** A longer time without the server than endpoints live; an app vanishes meanwhile. */
async function outage(world: World, node: TroupeNode, server: NatsServer, round: number) {
  const vanishing = await world.startHello(server.url, { ROUTE: GONE_HOST });
  await eventually('both routes are there', hasRoute(node, GONE_HOST));
  await server.kill();
  await node.logged('nats-connection-disconnected', round);
  await vanishing.kill();
  await pause(OUTAGE_MS);
  const whileAway = Object.keys(await node.routes());
  await server.start();
  await node.logged('nats-connection-reconnected', round);
  const backAtMs = performance.now();
  const isPruned = async () => !(await hasRoute(node, GONE_HOST)());
  await eventually('the vanished app is pruned', isPruned);
  return { whileAway, prunedAfterMs: performance.now() - backAtMs };
}

real('three outages of NATS cost no request', async (world, expect) => {
  const server = await world.startNats();
  const node = await world.startNode({
    ...SHORT_THRESHOLDS,
    'router.publish_start_message_interval': '0s',
    'nats.servers': `["127.0.0.1:${server.port}"]`,
  });
  const starts = await countStarts(world, server);
  await world.startHello(server.url);
  await eventually('the route is there', hasRoute(node, HOST));
  const load = startLoad(node.ports.router, HOST, 4, 5);
  for (let round = 1; round <= 3; round += 1) {
    const { whileAway, prunedAfterMs } = await outage(world, node, server, round);
    expect(whileAway).toEqual(expect.arrayContaining([HOST, GONE_HOST]));
    // The first sweep stamps everything; the second one after the threshold removes.
    expect(prunedAfterMs).toBeGreaterThan(STALE_MS - SLACK_MS / 2);
    expect(prunedAfterMs).toBeLessThan(STALE_MS + 2 * PRUNE_INTERVAL_MS + SLACK_MS);
    expect(starts()).toBe(round);
  }
  const { requests, failures } = await load.stop();
  expect([...failures]).toEqual([]);
  expect(requests).toBeGreaterThan(200);
  expect(node.countLogged('prune-suspended')).toBeGreaterThanOrEqual(3);
  await registersAnew(world, node, server);
});

async function registersAnew(world: World, node: TroupeNode, server: NatsServer): Promise<void> {
  const app = await world.startApp((_request, reply) => reply.end('new'));
  const client = await world.connect(server.url);
  client.publish('router.register', registration(app.port, 'new.localhost'));
  const isReached = async () => (await ask(node.ports.router, 'new.localhost')).body === 'new';
  await eventually('the new route is reached', isReached);
}

real('without suspension routes age while NATS is away', async (world, expect) => {
  const server = await world.startNats();
  const node = await world.startNode({
    ...SHORT_THRESHOLDS,
    'router.suspend_pruning_if_nats_unavailable': false,
    'nats.servers': `["127.0.0.1:${server.port}"]`,
  });
  await world.startHello(server.url);
  await eventually('the route is there', hasRoute(node, HOST));
  await server.kill();
  await eventually('it is pruned', async () => !(await hasRoute(node, HOST)()));
  expect((await ask(node.ports.router, HOST)).status).toBe(404);
  await server.start();
  await eventually('it is back', hasRoute(node, HOST));
});

real('a second server takes over from one that dies or stands still', async (world, expect) => {
  const [first, second] = [await world.startNats(), await world.startNats()];
  await second.kill();
  const both = `"127.0.0.1:${first.port}","127.0.0.1:${second.port}"`;
  const node = await world.startNode({
    ...SHORT_THRESHOLDS,
    'nats.ping_interval': '200ms',
    'nats.servers': `[${both}]`,
  });
  await world.startHello(`${first.url},${second.url}`);
  await eventually('the route is there', hasRoute(node, HOST));
  const load = startLoad(node.ports.router, HOST, 2, 10);
  await second.start();
  await first.kill();
  await node.logged('nats-connection-reconnected', 1);
  await registersAnew(world, node, second);
  await first.start();
  second.stall();
  // Two pongs missed, then the other server.
  await node.logged('nats-connection-reconnected', 2);
  await registersAnew(world, node, first);
  const { failures } = await load.stop();
  expect([...failures]).toEqual([]);
});

story('without a server at start the node says so in one line and exits', async (world, expect) => {
  const ports = await world.nodePorts();
  const node = world.launchNode(ports, world.dataDir(), {
    'nats.servers': `["127.0.0.1:${ports.nats}"]`,
  });
  expect(await node.child.exited).toBe(1);
  expect(node.child.text).toContain(`no NATS server answers at 127.0.0.1:${ports.nats}`);
  expect(node.child.text.trimEnd().split('\n')).toHaveLength(2);
});
