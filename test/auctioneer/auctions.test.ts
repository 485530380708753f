/** The auctioneer over a real BBS and cells that play their part (diego.md §13.1, §13.2). */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../node/support/world.ts';
import { freePort } from '../support/free-ports.ts';
import {
  type AuctioneerUnderTest,
  type BbsAndClient,
  startAuctioneer,
  startBbs,
} from './auctioneer-kit.ts';
import { type FakeRep, repState, startFakeRep } from './fake-rep.ts';

let reps: FakeRep[] = [];
let world: BbsAndClient;
let auctioneer: AuctioneerUnderTest;
const url = () => auctioneer.url();

beforeEach(async () => {
  const port = await freePort();
  world = await startBbs(`http://127.0.0.1:${port}`);
  auctioneer = startAuctioneer(world.bbs.baseUrl, { port, communicationTimeoutMs: 2000 });
  await auctioneer.system.ready;
});

afterEach(async () => {
  await auctioneer.stop();
  await world.bbs.stop();
  await Promise.all(reps.map((rep) => rep.close()));
  reps = [];
});

async function addRep(cellId: string): Promise<FakeRep> {
  const rep = await startFakeRep(cellId);
  reps.push(rep);
  await world.bbs.registerCell(cellId, rep.url);
  return rep;
}

const post = (path: string, body: string) => fetch(url() + path, { method: 'POST', body });
const lrpsOf = (rep: FakeRep) =>
  rep.works.flatMap((work) => work['LRPs'] as Readonly<Record<string, unknown>>[]);

it('takes an instance from the BBS to a cell', async () => {
  const rep = await addRep('cell-a');
  await world.desireLrp('guid', { instances: 1 });
  await eventually('work is there', () => rep.works.length > 0);
  expect(rep.works).toEqual([
    {
      LRPs: [
        {
          instance_guid: '',
          process_guid: 'guid',
          index: 0,
          domain: 'dom',
          PlacementTags: [],
          VolumeDrivers: [],
          RootFs: 'preloaded:cflinuxfs4',
          MemoryMB: 128,
          DiskMB: 256,
          MaxPids: 0,
          state: '',
        },
      ],
      Tasks: [],
      cell_id: 'cell-a',
    },
  ]);
});

it('spreads instances over two cells, one request for each', async () => {
  const one = await addRep('cell-a');
  const other = await addRep('cell-b');
  await world.desireLrp('guid', { instances: 4, memory_mb: 1, disk_mb: 1 });
  await eventually('all are placed', () => lrpsOf(one).length + lrpsOf(other).length === 4);
  expect([lrpsOf(one).length, lrpsOf(other).length]).toEqual([2, 2]);
  expect([one.works.length, other.works.length]).toEqual([1, 1]);
});

it('takes a task to a cell', async () => {
  const rep = await addRep('cell-a');
  await world.desireTask('task-1', { max_pids: 5 });
  await eventually('work is there', () => rep.works.length > 0);
  expect(rep.works[0]?.['Tasks']).toEqual([
    {
      TaskGuid: 'task-1',
      Domain: 'dom',
      PlacementTags: [],
      VolumeDrivers: [],
      RootFs: 'preloaded:cflinuxfs4',
      MemoryMB: 64,
      DiskMB: 32,
      MaxPids: 5,
      state: 'Invalid',
      failed: false,
    },
  ]);
});

it('tells the BBS why there is no place', async () => {
  await addRep('cell-a');
  await world.desireLrp('guid', { memory_mb: 5000 });
  const error = 'insufficient resources: memory';
  await eventually('it is told', async () =>
    (await world.instances('guid')).includes(`UNCLAIMED ${error}`),
  );
  await world.desireTask('task-1', { placement_tags: ['x'] });
  await eventually('it is told', async () => (await world.task('task-1'))?.rejection_count === 1);
  expect((await world.task('task-1'))?.rejection_reason).toBe(
    'found no compatible cell with placement tag "x"',
  );
});

it('without a cell says that none can be reached', async () => {
  await world.desireLrp('guid');
  await eventually('it is told', async () =>
    (await world.instances('guid')).includes('UNCLAIMED unable to communicate to compatible cells'),
  );
});

it.each<[string, (rep: FakeRep) => void, requests: number]>([
  [
    'evacuates',
    (rep) => Object.assign(rep, { state: repState('cell-a', { Evacuating: true }) }),
    1,
  ],
  ['is another one', (rep) => Object.assign(rep, { state: repState('stranger') }), 4],
  ['is unhealthy', (rep) => Object.assign(rep, { stateStatus: 503 }), 4],
  ['answers with rubbish', (rep) => Object.assign(rep, { state: [] }), 4],
])('passes over a cell that %s', async (_name, spoil, requests) => {
  const bad = await addRep('cell-a');
  spoil(bad);
  await world.desireLrp('guid');
  await eventually('it is told', async () =>
    (await world.instances('guid')).includes('UNCLAIMED unable to communicate to compatible cells'),
  );
  // While not one cell answers, all are asked again.
  expect(bad.stateRequests).toBe(requests);
  const good = await addRep('cell-b');
  await world.desireLrp('other');
  await eventually('the good one has it', () => lrpsOf(good).length === 1);
  expect(bad.works).toEqual([]);
  expect(bad.stateRequests).toBe(requests + 1);
});

