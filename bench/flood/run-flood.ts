import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from '../../test/node/support/child.ts';
import { ask, type LoadReport, startLoad } from '../../test/node/support/http-client.ts';
import {
  NODE_COMMAND,
  type RegistryCounts,
  type TroupeNode,
} from '../../test/node/support/troupe-node.ts';
import { eventually, registration, World } from '../../test/node/support/world.ts';
import type { Sent } from './publish.ts';

export interface FloodOptions {
  readonly seconds: number;
  readonly messagesPerSecond: number;
}

export interface FloodReport {
  readonly options: FloodOptions;
  readonly sent: Sent;
  readonly tookMs: number;
  /** What the router counted, good registrations included. */
  readonly counts: RegistryCounts;
  /** Good registrations that were sent. */
  readonly good: number;
  readonly areGoodRoutesUnchanged: boolean;
  /** Lines of the router's log in the worst second. */
  readonly logLinesPerSecond: number;
  readonly linesByMessage: Readonly<Record<string, number>>;
  /** Resident memory after a third of the time, at the end, and the most. */
  readonly warmMiB: number;
  readonly endMiB: number;
  readonly highestMiB: number;
  readonly quiet: LoadReport;
  readonly flooded: LoadReport;
}

const GOOD_ROUTES = 200;
const HEARTBEAT_MS = 500;
const CLIENTS = 4;
const CLIENT_PAUSE_MS = 5;
const QUIET_MS = 1000;

const goodHost = (index: number): string => `good-${index}.localhost`;

function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

/** Registers the good routes now and then every half second. */
async function keepGoodRoutes(world: World, node: TroupeNode, port: number) {
  const client = await world.connect(node.natsUrl);
  let sent = 0;
  const beat = () => {
    for (let index = 0; index < GOOD_ROUTES; index += 1) {
      client.publish('router.register', registration(port, goodHost(index)));
    }
    sent += GOOD_ROUTES;
  };
  beat();
  const timer = setInterval(beat, HEARTBEAT_MS);
  world.onEnd(() => clearInterval(timer));
  return async () => {
    clearInterval(timer);
    await client.flush();
    return sent;
  };
}

async function goodRoutesText(node: TroupeNode): Promise<string> {
  const routes = await node.routes();
  const good = Array.from({ length: GOOD_ROUTES }, (_, index) => routes[goodHost(index)]);
  return JSON.stringify(good);
}

interface MemorySamples {
  stop(): number[];
}

function sampleMemory(pid: number): MemorySamples {
  const samples: number[] = [];
  const timer = setInterval(() => {
    try {
      samples.push(residentMiB(pid));
    } catch {
      // It has ended; whoever waits for it will say so.
    }
  }, 100);
  return {
    stop() {
      clearInterval(timer);
      return samples;
    },
  };
}

const meanOf = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0) / Math.max(1, numbers.length);

const FAULTS: ReadonlySet<string> = new Set(['actor-crashed', 'node-failed', 'uncaught-error']);

/** Not what is measured: these come once for each route, good or strange. */
const ONCE_PER_ROUTE: ReadonlySet<string> = new Set(['route-registered', 'endpoint-registered']);

function logFigures(node: TroupeNode) {
  const bySecond = new Map<string, number>();
  const linesByMessage: Record<string, number> = {};
  for (const { message, timestamp } of node.logLines()) {
    if (ONCE_PER_ROUTE.has(message)) continue;
    const second = timestamp.slice(0, 19);
    bySecond.set(second, (bySecond.get(second) ?? 0) + 1);
    linesByMessage[message] = (linesByMessage[message] ?? 0) + 1;
  }
  return { logLinesPerSecond: Math.max(0, ...bySecond.values()), linesByMessage };
}

async function startGoodApp(world: World, node: TroupeNode) {
  const { port } = await world.startApp((_request, reply) => reply.end('good'));
  const stopHeartbeats = await keepGoodRoutes(world, node, port);
  const answers = async () =>
    (await ask(node.ports.router, goodHost(GOOD_ROUTES - 1))).body === 'good';
  await eventually('the good routes answer', answers);
  return stopHeartbeats;
}

async function quietLoad(node: TroupeNode): Promise<LoadReport> {
  const load = startLoad(node.ports.router, goodHost(0), CLIENTS, CLIENT_PAUSE_MS);
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  return load.stop();
}

async function floodNode(world: World, options: FloodOptions): Promise<FloodReport> {
  const node = await world.startNode();
  const stopHeartbeats = await startGoodApp(world, node);
  const before = await goodRoutesText(node);
  const quiet = await quietLoad(node);
  const load = startLoad(node.ports.router, goodHost(1), CLIENTS, CLIENT_PAUSE_MS);
  const memory = sampleMemory(node.child.pid);
  const words = [node.natsUrl, `${options.messagesPerSecond}`, `${options.seconds}`];
  const publisher = new Child(NODE_COMMAND, [join(import.meta.dirname, 'publish.ts'), ...words]);
  world.onEnd(() => publisher.kill());
  if ((await publisher.exited) !== 0) {
    const end = node.child.hasEnded ? `the node ended with ${await node.child.exited}` : '';
    const faults = node.logLines().filter(({ message }) => FAULTS.has(message));
    throw new Error(`${publisher.text}\n${end}\n${JSON.stringify(faults)}\n${node.child.text}`);
  }
  const samples = memory.stop();
  const flooded = await load.stop();
  const { sent, tookMs } = JSON.parse(publisher.text) as { sent: Sent; tookMs: number };
  const good = await stopHeartbeats();
  const total = sent.accepted + sent.rejected + good;
  const isRead = async () => {
    const { received, pending } = await node.registryCounts();
    return received >= total && pending === 0;
  };
  await eventually('everything is counted', isRead, 20_000);
  const third = Math.ceil(samples.length / 3);
  return {
    options,
    sent,
    tookMs,
    counts: await node.registryCounts(),
    good,
    areGoodRoutesUnchanged: before === (await goodRoutesText(node)),
    ...logFigures(node),
    warmMiB: meanOf(samples.slice(third, 2 * third)),
    endMiB: meanOf(samples.slice(2 * third)),
    highestMiB: Math.max(...samples),
    quiet,
    flooded,
  };
}

/** Floods a node of its own with hostile messages while it serves requests. */
export async function runFlood(options: FloodOptions): Promise<FloodReport> {
  const world = new World();
  try {
    return await floodNode(world, options);
  } finally {
    await world.end();
  }
}
