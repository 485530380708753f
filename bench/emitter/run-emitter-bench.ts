/**
 * A route-emitter on a BBS with very many LRPs: how long it takes to read all of them, what it
 * costs to register them again, and how soon a router hears of one that starts.
 */
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { World } from '../../test/node/support/world.ts';
import {
  createBbsCommands,
  httpRoute,
  routesOf,
} from '../../test/route-emitter/support/bbs-commands.ts';
import { fillStore } from '../bbs/fill-store.ts';
import { startBbs } from '../bbs/start-bbs.ts';
import { type BenchedEmitter, startBenchedEmitter } from './benched-emitter.ts';
import { startToRequest } from './start-to-request.ts';

export interface EmitterBenchOptions {
  /** Actual LRPs in the store; each has one route. */
  readonly lrps: number;
  readonly rounds: number;
  /** Apps that are started one after the other. */
  readonly starts: number;
  readonly print: (line: string) => void;
}

export interface WorkFigures {
  readonly what: string;
  readonly messages: number;
  readonly tookMs: number;
  /** Of the whole process of the emitter. */
  readonly cpuMs: number;
  /** Longest time for which nothing else in the process had its turn. */
  readonly longestBlockMs: number;
}

export interface EmitterReport {
  readonly lrps: number;
  readonly loadBefore: number;
  readonly firstSync: WorkFigures;
  /** Medians of the rounds. */
  readonly laterSync: WorkFigures;
  readonly heartbeat: WorkFigures;
  readonly heartbeatUsPerRoute: number;
  readonly heapBytesPerLrp: number;
  readonly startToRegisterMs: { readonly p50: number; readonly p99: number };
  /** Through NATS and router, from a whole node. */
  readonly startToRequestMs: { readonly p50: number; readonly p99: number };
}

const INSTANCES_PER_APP = 10;
const CELLS = 1000;
const NS_PER_MS = 1e6;
/** Of the node that the BBS is a part of. */
const BBS_ALONE = {
  'bbs.converge_repeat_interval': '1h',
  'cell.enabled': false,
  'auctioneer.enabled': false,
  'file_server.enabled': false,
  'route_emitter.enabled': false,
};

const at = (numbers: readonly number[], share: number): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
};

const median = (figures: readonly WorkFigures[]): WorkFigures => {
  const of = (key: 'messages' | 'tookMs' | 'cpuMs' | 'longestBlockMs') =>
    at(
      figures.map((one) => one[key]),
      0.5,
    );
  return {
    what: figures[0]?.what ?? '',
    messages: of('messages'),
    tookMs: of('tookMs'),
    cpuMs: of('cpuMs'),
    longestBlockMs: Math.max(...figures.map(({ longestBlockMs }) => longestBlockMs)),
  };
};

/** The histogram adds the pause between two of its own looks. */
const blockMs = (delays: ReturnType<typeof monitorEventLoopDelay>, resolutionMs: number): number =>
  Math.max(0, delays.max / NS_PER_MS - resolutionMs);

async function measure(
  what: string,
  { bus }: BenchedEmitter,
  work: () => Promise<unknown>,
): Promise<WorkFigures> {
  const resolution = 1;
  const delays = monitorEventLoopDelay({ resolution });
  const before = bus.messages;
  const cpuBefore = process.cpuUsage();
  delays.enable();
  const startMs = performance.now();
  await work();
  const tookMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  // The last block is only seen when the histogram looks again.
  await setTimeout(10);
  delays.disable();
  return {
    what,
    messages: bus.messages - before,
    tookMs,
    cpuMs: (user + system) / 1000,
    longestBlockMs: blockMs(delays, resolution),
  };
}

/** From the request to start an instance until the router is told. */
async function startToRegister(url: string, emitter: BenchedEmitter, count: number) {
  const commands = createBbsCommands(url);
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const guid = `started-${index}`;
    await commands.desire({ process_guid: guid, routes: routesOf(httpRoute(`${guid}.example`)) });
    const heard = emitter.bus.next(`${guid}.example`);
    const startMs = performance.now();
    await commands.start({ guid, instance: `${guid}-0` });
    times.push((await heard) - startMs);
  }
  commands.close();
  return { p50: at(times, 0.5), p99: at(times, 0.99) };
}

async function repeat(rounds: number, one: () => Promise<WorkFigures>): Promise<WorkFigures> {
  const figures: WorkFigures[] = [];
  for (let round = 0; round < rounds; round += 1) figures.push(await one());
  return median(figures);
}

/** Fills a store, starts a BBS on it in another process, and an emitter in this one. */
export async function runEmitterBench(options: EmitterBenchOptions): Promise<EmitterReport> {
  const { lrps, rounds, starts, print } = options;
  const world = new World();
  const loadBefore = loadavg()[0] ?? 0;
  try {
    const dataDir = world.dataDir();
    const apps = Math.ceil(lrps / INSTANCES_PER_APP);
    const directory = join(dataDir, 'store');
    await fillStore({ directory, apps, instancesPerApp: INSTANCES_PER_APP, cells: CELLS });
    const { url } = await startBbs(world, dataDir, BBS_ALONE);
    print('the BBS is up');
    const collect = (globalThis as { gc?: () => void }).gc ?? (() => {});
    collect();
    const heapBefore = process.memoryUsage().heapUsed;
    const emitter = startBenchedEmitter(url);
    const firstSync = await measure('first sync', emitter, () => emitter.sync());
    collect();
    const heapBytesPerLrp = (process.memoryUsage().heapUsed - heapBefore) / lrps;
    print('the first sync has ended');
    const laterSync = await repeat(rounds, () =>
      measure('later sync', emitter, () => emitter.sync()),
    );
    const heartbeat = await repeat(rounds, () =>
      measure('all routes registered again', emitter, () => emitter.emit()),
    );
    const startToRegisterMs = await startToRegister(url, emitter, starts);
    await emitter.stop();
    const requested = await startToRequest(starts);
    const startToRequestMs = { p50: at(requested, 0.5), p99: at(requested, 0.99) };
    return {
      lrps: apps * INSTANCES_PER_APP,
      loadBefore,
      firstSync,
      laterSync,
      heartbeat,
      heartbeatUsPerRoute: (heartbeat.cpuMs * 1000) / Math.max(1, heartbeat.messages),
      heapBytesPerLrp,
      startToRegisterMs,
      startToRequestMs,
    };
  } finally {
    await world.end();
  }
}

const line = ({ what, messages, tookMs, cpuMs, longestBlockMs }: WorkFigures): string =>
  `${what}: ${tookMs.toFixed(0)} ms (CPU ${cpuMs.toFixed(0)} ms, longest block ` +
  `${longestBlockMs.toFixed(0)} ms), ${messages} messages`;

/** The report for people. */
export function emitterLines(report: EmitterReport): string[] {
  const { startToRegisterMs: told, startToRequestMs: routed } = report;
  const range = ({ p50, p99 }: typeof told): string =>
    `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
  return [
    `${report.lrps} LRPs; load before ${report.loadBefore.toFixed(2)}`,
    line(report.firstSync),
    line(report.laterSync),
    line(report.heartbeat),
    `CPU per registered route: ${report.heartbeatUsPerRoute.toFixed(2)} µs`,
    `heap per LRP: ${report.heapBytesPerLrp.toFixed(0)} bytes`,
    `from start at the BBS to router.register: ${range(told)}`,
    `from start at the BBS to the first routed request: ${range(routed)}`,
  ];
}
