import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { CELL_LIMITS } from '../../../src/cell/options.ts';
import { createRepServer } from '../../../src/cell/rep/rep-server.ts';
import { type Scene, scene } from './scene.ts';

let close = (): void => {};
afterEach(() => close());

interface Answer {
  readonly status: number;
  readonly body: string;
}

const faults: unknown[] = [];

async function open(own: Scene): Promise<(words: string, body?: string) => Promise<Answer>> {
  const server = createRepServer(own.state, (error) => faults.push(error));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  close = () => {
    server.close();
    server.closeAllConnections();
  };
  const { port } = server.address() as AddressInfo;
  return (words, body = '') =>
    new Promise((resolve, reject) => {
      const [method, path] = words.split(' ');
      const sent = request({ port, method, path, host: '127.0.0.1' }, (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
      });
      sent.on('error', reject);
      sent.end(body);
    });
}

const lrp = (index: number, more: object = {}) => ({
  process_guid: 'pg',
  index,
  domain: 'dom',
  MemoryMB: 100,
  DiskMB: 100,
  ...more,
});

describe('POST /work', () => {
  it('reserves what fits and answers what does not (diego.md §13.3)', async () => {
    const own = scene({}, false);
    const call = await open(own);
    const work = {
      LRPs: [lrp(0), lrp(1, { MemoryMB: 5000 })],
      Tasks: [{ TaskGuid: 'task', Domain: 'dom', MemoryMB: 1, DiskMB: 1 }],
      cell_id: 'cell-a',
    };
    const { status, body } = await call('POST /work', JSON.stringify(work));
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({
      LRPs: [lrp(1, { MemoryMB: 5000 })],
      cell_id: 'cell-a',
    });
    expect(own.executor.list().map(({ allocation }) => allocation.owner)).toMatchObject([
      { lifecycle: 'lrp', processGuid: 'pg', index: 0 },
      { lifecycle: 'task', domain: 'dom' },
    ]);
    expect(own.executor.list()[0]?.allocation.guid).toMatch(/^[0-9a-f-]{28}$/);
  });

  it('answers {} when all is taken', async () => {
    const call = await open(scene({}, false));
    expect(await call('POST /work', JSON.stringify({ LRPs: [lrp(0)] }))).toEqual({
      status: 200,
      body: '{}',
    });
  });

  it('takes nothing while it evacuates', async () => {
    const own = scene({}, true);
    const call = await open(own);
    const work = { LRPs: [lrp(0)], Tasks: [{ TaskGuid: 'task', Domain: 'dom' }] };
    expect(JSON.parse((await call('POST /work', JSON.stringify(work))).body)).toMatchObject(work);
    expect(own.executor.list()).toEqual([]);
  });

  it('refuses the work of another cell', async () => {
    const call = await open(scene({}, false));
    const body = JSON.stringify({ LRPs: [lrp(0)], cell_id: 'cell-b' });
    expect((await call('POST /work', body)).status).toBe(500);
  });

  it.each(['', '{', '[]', '{"LRPs":3}', '{"LRPs":[{"process_guid":"pg"}]}', '{"Tasks":[{}]}'])(
    'answers 400 to %s',
    async (body) => {
      const own = scene({}, false);
      const call = await open(own);
      expect((await call('POST /work', body)).status).toBe(400);
      expect(own.executor.list()).toEqual([]);
    },
  );
});

