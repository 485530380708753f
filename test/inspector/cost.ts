/**
 * What the inspector costs: CPU time per event of an actor, without an inspector, with one that
 * nobody looks at, and with one page attached. The page is a process of its own.
 *
 *   node test/inspector/cost.ts
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setup } from 'xstate';
import { createRealClock } from '../../src/adapters/clock/real-clock.ts';
import { createInspector, type Inspector } from '../../src/inspector/inspector.ts';
import { ALL_MACHINES } from '../../src/inspector/machine-list.ts';
import { type ActorSystem, createActorSystem } from '../../src/kernel/actor-system.ts';
import { silentLog } from './support/silent-log.ts';

const ROUNDS = 9;
const EVENTS_PER_ROUND = 60_000;
const EVENTS_PER_TURN = 200;

const machine = setup({ types: { events: {} as { type: 'PING' } } }).createMachine({
  id: 'pinged',
  options: { maxIterations: 1000 },
  initial: 'left',
  states: { left: { on: { PING: 'right' } }, right: { on: { PING: 'left' } } },
});

const clock = createRealClock();
const system: ActorSystem = createActorSystem({
  clock,
  log: silentLog,
  root: {
    name: 'node',
    strategy: 'one_for_one',
    intensity: { maxRestarts: 1, periodMs: 1000 },
    backoff: { minMs: 1, maxMs: 1, factor: 1, jitter: 0, resetAfterMs: 1 },
    children: [
      {
        id: 'pinged',
        name: 'pinged',
        logic: machine,
        restart: 'permanent',
        readyTimeoutMs: 0,
        shutdownMs: 0,
      },
    ],
    drainOnEscalation: false,
    nowMs: () => clock.nowMs(),
    chance: () => 0,
  },
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Microseconds of CPU per event, all threads of this process. */
async function measureRound(): Promise<number> {
  const before = process.cpuUsage();
  for (let sent = 0; sent < EVENTS_PER_ROUND; sent += EVENTS_PER_TURN) {
    for (let at = 0; at < EVENTS_PER_TURN; at += 1) system.tell('pinged', { type: 'PING' });
    await turn();
  }
  const { user, system: kernel } = process.cpuUsage(before);
  return (user + kernel) / EVENTS_PER_ROUND;
}

async function serve(inspector: Inspector) {
  const server = createServer((request, response) => {
    inspector.handle(request, response);
  });
  server.on('upgrade', (request, socket, head) => {
    inspector.upgrade(request, socket, head);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

const PAGE = `
const { WebSocket } = await import('ws');
new WebSocket(process.argv[1]).on('message', () => {});
`;

async function withPage<T>(inspector: Inspector, port: number, run: () => Promise<T>): Promise<T> {
  const url = `ws://127.0.0.1:${port}/inspector/feed?since=1`;
  const page = spawn(process.execPath, ['--input-type=module', '-e', PAGE, url]);
  while (inspector.viewers === 0) await turn();
  try {
    return await run();
  } finally {
    page.kill();
    while (inspector.viewers > 0) await turn();
  }
}

const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;

async function main(): Promise<void> {
  system.start();
  await system.ready;
  const figures = { off: [] as number[], detached: [] as number[], attached: [] as number[] };
  for (let warm = 0; warm < 3; warm += 1) await measureRound();
  for (let round = 0; round < ROUNDS; round += 1) {
    figures.off.push(await measureRound());
    const inspector = createInspector({
      system,
      machines: ALL_MACHINES,
      bbs: undefined,
      router: undefined,
      clock,
      log: silentLog,
    });
    const { server, port } = await serve(inspector);
    figures.detached.push(await measureRound());
    figures.attached.push(await withPage(inspector, port, measureRound));
    inspector.close();
    server.close();
  }
  const off = median(figures.off);
  for (const [name, values] of Object.entries(figures)) {
    const own = median(values);
    const share = ((own / off - 1) * 100).toFixed(1);
    const [least, most] = [Math.min(...values).toFixed(2), Math.max(...values).toFixed(2)];
    console.log(`${name.padEnd(9)} ${own.toFixed(2)} µs per event (${least}-${most}), ${share} %`);
  }
  system.shutdown('fast');
  await system.ended;
}

await main();
