import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSeededRandom } from '../../src/adapters/random/seeded-random.ts';
import { waitUntil } from '../golden/pause.ts';
import { allNodes, INJECTED, isReady, kill, shapeOf } from './kill.ts';
import { CLIENTS, type Failure, type SteadyLoad, startSteadyLoad } from './load.ts';
import { type RunningNode, startEndpoint, startNode } from './running-node.ts';

const HOST = 'hello.test';
const KILLS = 20;
const RANDOM_KILLS = 300;
const ENDPOINT_DELAY_MS = 2;
/** So many requests are looked at after each restart. */
const REQUESTS_AFTER = 8;
const SEED = Date.now() >>> 0;
/** Restarts at once and without end: what is tested here is each restart, not giving up. */
const GENEROUS = {
  intensity: { maxRestarts: 1_000_000, periodMs: 1 },
  backoff: { minMs: 1, maxMs: 1, factor: 1, jitter: 0, resetAfterMs: 0 },
};

interface Report {
  readonly name: string;
  readonly latenciesMs: number[];
  readonly failures: Failure[];
  /** Failures of requests that were sent when the tree was ready again. */
  readonly lateFailures: Failure[];
}

/** Whose death takes the traffic port with it. */
const MIXED = 'one to three of them';
const OWNS_TRAFFIC = new Set(['router', 'router/proxy', MIXED]);

let node: RunningNode;
let endpoint: Awaited<ReturnType<typeof startEndpoint>>;
let load: SteadyLoad;
const reports: Report[] = [];
/** The name of every actor that was killed, once per kill. */
const killed: string[] = [];