describe('the other routes', () => {
  it('tells the state of the cell with every key of the original', async () => {
    const own = scene({}, false);
    const call = await open(own);
    await call('POST /work', JSON.stringify({ LRPs: [lrp(3)] }));
    const { status, body } = await call('GET /state');
    expect(status).toBe(200);
    const guid = own.executor.list()[0]?.allocation.guid;
    expect(JSON.parse(body)).toEqual({
      rep_url: 'http://127.0.0.1:0',
      cell_id: 'cell-a',
      cell_index: 0,
      RootFSProviders: { preloaded: { type: 'fixed_set', set: { cflinuxfs4: {} } } },
      AvailableResources: { MemoryMB: 924, DiskMB: 1948, Containers: 9 },
      TotalResources: { MemoryMB: 1024, DiskMB: 2048, Containers: 10 },
      LRPs: [
        {
          instance_guid: guid,
          process_guid: 'pg',
          index: 3,
          domain: 'dom',
          PlacementTags: [],
          VolumeDrivers: [],
          RootFs: '',
          MemoryMB: 100,
          DiskMB: 100,
          MaxPids: 0,
          state: 'RESERVED',
        },
      ],
      Tasks: [],
      StartingContainerCount: 1,
      Zone: 'z1',
      Evacuating: false,
      VolumeDrivers: [],
      PlacementTags: [],
      OptionalPlacementTags: [],
      ProxyMemoryAllocationMB: 0,
    });
  });

  it('stops an instance of this process, and none of another', async () => {
    const own = scene({}, false);
    const call = await open(own);
    await call('POST /work', JSON.stringify({ LRPs: [lrp(0)] }));
    const guid = own.executor.list()[0]?.allocation.guid ?? '';
    expect((await call(`POST /v1/lrps/other/instances/${guid}/stop`)).status).toBe(500);
    expect(own.executor.asked).toEqual(['allocate']);
    expect((await call(`POST /v1/lrps/pg/instances/${guid}/stop`)).status).toBe(202);
    expect(own.executor.asked).toEqual(['allocate', 'stop']);
  });

  it('takes new routes and tags of an instance', async () => {
    const own = scene({}, false);
    const call = await open(own);
    await call('POST /work', JSON.stringify({ LRPs: [lrp(0)] }));
    const guid = own.executor.list()[0]?.allocation.guid ?? '';
    const path = `PUT /v2/lrps/pg/instances/${guid}`;
    const update = { index: 0, internal_routes: [{ hostname: 'a.internal' }], metric_tags: null };
    expect((await call(path, JSON.stringify(update))).status).toBe(202);
    expect(own.state.news.get(guid)?.internalRoutes).toEqual([{ hostname: 'a.internal' }]);
    expect((await call(path, '{"index":7}')).status).toBe(400);
    expect((await call(path, 'no')).status).toBe(400);
  });

  it('starts an evacuation, and tells where the end can be seen', async () => {
    const own = scene({}, false);
    const call = await open(own);
    const answer = await call('POST /evacuate');
    expect(answer).toEqual({ status: 202, body: '{"ping_path":"/ping"}' });
    expect(own.told).toEqual(['cell/evacuation!EVACUATION_REQUESTED']);
    expect((await call('GET /ping')).status).toBe(200);
  });

  it('resets in simulations only', async () => {
    const real = scene({}, false);
    const call = await open(real);
    await call('POST /work', JSON.stringify({ LRPs: [lrp(0)] }));
    expect((await call('POST /sim/reset')).status).toBe(404);
    expect(real.executor.list()).toHaveLength(1);
    close();
    const simulated = scene({}, false, { isResettable: true });
    const callSimulated = await open(simulated);
    await callSimulated('POST /work', JSON.stringify({ LRPs: [lrp(0)] }));
    expect((await callSimulated('POST /sim/reset')).status).toBe(200);
    expect(simulated.executor.list()).toEqual([]);
  });

  it('answers 404 to what it does not know, and 413 to what is too long', async () => {
    const call = await open(scene({}, false));
    expect((await call('GET /v1/nothing')).status).toBe(404);
    expect((await call('POST /work', ' '.repeat(CELL_LIMITS.bodyBytes + 1))).status).toBe(413);
  });
});

it('survives any path and body, and changes nothing for them', async () => {
  const own = scene({}, false);
  const call = await open(own);
  const methods = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE');
  const part = fc.constantFrom('work', 'v1', 'v2', 'lrps', 'tasks', 'instances', '%', '%ff', '..');
  const path = fc.array(part, { maxLength: 6 }).map((parts) => `/${parts.join('/')}`);
  const body = fc.oneof(fc.string(), fc.json());
  await fc.assert(
    fc.asyncProperty(methods, path, body, async (method, where, text) => {
      const { status } = await call(`${method} ${where}`, text);
      expect([200, 202, 400, 404, 500]).toContain(status);
      expect(own.executor.list()).toEqual([]);
    }),
    { numRuns: 300 },
  );
  expect(faults).toEqual([]);
});
