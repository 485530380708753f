/** What the node answers below `/inspector/`. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRealClock } from '../../src/adapters/clock/real-clock.ts';
import { createNodeInspector } from '../../src/inspector/index.ts';
import { viewRoutes } from '../../src/inspector/view-routes.ts';
import type { ActorView, EventsView, LrpsView } from '../../src/inspector/views.ts';
import { kill } from '../kernel/kill.ts';
import { eventually, World } from '../node/support/world.ts';
import { freePort } from '../support/free-ports.ts';
import {
  type InspectedNode,
  PASSWORD,
  startInspectedRouter,
  USER,
} from './support/inspected-node.ts';
import { silentLog } from './support/silent-log.ts';

const BUILD = join(import.meta.dirname, '..', '..', 'scripts', 'build-inspector.js');

const world = new World();
let node: InspectedNode;
beforeAll(async () => {
  execFileSync(process.execPath, [BUILD]);
  node = await startInspectedRouter(world);
});
afterAll(() => world.end());

const authorization = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
const get = (path: string, method = 'GET') =>
  fetch(node.url + path, { method, headers: { authorization }, redirect: 'manual' });
const json = async <T>(path: string): Promise<T> => (await (await get(path)).json()) as T;

const flat = (actor: ActorView): ActorView[] => [actor, ...actor.children.flatMap(flat)];
const actorNamed = async (name: string): Promise<ActorView | undefined> =>
  flat(await json<ActorView>('/inspector/api/tree')).find((actor) => actor.name === name);

describe('the files of the page', () => {
  it('are small, complete, and need nothing from elsewhere', async () => {
    let bytes = 0;
    for (const [path, type] of [
      ['', 'text/html'],
      ['page.js', 'text/javascript'],
      ['page.css', 'text/css'],
      ['charts/actual-lrp.svg', 'image/svg+xml'],
    ] as const) {
      const answer = await get(`/inspector/${path}`);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toContain(type);
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
      const text = await answer.text();
      bytes += Buffer.byteLength(text);
      const addresses = text.match(/https?:\/\/[^\s"'`)]+/g) ?? [];
      expect(addresses.filter((url) => !url.startsWith('http://www.w3.org/'))).toEqual([]);
    }
    expect(bytes).toBeLessThan(300 * 1024);
  });

  it('are all that there is: no other path reaches a file', async () => {
    for (const path of [
      'nothing',
      'api/nothing',
      'api/constructor',
      'charts/nothing.svg',
      'charts/..%2f..%2fpackage.json',
      'charts/%2e%2e/README.md',
      '..%2fserver.ts',
    ]) {
      expect([path, (await get(`/inspector/${path}`)).status]).toEqual([path, 404]);
    }
    expect((await get('/elsewhere')).status).toBe(404);
    const moved = await get('/inspector');
    expect([moved.status, moved.headers.get('location')]).toEqual([302, '/inspector/']);
  });

  it('are only read', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      expect((await get('/inspector/api/tree', method)).status).toBe(405);
    }
    const head = await get('/inspector/', 'HEAD');
    expect([head.status, await head.text()]).toEqual([200, '']);
  });
});

describe('the API', () => {
  it('shows each actor with its machine, and after a crash with the stack', async () => {
    const tree = await json<ActorView>('/inspector/api/tree');
    expect(flat(tree).map(({ name, machine }) => [name, machine])).toContainEqual([
      'router/registrar',
      'registrar',
    ]);
    kill(node.system, 'router/registrar');
    const isBack = async () => {
      const actor = await actorNamed('router/registrar');
      return actor?.restarts === 1 && actor.status === 'ready';
    };
    await eventually('it is restarted', isBack);
    const actor = await actorNamed('router/registrar');
    expect(actor?.stack).toContain('Error: injected by the test\n');
    expect(actor?.stack).toContain('(test/kernel/kill.ts:');
    expect(actor?.stack).not.toContain(process.cwd());
  });

  it('gives the events from a number on', async () => {
    const all = await json<EventsView>('/inspector/api/events');
    expect(all.records[0]?.sequence).toBe(1);
    expect(all.records.at(-1)?.sequence).toBe(all.last);
    const some = await json<EventsView>(`/inspector/api/events?since=${all.last - 4}`);
    expect(some.records.slice(0, 5)).toEqual(all.records.slice(-5));
    for (const since of ['-1', 'x', '1e400', '']) {
      const own = await json<EventsView>(`/inspector/api/events?since=${since}`);
      expect(own.records[0]?.sequence).toBe(1);
    }
    const ahead = await json<EventsView>('/inspector/api/events?since=999999999');
    expect(ahead).toMatchObject({ records: [], dropped: 0 });
  });

  it('shows dead letters', async () => {
    node.system.tell('nobody', { type: 'LOST' });
    const view = await json<{ recent: { to: string }[]; counts: Record<string, number> }>(
      '/inspector/api/dead-letters',
    );
    expect(view.recent.at(-1)?.to).toBe('nobody');
    expect(view.counts['no-such-actor']).toBeGreaterThan(0);
  });

  it('has the graph of every machine', async () => {
    const graphs = await json<{ id: string }[]>('/inspector/api/machines');
    expect(graphs.map(({ id }) => id)).toContain('actual-lrp');
  });

  it('says that there is no BBS, no cell and no route', async () => {
    expect(await json('/inspector/api/lrps')).toMatchObject({ instances: [], problem: '' });
    expect(await json('/inspector/api/cells')).toEqual([]);
    expect(await json('/inspector/api/routes')).toMatchObject({ total: 0 });
  });

  it('says that the BBS does not answer', async () => {
    const inspector = createNodeInspector({
      system: node.system,
      bbsUrl: `http://127.0.0.1:${await freePort()}`,
      router: undefined,
      clock: createRealClock(),
      log: silentLog,
    });
    const answer = await new Promise<LrpsView>((resolve) => {
      const request = { url: '/inspector/api/lrps', method: 'GET', headers: {} };
      const response = {
        req: request,
        destroyed: false,
        writeHead: () => response,
        end: (text: string) => resolve(JSON.parse(text)),
      };
      inspector.handle(request as never, response as never);
    });
    inspector.close();
    expect(answer.problem).toContain('ECONNREFUSED');
  });
});

describe('routes', () => {
  const member = (address: string, failedUntilMs = 0) => ({
    endpoint: { address, privateInstanceId: `id of ${address}` },
    updatedAtMs: 100,
    failedUntilMs,
  });
  const pools = [
    { key: 'hello.test', members: [member('10.0.0.1:80'), member('10.0.0.2:80', 500)] },
    { key: 'other.test/path', members: [member('10.0.0.3:80')] },
    { key: 'empty.test', members: [] },
  ];
  const source = {
    table: { routeCount: 3, pools: () => pools.values() },
    figures: () => ({ requests: 1 }),
  };
  const keysFor = (search: string) => viewRoutes(source, search, 400).routes.map(({ key }) => key);

  it('are found by name and by address', () => {
    expect(keysFor('')).toEqual(['hello.test', 'other.test/path', 'empty.test']);
    expect(keysFor('HELLO')).toEqual(['hello.test']);
    expect(keysFor('0.3:')).toEqual(['other.test/path']);
    expect(keysFor('none')).toEqual([]);
    const [hello] = viewRoutes(source, 'hello', 400).routes;
    expect(hello?.endpoints.map(({ isFailed, ageMs }) => [isFailed, ageMs])).toEqual([
      [false, 300],
      [true, 300],
    ]);
  });
});
