import { cpus } from 'node:os';
import { World } from '../../test/node/support/world.ts';
import {
  type Contestant,
  startBackend,
  startBare,
  startHaproxy,
  startNginx,
  startTroupe,
  versionOf,
} from './contestants.ts';
import { cpuUs, highestResidentMiB } from './process-figures.ts';
import { CONNECTIONS, runWrk, type WrkResult } from './run-wrk.ts';

export interface RouterBenchOptions {
  /** Of each measurement. */
  readonly seconds: number;
  readonly rounds: number;
  readonly print: (line: string) => void;
}

export interface RouterBenchRow {
  readonly name: string;
  readonly cpuUsPerRequest: number;
  readonly ratioToHaproxy: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly highestResidentMiB: number;
  readonly errors: number;
  /** CPU per request of each round, in order. */
  readonly cpuUsByRound: readonly number[];
}

export interface RouterBenchReport {
  readonly what: string;
  readonly machine: string;
  readonly date: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly RouterBenchRow[];
}

const WARM_UP_SECONDS = 2;
const MANY = { routes: 100_000, registrationsPerSecond: 500 } as const;

interface Measurement extends WrkResult {
  readonly cpuUsPerRequest: number;
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  if (!Number.isInteger(middle)) return sorted[Math.floor(middle)] ?? Number.NaN;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

async function measure({ port, pid }: Contestant, seconds: number): Promise<Measurement> {
  const beforeUs = cpuUs(pid);
  const result = await runWrk(port, seconds);
  return { ...result, cpuUsPerRequest: (cpuUs(pid) - beforeUs) / result.requests };
}

const installed = () => ({
  haproxy: versionOf('haproxy', '-v'),
  nginx: versionOf('nginx', '-v'),
});

async function startAll(world: World): Promise<Contestant[]> {
  const backendPort = await startBackend(world);
  const { haproxy, nginx } = installed();
  const none = { ...MANY, routes: 0 };
  const contestants = [await startTroupe(world, backendPort, 'wire', none)];
  contestants.push(await startTroupe(world, backendPort, 'wire', MANY));
  contestants.push(await startTroupe(world, backendPort, 'http-proxy', none));
  contestants.push(await startBare(world, backendPort));
  if (nginx !== undefined) contestants.push(await startNginx(world, backendPort));
  if (haproxy !== undefined) contestants.push(await startHaproxy(world, backendPort));
  return contestants;
}

function rowOf(
  contestant: Contestant,
  measured: readonly Measurement[],
  haproxyUs: number,
): RouterBenchRow {
  const of = (key: keyof Measurement) => median(measured.map((one) => one[key]));
  return {
    name: contestant.name,
    cpuUsPerRequest: of('cpuUsPerRequest'),
    ratioToHaproxy: of('cpuUsPerRequest') / haproxyUs,
    requestsPerSecond: of('requestsPerSecond'),
    p50Ms: of('p50Ms'),
    p99Ms: of('p99Ms'),
    highestResidentMiB: highestResidentMiB(contestant.pid),
    errors: measured.reduce((sum, { errors }) => sum + errors, 0),
    cpuUsByRound: measured.map(({ cpuUsPerRequest }) => cpuUsPerRequest),
  };
}

async function measureAll(
  contestants: readonly Contestant[],
  { seconds, rounds, print }: RouterBenchOptions,
): Promise<RouterBenchRow[]> {
  const measured = new Map<Contestant, Measurement[]>();
  for (const contestant of contestants) {
    await runWrk(contestant.port, WARM_UP_SECONDS);
    measured.set(contestant, []);
  }
  for (let round = 1; round <= rounds; round += 1) {
    print(`round ${round} of ${rounds}`);
    for (const contestant of contestants) {
      measured.get(contestant)?.push(await measure(contestant, seconds));
    }
  }
  const haproxy = contestants.find(({ name }) => name === 'HAProxy');
  const ofHaproxy = (haproxy === undefined ? undefined : measured.get(haproxy)) ?? [];
  const haproxyUs = median(ofHaproxy.map(({ cpuUsPerRequest }) => cpuUsPerRequest));
  return contestants.map((one) => rowOf(one, measured.get(one) ?? [], haproxyUs));
}

function tableOf(report: RouterBenchReport): string[] {
  const lines = [
    report.what,
    `${report.machine}, ${report.date}`,
    ...Object.entries(report.versions).map(([name, version]) => `  ${name}: ${version}`),
    '',
    '| router | CPU us/request | x HAProxy | requests/s | p50 ms | p99 ms | max RSS MiB | errors |',
    '|---|---:|---:|---:|---:|---:|---:|---:|',
  ];
  for (const row of report.rows) {
    const cells = [
      row.name,
      row.cpuUsPerRequest.toFixed(1),
      Number.isNaN(row.ratioToHaproxy) ? '-' : row.ratioToHaproxy.toFixed(2),
      row.requestsPerSecond.toFixed(0),
      row.p50Ms.toFixed(2),
      row.p99Ms.toFixed(2),
      row.highestResidentMiB.toFixed(0),
      String(row.errors),
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return lines;
}

/** All routers in front of the same backend, in alternating rounds of one run. */
export async function runRouterBench(options: RouterBenchOptions): Promise<RouterBenchReport> {
  const wrk = versionOf('wrk', '-v');
  if (wrk === undefined) throw new Error('the load generator `wrk` is not installed');
  const world = new World();
  try {
    const rows = await measureAll(await startAll(world), options);
    const { haproxy = 'not installed', nginx = 'not installed' } = installed();
    const [core] = cpus();
    const report = {
      what:
        `GET, 64 bytes, ${CONNECTIONS} keep-alive connections, access log on, one worker each; ` +
        `median of ${options.rounds} rounds of ${options.seconds} s`,
      machine: `${cpus().length} x ${core?.model ?? 'unknown CPU'}`,
      date: new Date().toISOString().slice(0, 10),
      versions: { node: process.version, haproxy, nginx, wrk },
      rows,
    };
    for (const line of tableOf(report)) options.print(line);
    return report;
  } finally {
    await world.end();
  }
}
