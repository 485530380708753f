/** From `push` to traffic, on a real node with real processes. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AppNode, startAppNode, startOtherCell } from './support/app-node.ts';
import { ask } from './support/http-client.ts';
import { startLoad } from './support/steady-load.ts';
import { HELLO_FOLDER } from './support/troupe-node.ts';
import { eventually, World } from './support/world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.end(), 60_000);

const HOST = 'hello.localhost';
const get = (node: AppNode, headers = {}) => ask(node.node.ports.router, HOST, '/', headers);

/** Processes of the apps of this node: they carry the directory of its cell. */
function appProcesses(dataDir: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
        return environment.includes(`TROUPE_CELL=${dataDir}`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function leavesNothing(node: AppNode): Promise<void> {
  await eventually('no process is left', () => appProcesses(node.dataDir).length === 0);
  const containers = join(node.dataDir, 'cell', 'containers');
  await eventually('no directory is left', () => readdirSync(containers).length === 0);
  await eventually('no route is left', async () => {
    return (await node.node.addressesOf(HOST)).length === 0;
  });
  expect(await node.actuals()).toEqual([]);
}

function writeApp(name: string, files: Readonly<Record<string, string>>): string {
  const directory = join(world.dataDir(), name);
  mkdirSync(directory, { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(directory, path), text);
  return directory;
}

describe('an app', { timeout: 120_000 }, () => {
  it('answers from each of its instances in turn, and a sticky session holds one', async () => {
    const node = await startAppNode(world);
    const pushed = await node.ok('push', HELLO_FOLDER, '-i', '3');
    expect(pushed).toContain('http://hello.localhost:');
    const seen = new Set<string>();
    for (let count = 0; count < 9; count += 1) {
      const { status, body } = await get(node);
      expect(status).toBe(200);
      seen.add(/instance (\d)/.exec(body)?.[1] ?? '');
    }
    expect([...seen].toSorted()).toEqual(['0', '1', '2']);
    const first = await ask(node.node.ports.router, HOST, '/sticky');
    const cookies = [first.headers['set-cookie'] ?? []].flat().map((line) => line.split(';')[0]);
    expect(cookies.join()).toContain('__VCAP_ID__');
    const held = new Set<string>();
    for (let count = 0; count < 6; count += 1) {
      const { body } = await get(node, { cookie: cookies.join('; ') });
      held.add(/instance (\d)/.exec(body)?.[1] ?? '');
    }
    expect(held.size).toBe(1);
  });

  it('is restarted after kill -9 without a failed request, and leaves nothing behind', async () => {
    const node = await startAppNode(world);
    await node.ok('push', HELLO_FOLDER, '-i', '3');
    const load = startLoad({ port: node.node.ports.router, host: HOST, perSecond: 100 });
    const victims = appProcesses(node.dataDir);
    process.kill(victims[victims.length - 1] ?? 0, 'SIGKILL');
    await eventually('a crash is counted', async () => {
      return (await node.actuals()).some(({ crash_count: count = 0 }) => count > 0);
    });
    await eventually('three instances run', async () => {
      return (await node.actuals()).filter(({ state }) => state === 'RUNNING').length === 3;
    });
    const { failed, faults } = await load.stop();
    expect([failed, faults]).toEqual([0, []]);
    await node.ok('scale', 'hello', '5');
    expect((await node.actuals()).filter(({ state }) => state === 'RUNNING')).toHaveLength(5);
    await node.ok('scale', 'hello', '0');
    await leavesNothing(node);
    await node.ok('scale', 'hello', '1');
    await node.ok('delete', 'hello');
    await leavesNothing(node);
    expect(readdirSync(join(node.dataDir, 'droplets'))).toEqual([]);
  });

  it('that crashes again and again shows its back-off', async () => {
    const node = await startAppNode(world);
    const directory = writeApp('crasher', { 'run.sh': 'sleep 0.2; exit 3\n' });
    await node.troupe(
      'push',
      directory,
      '--command',
      'sh run.sh',
      '--health-check',
      'process',
      '--timeout',
      '5s',
    );
    await eventually('it is CRASHED', async () => {
      return (await node.actuals()).some(({ state }) => state === 'CRASHED');
    });
    const shown = await node.ok('app', 'crasher');
    expect(shown).toContain('Exited with status 3');
    expect(shown).toMatch(/restarts in about \d+ s/);
    await node.ok('delete', 'crasher');
    await leavesNothing(node);
  });

  it('comes back when the node was killed, and nothing of before is left', async () => {
    const node = await startAppNode(world);
    await node.ok('push', HELLO_FOLDER, '-i', '2');
    const before = appProcesses(node.dataDir);
    expect(before.length).toBeGreaterThanOrEqual(2);
    await node.node.child.kill();
    const again = world.launchNode(node.node.ports, node.dataDir, node.settings);
    world.onEnd(async () => {
      again.child.signal('SIGINT');
      await again.child.exited;
    });
    await again.isUp();
    await eventually(
      'the app answers again',
      async () => (await get(node).catch(() => ({ status: 0 }))).status === 200,
      30_000,
    );
    const alive = new Set(appProcesses(node.dataDir));
    expect(before.filter((pid) => alive.has(pid))).toEqual([]);
  });
});

describe('without a failed request at 200 a second', { timeout: 180_000 }, () => {
  it('an app is restarted, one instance after the other', async () => {
    const node = await startAppNode(world);
    await node.ok('push', HELLO_FOLDER, '-i', '2');
    const load = startLoad({ port: node.node.ports.router, host: HOST, perSecond: 200 });
    await node.ok('restart', 'hello');
    const { sent, failed, faults } = await load.stop();
    expect([failed, faults]).toEqual([0, []]);
    expect(sent).toBeGreaterThan(100);
    await node.ok('delete', 'hello');
  });

  it('a cell is evacuated to one that knows BBS and Locket alone', async () => {
    const node = await startAppNode(world);
    await node.ok('push', HELLO_FOLDER, '-i', '2');
    const other = await startOtherCell(node, 'cell-2');
    await eventually('both cells are there', async () => {
      const { cells } = await node.bbs('/v1/cells/list.r1');
      return (cells as unknown[]).length === 2;
    });
    const load = startLoad({ port: node.node.ports.router, host: HOST, perSecond: 200 });
    await node.ok('evacuate', 'cell-1');
    const rows = await node.actuals();
    const { failed, faults } = await load.stop();
    expect([failed, faults]).toEqual([0, []]);
    expect(rows.map((row) => [row.state, row.actual_lrp_instance_key.cell_id])).toEqual([
      ['RUNNING', 'cell-2'],
      ['RUNNING', 'cell-2'],
    ]);
    // Back to nowhere: the only cell that is left ends without an evacuation.
    other.signal('SIGTERM');
    await other.exited;
  });
});

describe('what the log says', { timeout: 60_000 }, () => {
  it('scaling from one to two reads as it always did (seed article)', async () => {
    const node = await startAppNode(world, { 'logging.level': 'debug' });
    await node.ok('push', HELLO_FOLDER, '-i', '1');
    const before = node.node.logLines().length;
    await node.ok('scale', 'hello', '2');
    await eventually('the second instance is registered', async () => {
      return (await node.node.addressesOf(HOST)).length === 2;
    });
    const lines = node.node.logLines().slice(before);
    const wanted = [
      'route-emitter.watcher.handling-desired-update.starting',
      'route-emitter.watcher.handling-desired-update.complete',
      'route-emitter.watcher.handling-actual-update.starting',
      'route-emitter.watcher.handling-actual-update.emitting-messages',
      'route-emitter.watcher.handling-actual-update.complete',
    ];
    const messages = lines.map(({ message }) => message);
    let at = -1;
    for (const message of wanted) {
      at = messages.indexOf(message, at + 1);
      expect(at, message).toBeGreaterThanOrEqual(0);
    }
    const emitting = 'route-emitter.watcher.handling-actual-update.emitting-messages';
    const emitted = lines.filter(({ message }) => message === emitting);
    expect(JSON.stringify(emitted)).toContain(HOST);
    expect(messages).toContain('route-emitter.nats-emitter.emit');
  });
});

it('no container outlives an orderly stop', { timeout: 60_000 }, async () => {
  const node = await startAppNode(world);
  await node.ok('push', HELLO_FOLDER, '-i', '2');
  expect(appProcesses(node.dataDir).length).toBeGreaterThanOrEqual(2);
  node.node.child.signal('SIGTERM');
  expect(await node.node.child.exited).toBe(0);
  expect(appProcesses(node.dataDir)).toEqual([]);
  // Not even as a zombie.
  const zombies = execFileSync('ps', ['-eo', 'stat,args']).toString();
  expect(
    zombies.split('\n').filter((line) => line.startsWith('Z') && line.includes('hello')),
  ).toEqual([]);
});