const countByName = (names: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

async function numbersOfBroker(): Promise<unknown> {
  const ask = async (path: string) =>
    (await (await fetch(`http://127.0.0.1:${node.monitorPort}${path}`)).json()) as Record<
      string,
      unknown
    >;
  const [subscriptions, connections] = [await ask('/subsz'), await ask('/connz')];
  return [subscriptions['num_subscriptions'], connections['num_connections']];
}

interface SystemInternals {
  getAll(): object;
  getSnapshot(): { readonly _scheduledEvents: object };
}

/** Everything that could be left behind, once nothing moves. */
async function inventory() {
  const { system } = node.system.whereis('node') as unknown as { system: SystemInternals };
  return {
    tree: allNodes(node.system.tree()).map(({ name, status }) => [name, status]),
    names: Object.keys(system.getAll()).toSorted(),
    numbersOfBroker: await numbersOfBroker(),
    timersOfActors: Object.keys(system.getSnapshot()._scheduledEvents).length,
    resources: countByName(process.getActiveResourcesInfo()),
  };
}

/** Stops the load, lets go of kept connections, and waits until two looks see the same. */
async function inventoryAtRest(): Promise<unknown> {
  await load.stop();
  expect(await waitUntil(endpoint.isHeard, 5000)).toBe(true);
  endpoint.dropConnections();
  let before = '';
  await waitUntil(
    async () => {
      const now = JSON.stringify(await inventory());
      const isSame = now === before;
      before = now;
      return isSame;
    },
    5000,
    200,
  );
  return JSON.parse(before);
}

/** Kills actors at the same moment, and returns when all stand again and requests were answered. */
async function killAndWait(names: readonly string[], report: Report): Promise<void> {
  const { answered, failures } = load;
  const known = failures.length;
  const killedAtMs = performance.now();
  for (const name of names) {
    if (node.system.whereis(name) === undefined) continue;
    kill(node.system, name);
    killed.push(name);
  }
  if (!(await waitUntil(() => isReady(node.system), 5000, 1))) {
    throw new Error(
      `seed ${SEED}, not ready again: ${JSON.stringify(shapeOf(node.system.tree()))}`,
    );
  }
  const readyAtMs = performance.now();
  report.latenciesMs.push(readyAtMs - killedAtMs);
  await waitUntil(() => load.answered >= answered + REQUESTS_AFTER, 5000, 1);
  const lost = failures.slice(known);
  report.failures.push(...lost);
  report.lateFailures.push(...lost.filter(({ sentAtMs }) => sentAtMs > readyAtMs));
}

const newReport = (name: string): Report => {
  const report = { name, latenciesMs: [], failures: [], lateFailures: [] };
  reports.push(report);
  return report;
};

const share = (values: readonly number[], part: number): string =>
  (values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? 0).toFixed(1);

function printTable(): void {
  const rows = reports.map(({ name, latenciesMs, failures }) => [
    name.padEnd(26),
    share(latenciesMs, 0.5).padStart(8),
    share(latenciesMs, 0.99).padStart(8),
    `${failures.length}`.padStart(6),
  ]);
  const head = ['killed'.padEnd(26), '  p50 ms', '  p99 ms', '  lost'];
  console.log([head, ...rows].map((row) => row.join('')).join('\n'));
}

beforeAll(async () => {
  node = await startNode(GENEROUS);
  await node.system.ready;
  endpoint = await startEndpoint(HOST, node.natsPort, ENDPOINT_DELAY_MS);
  load = startSteadyLoad(node.port, HOST);
  const hasRoute = () => load.answered - load.failures.length > 20;
  expect(await waitUntil(hasRoute, 10_000)).toBe(true);
});

afterAll(async () => {
  await load.stop();
  await endpoint.close();
  node.system.shutdown('fast');
  await node.system.ended;
});

describe('the running node', () => {
  it('is the same after each of its actors crashed twenty times', { timeout: 60_000 }, async () => {
    const before = await inventoryAtRest();
    load = startSteadyLoad(node.port, HOST);
    const names = allNodes(node.system.tree())
      .slice(1)
      .map(({ name }) => name);
    expect(names).toHaveLength(11);
    for (const name of names) {
      const report = newReport(name);
      for (let count = 0; count < KILLS; count += 1) await killAndWait([name], report);
    }
    const { below } = createSeededRandom(SEED);
    const mixed = newReport(MIXED);
    for (let count = 0; count < RANDOM_KILLS; count += 1) {
      const victims = Array.from({ length: 1 + below(3) }, () => names[below(names.length)] ?? '');
      await killAndWait(victims, mixed);
    }
    printTable();
    expect(await inventoryAtRest(), `seed ${SEED}`).toEqual(before);
  });

  it('tells of each crash in exactly one line', () => {
    const crashes = node.lines.filter(({ message }) => message === 'actor-crashed');
    expect(countByName(crashes.map(({ data }) => String(data?.['actor'])))).toEqual(
      countByName(killed),
    );
    expect(killed.length).toBeGreaterThan(11 * KILLS);
    for (const { data } of crashes) {
      expect(String(data?.['error'])).toContain(INJECTED);
      expect(data?.['state']).toBeDefined();
      expect(data?.['event']).toBe('KILLED_BY_TEST');
    }
  });

  it('loses no request when an actor dies that does not own the traffic port', () => {
    const lost = reports.filter(({ name }) => !OWNS_TRAFFIC.has(name));
    expect(lost.flatMap(({ name, failures }) => failures.map(({ what }) => [name, what]))).toEqual(
      [],
    );
  });

  it('loses only what was in flight when the owner of the traffic port dies', () => {
    expect(reports.flatMap(({ lateFailures }) => lateFailures)).toEqual([]);
    const proxy = reports.find(({ name }) => name === 'router/proxy');
    const inFlight = KILLS * CLIENTS;
    expect(proxy?.failures.filter(({ what }) => what === 'ECONNRESET').length).toBeLessThanOrEqual(
      inFlight,
    );
  });

  it('never gives a wrong answer', () => {
    const wrong = reports
      .flatMap(({ failures }) => failures)
      .filter(({ what }) => !['ECONNRESET', 'ECONNREFUSED'].includes(what));
    expect(wrong).toEqual([]);
  });
});
