/** A process that loads a BBS: `node generate-load.ts JSON-of-LoadPlan`; answers in JSON. */
import { cpuUs, mainThreadCpuUs } from '../router/process-figures.ts';
import { encodeRequest, type Pumped, pump } from './keep-alive-client.ts';
import { LISTED_LRPS, type OperationName, REQUESTS } from './operations.ts';

export interface LoadPlan {
  readonly url: string;
  readonly clients: number;
  /** The most that one operation may take. */
  readonly seconds: number;
  /** LRPs that are desired, claimed, started and removed, if time suffices. */
  readonly count: number;
  /** Of the server; 0: it is elsewhere. */
  readonly pid: number;
}

export interface LoadFigures {
  readonly name: OperationName;
  readonly clients: number;
  readonly requests: number;
  readonly tookMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failures: number;
  readonly faults: readonly string[];
  /** Received per answer, heads included. */
  readonly answerBytes: number;
  /** Of all threads, per request; undefined: unknown. */
  readonly serverCpuUs: number | undefined;
  /** Of the thread that serves: a million by this is what one core could do. */
  readonly mainThreadCpuUs: number | undefined;
  readonly clientCpuUs: number;
  /** On the monotonic clock of the machine, for profiles. */
  readonly startedAtUs: number;
}

const plan = JSON.parse(process.argv[2] ?? '') as LoadPlan;
const url = new URL(plan.url);
const FILL_MAX_MS = 120_000;

interface ServerCpu {
  readonly allUs: number;
  readonly mainUs: number;
}

/** Undefined: the server is elsewhere. */
function serverCpu(): ServerCpu | undefined {
  if (plan.pid === 0) return undefined;
  return { allUs: cpuUs(plan.pid), mainUs: mainThreadCpuUs(plan.pid) };
}

const apps = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_none, offset) => from + offset);

const quantile = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

const encodedFor = (name: OperationName, numbers: readonly number[]): Buffer[] =>
  numbers.map((app) => encodeRequest(url, REQUESTS[name](app)));

async function measure(
  name: OperationName,
  requests: readonly Buffer[],
  isCyclic: boolean,
  clients: number,
): Promise<LoadFigures> {
  const before = serverCpu();
  const clientBefore = process.cpuUsage();
  const startedAtUs = Number(process.hrtime.bigint() / 1000n);
  const maxMs = plan.seconds * 1000;
  const pumped: Pumped = await pump({ url, clients, requests, isCyclic, maxMs });
  const { user, system } = process.cpuUsage(clientBefore);
  const after = serverCpu();
  const { requests: count, tookMs, latenciesMs, failures, faults, bytes } = pumped;
  return {
    name,
    clients,
    requests: count,
    tookMs,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    failures,
    faults,
    answerBytes: bytes / count,
    serverCpuUs: before && after && (after.allUs - before.allUs) / count,
    mainThreadCpuUs: before && after && (after.mainUs - before.mainUs) / count,
    clientCpuUs: (user + system) / count,
    startedAtUs,
  };
}

/** Exactly as many running LRPs as are listed; warms the server up too. */
async function fill(): Promise<void> {
  const numbers = apps(0, LISTED_LRPS);
  for (const name of ['desire', 'claim', 'start'] as const) {
    const requests = encodedFor(name, numbers);
    const { clients } = plan;
    const done = await pump({ url, clients, requests, isCyclic: false, maxMs: FILL_MAX_MS });
    if (done.failures > 0) throw new Error(`${name}: ${done.failures} failed, ${done.faults[0]}`);
  }
}

async function loadAll(): Promise<readonly LoadFigures[]> {
  const { clients, count } = plan;
  await fill();
  const figures = [await measure('list', encodedFor('list', [0]), true, 1)];
  let numbers = apps(LISTED_LRPS, count);
  const once = async (name: OperationName): Promise<void> => {
    const own = await measure(name, encodedFor(name, numbers), false, clients);
    figures.push(own);
    // What time did not suffice for is not there for the next operation.
    numbers = numbers.slice(0, own.requests);
  };
  await once('desire');
  figures.push(await measure('get', encodedFor('get', numbers), true, clients));
  await once('claim');
  await once('start');
  await once('re-start');
  await once('remove');
  return figures;
}

process.stdout.write(`${JSON.stringify(await loadAll())}\n`);
