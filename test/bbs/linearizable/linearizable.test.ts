/**
 * Whatever clients do at the same time, on whichever node: the ORDINARY rows answer as if one call
 * came after the other (DESIGN §5). `LINEARIZABLE_SECONDS` makes the runs longer.
 */
import { afterEach, describe, expect, it } from 'vitest';
import {
  DesiredLRPLifecycleResponse,
  DesireLRPRequest,
} from '../../../src/model/bbs/messages/desired-lrp.ts';
import { EventStream } from '../../golden/diego/event-stream.ts';
import { until } from '../../store/contract/kit.ts';
import { isEtcdInstalled, isEtcdRequired, startEtcd } from '../../store/etcd-server.ts';
import { desiredLrp } from '../operations/requests.ts';
import { TypedClient } from '../operations/typed-client.ts';
import {
  type BbsUnderTestOptions,
  type OpenedBbs,
  startBbsUnderTest,
} from '../support/bbs-under-test.ts';
import { RecordingPeers } from '../transitions/recording-peers.ts';
import { checkHistory } from './check-history.ts';
import {
  type History,
  type LrpIndex,
  recordCall,
  runConflictingClients,
} from './conflicting-clients.ts';
import { type Call, isReadOnly, type Row, step, textOf } from './ordinary-row.ts';

const DURATION_MS = Number(process.env['LINEARIZABLE_SECONDS'] ?? 4) * 1000;
const SEED = Number(process.env['LINEARIZABLE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const CLIENTS = 32;
const WANTED = 'wanted';
const INDICES: readonly LrpIndex[] = [
  { guid: WANTED, index: 0 },
  { guid: WANTED, index: 1 },
  { guid: 'unwanted', index: 0 },
  { guid: 'unwanted', index: 7 },
];
const KNOWN_CELLS = ['cell-a', 'cell-b'];
const CELLS = [...KNOWN_CELLS, 'cell-x'];

let cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
  cleanUps = [];
});

async function startNodes(stores: readonly BbsUnderTestOptions['store'][]): Promise<OpenedBbs[]> {
  const peers = await RecordingPeers.start();
  cleanUps.push(() => peers.stop());
  const nodes: OpenedBbs[] = [];
  for (const store of stores) {
    const auctioneerAddress = peers.address;
    const node = await startBbsUnderTest({ store, generation: 'today', auctioneerAddress });
    cleanUps.push(() => node.stop());
    nodes.push(node);
  }
  for (const cell of KNOWN_CELLS) await nodes[0]?.registerCell(cell, peers.address);
  const client = new TypedClient(nodes[0]?.baseUrl ?? '');
  await client.post('/v1/desired_lrp/desire.r2', DesireLRPRequest, DesiredLRPLifecycleResponse, {
    desired_lrp: desiredLrp(WANTED, { instances: 2 }),
  });
  client.close();
  await sameRevision(nodes);
  return nodes;
}

const sameRevision = (nodes: readonly OpenedBbs[]): Promise<void> =>
  until('the same on all nodes', () => {
    const [first, ...others] = nodes.map(({ state }) => state.image.revision);
    return others.every((revision) => revision === first);
  });

async function subscribe({ baseUrl }: OpenedBbs): Promise<EventStream> {
  const stream = new EventStream(() => {});
  cleanUps.push(() => stream.close());
  const url = new URL('/v1/events/lrp_instances.r1', baseUrl);
  await stream.open(url, 'POST', new Uint8Array());
  return stream;
}

/** Of every row, by its own search. */
function illegalOf(history: History): string[] {
  return [...history].flatMap(([{ guid, index }, calls]) => {
    const isDesired = guid === WANTED;
    const initial: Row | undefined = isDesired
      ? { state: 'UNCLAIMED', owner: '', address: '', domain: 'dom', crashes: 0, tag: 0 }
      : undefined;
    const { isLegal, hasGivenUp, stuckAt } = checkHistory(calls, {
      initial,
      keyOf: textOf,
      isReadOnly,
      step(row: Row | undefined, call: Call) {
        const next = step(row, call, { isDesired, knownCells: KNOWN_CELLS });
        return { state: next.row, outcome: next.outcome };
      },
    });
    if (isLegal) return [];
    const verdict = hasGivenUp ? 'not decided' : 'illegal';
    return [
      `${guid}/${index} ${verdict}:\n${stuckAt.map((own) => JSON.stringify(own)).join('\n')}`,
    ];
  });
}

/** The load, and what every node shows of every row in the end. */
async function play(nodes: readonly OpenedBbs[]): Promise<History> {
  const load = {
    baseUrls: nodes.map(({ baseUrl }) => baseUrl),
    indices: INDICES,
    cells: CELLS,
    clients: CLIENTS,
    durationMs: DURATION_MS,
    seed: SEED,
    hasReads: nodes.length === 1,
  };
  const history = new Map(await runConflictingClients(load));
  await Promise.all(nodes.map((node) => node.idle()));
  await sameRevision(nodes);
  for (const { baseUrl } of nodes) {
    const client = new TypedClient(baseUrl);
    for (const at of INDICES) {
      const last = await recordCall(client, { type: 'read' }, at);
      expect(last.outcome).toBeDefined();
      history.set(at, [...(history.get(at) ?? []), last]);
    }
    client.close();
  }
  return history;
}

function report(name: string, history: History, illegal: readonly string[]): void {
  const calls = [...history.values()].flat();
  const unknown = calls.filter(({ outcome }) => outcome === undefined).length;
  const figures = `${calls.length} operations checked, ${unknown} of unknown outcome`;
  process.stdout.write(`${name}, seed ${SEED}: ${figures}, illegal = ${illegal.length}\n`);
}

async function expectLegal(name: string, nodes: readonly OpenedBbs[]): Promise<void> {
  const streams = await Promise.all(nodes.map(subscribe));
  const history = await play(nodes);
  const illegal = illegalOf(history);
  report(name, history, illegal);
  expect(illegal).toEqual([]);
  const { length } = [...history.values()].flat();
  expect(length).toBeGreaterThan(CLIENTS * 10);
  // Every kind of answer was seen, or nothing was tested.
  const outcomes = new Set([...history.values()].flat().map(({ outcome }) => outcome));
  for (const error of ['Claimed', 'Started', 'Crashed', 'Failed']) {
    expect(outcomes).toContain(`ActualLRPCannotBe${error}`);
  }
  await expectSameEvents(streams);
}

async function expectSameEvents(streams: readonly EventStream[]): Promise<void> {
  const [first, ...others] = streams;
  await until('all events everywhere', () =>
    others.every(({ waiting }) => waiting === first?.waiting),
  );
  const told = streams.map((stream) => stream.takeItems());
  const [expected = []] = told;
  expect(expected.length).toBeGreaterThan(100);
  for (const items of told) {
    expect(items.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
  }
}

describe('clients in conflict', () => {
  it(
    'are served one after the other by one node on lmdb',
    async () => {
      const nodes = await startNodes(['lmdb']);
      await expectLegal('lmdb, 1 node', nodes);
    },
    DURATION_MS + 30_000,
  );

  it.skipIf(!isEtcdInstalled && !isEtcdRequired)(
    'are served one after the other by two nodes on one etcd, with the same events',
    async () => {
      const etcd = await startEtcd();
      cleanUps.push(() => etcd.stop());
      const store = { etcdHost: etcd.host, keyPrefix: '/linearizable/' };
      const nodes = await startNodes([store, store]);
      await expectLegal('etcd, 2 nodes', nodes);
    },
    DURATION_MS + 30_000,
  );
});
