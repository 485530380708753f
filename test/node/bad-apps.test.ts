/** Apps that are broken or hostile: each ends in the right state, and the node stays healthy. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ActualJson, type AppNode, startAppNode } from './support/app-node.ts';
import { startLoad } from './support/steady-load.ts';
import { HELLO_FOLDER } from './support/troupe-node.ts';
import { eventually, World } from './support/world.ts';

const world = new World();
let node: AppNode;
let load: ReturnType<typeof startLoad>;

const HOST = 'hello.localhost';
const ABSENT_DROPLET = '/v1/droplets/none';

beforeAll(async () => {
  node = await startAppNode(world);
  await node.ok('push', HELLO_FOLDER, '-i', '1');
  load = startLoad({ port: node.node.ports.router, host: HOST, perSecond: 50 });
}, 60_000);
afterAll(() => world.end(), 60_000);

const shell = (script: string) => ({
  run_action: { path: '/bin/sh', args: ['-c', script], user: 'vcap' },
});

/** Downloads from the file server of the node; the checksum is that of an empty file. */
const download = (path: string) => ({
  download_action: {
    from: `http://127.0.0.1:${node.settings['file_server.port']}${path}`,
    to: '.',
    user: 'vcap',
    checksum_algorithm: 'sha256',
    checksum_value: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  },
});

const PORT_CHECK = { checks: [{ tcp_check: { port: 8080 } }] };
const FORKS = 'i=0; while [ $i -lt 300 ]; do sleep 60 & i=$((i+1)); done; wait';
const HOG = `${process.execPath} -e "const a=[];setInterval(()=>a.push(Buffer.alloc(2e7,1)),10)"`;

interface Row {
  readonly name: string;
  readonly fields: () => object;
  readonly isOver: (row: ActualJson) => boolean;
}

const crashedWith =
  (reason: RegExp) =>
  ({ crash_reason: own = '', crash_count: count = 0 }: ActualJson): boolean =>
    count > 0 && reason.test(own);

const ROWS: readonly Row[] = [
  {
    name: 'program-that-is-not-there',
    fields: () => ({ action: { run_action: { path: '/no/such/program', user: 'vcap' } } }),
    isOver: crashedWith(/no such|not found|could not/i),
  },
  {
    name: 'droplet-that-is-not-there',
    fields: () => ({ setup: download(ABSENT_DROPLET), action: shell('sleep 60') }),
    isOver: crashedWith(/Downloading failed/),
  },
  {
    name: 'wrong-checksum',
    // Something is there, but not what was promised.
    fields: () => ({ setup: download('/v1/droplets'), action: shell('sleep 60') }),
    isOver: crashedWith(/checksum/i),
  },
  {
    name: 'port-that-never-opens',
    fields: () => ({
      action: shell('sleep 60'),
      check_definition: PORT_CHECK,
      ports: [8080],
      start_timeout_ms: '1000',
    }),
    isOver: crashedWith(/^Instance never healthy after 1s/),
  },
  {
    name: 'memory-hog',
    fields: () => ({ action: shell(HOG), memory_mb: 128 }),
    isOver: crashedWith(/out of memory/),
  },
  {
    name: 'fork-storm',
    fields: () => ({ action: shell(FORKS), max_pids: 40 }),
    isOver: crashedWith(/too many processes|Exited with status/),
  },
  {
    name: 'output-flood',
    fields: () => ({ action: shell('yes flood') }),
    isOver: ({ state }) => state === 'RUNNING',
  },
  {
    name: 'too-large-for-any-cell',
    fields: () => ({ action: shell('sleep 60'), memory_mb: 100_000_000 }),
    isOver: ({ placement_error: error = '' }) => error.includes('insufficient resources: memory'),
  },
  {
    name: 'unknown-root-file-system',
    fields: () => ({ action: shell('sleep 60'), root_fs: 'docker:///busybox' }),
    isOver: ({ placement_error: error = '' }) =>
      error === 'found no compatible cell for required rootfs',
  },
];

describe('beside an app that serves', { timeout: 60_000 }, () => {
  it.concurrent.each(ROWS)('$name', async ({ name, fields, isOver }) => {
    const desired_lrp = {
      process_guid: name,
      domain: 'dom',
      log_guid: name,
      root_fs: 'preloaded:cflinuxfs4',
      instances: 1,
      memory_mb: 64,
      disk_mb: 64,
      metric_tags: { source_id: { static: name } },
      ...fields(),
    };
    const answer = await node.bbs('/v1/desired_lrp/desire.r2', { desired_lrp });
    expect(answer).toEqual({});
    const own = async () =>
      (await node.actuals()).find(({ actual_lrp_key: key }) => key.process_guid === name);
    let last: ActualJson | undefined;
    const isThere = async (): Promise<boolean> => {
      last = await own();
      return last !== undefined && isOver(last);
    };
    await eventually(`${name} is over`, isThere, 30_000).catch((error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify(last)}`);
    });
    await node.bbs('/v1/desired_lrp/remove', { process_guid: name });
    await eventually(`${name} is gone`, async () => (await own()) === undefined, 30_000);
  });

  it('an LRP without an action is refused at once', async () => {
    const desired_lrp = { process_guid: 'idle', domain: 'dom', root_fs: 'preloaded:x' };
    const { error } = await node.bbs('/v1/desired_lrp/desire.r2', { desired_lrp });
    expect(error).toMatchObject({ type: 'InvalidRequest' });
  });
});

it('the app that serves lost no request, and no actor crashed', async () => {
  const { sent, failed, faults } = await load.stop();
  expect([failed, faults]).toEqual([0, []]);
  expect(sent).toBeGreaterThan(50);
  expect(node.node.countLogged('actor-crashed')).toBe(0);
  expect(await node.node.health()).toBe(200);
});
