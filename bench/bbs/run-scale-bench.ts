import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { ActualLRPsRequest } from '../../src/model/bbs/messages/actual-lrp.ts';
import { encode } from '../../src/model/protobuf/encode.ts';
import { World } from '../../test/node/support/world.ts';
import { highestResidentMiB, mainThreadCpuUs } from '../router/process-figures.ts';
import { fillStore } from './fill-store.ts';
import { cellIdOf } from './lrp-messages.ts';
import { post, type RunningBbs, startBbs } from './start-bbs.ts';

export interface ScaleOptions {
  /** Actual LRPs in the store. */
  readonly lrps: number;
  readonly rounds: number;
  readonly print: (line: string) => void;
}

export interface ScaleFigures {
  readonly what: string;
  readonly firstMs: number;
  /** Median of the rounds after the first. */
  readonly medianMs: number;
  /** Of the server's main thread; what one pass costs whatever else the machine does. */
  readonly medianCpuMs: number;
  readonly answerBytes: number;
}

export interface ScaleReport {
  readonly lrps: number;
  readonly fillMs: number;
  readonly startMs: number;
  readonly startCpuMs: number;
  readonly figures: readonly ScaleFigures[];
  readonly residentMiB: number;
  readonly highestMiB: number;
  readonly loadBefore: number;
}

const INSTANCES_PER_APP = 10;
const CELLS = 1000;

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;

function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

/** Until the last byte of the answer has arrived. */
async function timed(url: string, body?: Uint8Array): Promise<[number, number]> {
  const startMs = performance.now();
  const [status, answer] = await post(url, body);
  const tookMs = performance.now() - startMs;
  if (status !== 200) throw new Error(`${url}: status ${status}`);
  return [tookMs, answer.length];
}

async function measure(
  { url, child }: RunningBbs,
  what: string,
  path: string,
  rounds: number,
  body?: Uint8Array,
): Promise<ScaleFigures> {
  const [firstMs, answerBytes] = await timed(`${url}${path}`, body);
  const times: number[] = [];
  const cpuTimes: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const cpuBefore = mainThreadCpuUs(child.pid);
    times.push((await timed(`${url}${path}`, body))[0]);
    cpuTimes.push((mainThreadCpuUs(child.pid) - cpuBefore) / 1000);
  }
  const [medianMs, medianCpuMs] = [median(times), median(cpuTimes)];
  return { what, firstMs, medianMs, medianCpuMs, answerBytes };
}

async function measureAll(bbs: RunningBbs, rounds: number): Promise<ScaleFigures[]> {
  const ofCell = encode(ActualLRPsRequest, ActualLRPsRequest.create({ cell_id: cellIdOf(0) }));
  const list = '/v1/actual_lrps/list';
  return [
    await measure(bbs, 'convergence pass', '/v1/lrps/converge', rounds),
    await measure(bbs, 'list of all actual LRPs', list, rounds),
    await measure(
      bbs,
      'list of all scheduling infos',
      '/v1/desired_lrp_scheduling_infos/list',
      rounds,
    ),
    await measure(bbs, 'list of one cell', list, rounds * 10, ofCell),
  ];
}

/** Fills a store, starts a node on it, and asks for all of it. */
export async function runScaleBench({ lrps, rounds, print }: ScaleOptions): Promise<ScaleReport> {
  const world = new World();
  const loadBefore = loadavg()[0] ?? 0;
  try {
    const dataDir = world.dataDir();
    const apps = Math.ceil(lrps / INSTANCES_PER_APP);
    const fillStartMs = performance.now();
    const directory = join(dataDir, 'store');
    await fillStore({ directory, apps, instancesPerApp: INSTANCES_PER_APP, cells: CELLS });
    const fillMs = performance.now() - fillStartMs;
    print(`${apps * INSTANCES_PER_APP} LRPs written in ${(fillMs / 1000).toFixed(1)} s`);
    // No pass but those that are measured.
    const bbs = await startBbs(world, dataDir, { 'bbs.converge_repeat_interval': '1h' });
    print(`the node is up after ${bbs.startMs.toFixed(0)} ms`);
    const loadedMiB = residentMiB(bbs.child.pid);
    const startCpuMs = mainThreadCpuUs(bbs.child.pid) / 1000;
    const figures = await measureAll(bbs, rounds);
    return {
      lrps: apps * INSTANCES_PER_APP,
      fillMs,
      startMs: bbs.startMs,
      startCpuMs,
      figures,
      residentMiB: loadedMiB,
      highestMiB: highestResidentMiB(bbs.child.pid),
      loadBefore,
    };
  } finally {
    await world.end();
  }
}