it('takes the requests of the time of an auction into the next one', async () => {
  const rep = await addRep('cell-a');
  const held = Promise.withResolvers<object>();
  rep.onWork = () => held.promise;
  await world.desireLrp('first', { memory_mb: 1, disk_mb: 1 });
  await eventually('the first is with the cell', () => rep.works.length === 1);
  await world.desireLrp('second', { memory_mb: 1, disk_mb: 1 });
  await world.desireLrp('third', { memory_mb: 1, disk_mb: 1 });
  await world.bbs.idle();
  expect(rep.works).toHaveLength(1);
  held.resolve({});
  await eventually('the others follow', () => rep.works.length === 2);
  const guids = lrpsOf(rep).map((lrp) => lrp['process_guid']);
  expect(guids.toSorted()).toEqual(['first', 'second', 'third']);
});

it('reports nothing when the cell cannot be told, or gives the work back', async () => {
  const rep = await addRep('cell-a');
  rep.workStatus = 500;
  await world.desireLrp('lost');
  await eventually('it was tried', () => rep.works.length === 1);
  const logged = (message: string) => auctioneer.lines.filter((line) => line.message === message);
  await eventually(
    'it is in the log',
    () => logged('auctioneer.auction.failed-to-commit').length === 1,
  );
  rep.workStatus = 200;
  rep.onWork = (work) => work;
  await world.desireLrp('returned');
  await world.desireTask('returned-task');
  const gaveBack = () => [
    ...logged('auctioneer.auction.lrp-failed-to-be-placed'),
    ...logged('auctioneer.auction.task-failed-to-be-placed'),
  ];
  await eventually('both came back', () => gaveBack().length === 2);
  await eventually('it rests', () => auctioneer.state().includes('idle'));
  expect(await world.instances('lost')).toEqual(['UNCLAIMED']);
  expect(await world.instances('returned')).toEqual(['UNCLAIMED']);
  expect((await world.task('returned-task'))?.rejection_count).toBe(0);
});

it('takes requests that come by name in the same node', async () => {
  const rep = await addRep('cell-a');
  const request = {
    process_guid: 'guid',
    domain: 'd',
    indices: [3],
    RootFs: 'preloaded:cflinuxfs4',
    PlacementTags: null,
    VolumeDrivers: null,
  };
  const { system } = auctioneer;
  system.tell('auctioneer', { type: 'LRP_AUCTION_REQUESTED', requests: [request] });
  const task = { TaskGuid: 't', RootFs: 'preloaded:cflinuxfs4' };
  system.tell('auctioneer', { type: 'TASK_AUCTION_REQUESTED', requests: [task] });
  await eventually('work is there', () => rep.works.length > 0);
  expect(lrpsOf(rep)[0]).toMatchObject({ process_guid: 'guid', index: 3 });
});

it.each<[path: string, body: string, status: number, answer: object]>([
  ['/v1/lrps', '[]', 202, {}],
  ['/v1/tasks', '[]', 202, {}],
  ['/v1/lrps', 'null', 202, {}],
  // Not valid, so left out; the request as a whole is taken.
  ['/v1/lrps', '[{"process_guid":"","domain":"d","indices":[0],"RootFs":"a:b"}]', 202, {}],
  ['/v1/lrps', '{', 400, { error: expect.any(String) }],
  ['/v1/lrps', '{}', 400, { error: 'the body is no list' }],
  ['/v1/lrps', '[{"process_guid":7}]', 400, { error: 'process_guid is no text' }],
  ['/v1/lrps', '["x"]', 400, { error: 'it is no object' }],
  ['/v1/tasks', '[{"TaskGuid":"t","MemoryMB":"much"}]', 400, { error: expect.any(String) }],
  ['/v1/other', '[]', 404, { error: 'there is no such route' }],
])('POST %s %s → %i', async (path, body, status, answer) => {
  const response = await post(path, body);
  expect([response.status, await response.json()]).toEqual([status, answer]);
});

it('refuses other methods, and bodies without end', async () => {
  const get = await fetch(`${url()}/v1/lrps`);
  expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
  const large = await post('/v1/lrps', ' '.repeat(16 * 1024 * 1024 + 1));
  expect(large.status).toBe(413);
});

it('skips what is not valid and takes the rest', async () => {
  const rep = await addRep('cell-a');
  const good = { domain: 'd', indices: [0, 1], RootFs: 'preloaded:cflinuxfs4', process_guid: 'g' };
  const bad = [
    { ...good, indices: [] },
    { ...good, domain: '' },
    { ...good, RootFs: '' },
    { ...good, MemoryMB: -1 },
    { ...good, indices: [-1] },
  ];
  expect((await post('/v1/lrps', JSON.stringify([...bad, good, good]))).status).toBe(202);
  await eventually('work is there', () => rep.works.length > 0);
  expect(lrpsOf(rep).map((lrp) => lrp['index'])).toEqual([0, 1]);
  const refused = auctioneer.lines.filter(({ message }) => message.endsWith('validate-failed'));
  expect(refused.map(({ data }) => data?.['error'])).toEqual([
    'indices are empty',
    'domain is empty',
    'rootfs is empty',
    'memory is below 0',
    'an index is below 0',
  ]);
});

it('waits a second when the BBS does not answer, and goes on', async () => {
  const rep = await addRep('cell-a');
  const port = await freePort();
  const lonely = startAuctioneer(`http://127.0.0.1:${port}`, { port: 0 });
  try {
    await lonely.system.ready;
    const requests = [{ TaskGuid: 't', RootFs: 'preloaded:cflinuxfs4' }];
    lonely.system.tell('auctioneer', { type: 'TASK_AUCTION_REQUESTED', requests });
    await eventually('it pauses', () => lonely.state().includes('pausing'));
    expect(rep.stateRequests).toBe(0);
    await eventually('it tries again', () => {
      const tries = lonely.lines.filter(({ message }) => message.endsWith('to-fetch-cell-reps'));
      return tries.length === 2;
    });
  } finally {
    await lonely.stop();
  }
});
