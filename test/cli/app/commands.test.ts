/** The commands for apps that are there, against a real BBS and cells that play their part. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../node/support/world.ts';
import { freePort } from '../../support/free-ports.ts';
import { AppWorld, runCli } from './app-world.ts';

let world: AppWorld;

beforeEach(async () => {
  world = new AppWorld();
  await world.start();
});
afterEach(() => world.stop());

async function pushed(instances = 1, name = 'hello'): Promise<void> {
  const directory = world.path('apps', name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'index.html'), name);
  const { exit, err } = await world.run('push', directory, '-i', String(instances));
  if (exit !== 0) throw new Error(err);
}

interface InstanceJson {
  readonly index: number;
  readonly state: string;
  readonly cell_id: string;
  readonly address: string;
  readonly crash_count: number;
  readonly restarts_in_s: number | null;
  readonly cpu_percent: number | null;
}

interface AppJson {
  readonly process_guid: string;
  readonly version: number;
  readonly wanted: number;
  readonly instances: number;
  readonly instances_now: readonly InstanceJson[];
}

const app = () => world.json<AppJson>('app', 'hello');
const running = () => world.cell.instances.size;

describe('apps and app', () => {
  it('say that there are none', async () => {
    expect((await world.run('apps')).out).toContain('troupe push DIR');
    const missing = await world.run('app', 'nothing');
    expect(missing.exit).toBe(3);
    expect(missing.err).toBe(
      'troupe: there is no app nothing\n  `troupe apps` lists those that there are\n',
    );
  });

  it('show apps in a table', async () => {
    await pushed(2);
    await pushed(1, 'other');
    const { out } = await world.run('apps');
    const [head, first, second] = out.split('\n');
    expect(head).toMatch(/^NAME +STATE +INSTANCES +MEMORY +VERSION +PUSHED +URLS$/);
    expect(first).toMatch(
      /^hello +running +2\/2 +256 M +1 +\d s ago +http:\/\/hello.localhost:8080$/,
    );
    expect(second).toMatch(/^other +running +1\/1 /);
  });

  it('show each instance with what it uses', async () => {
    await pushed(2);
    const { out } = await world.run('app', 'hello');
    expect(out).toMatch(
      /0 +1 +running +\d s +cell-1 +127\.0\.0\.1:61001 +50 M of 256 M +[\d.]+ % +0/,
    );
    expect(out).toContain('exec node troupe-static-server.cjs');
    const { instances_now: rows } = await app();
    expect(rows.map(({ index, state }) => [index, state])).toEqual([
      [0, 'RUNNING'],
      [1, 'RUNNING'],
    ]);
    expect(rows[0]?.cpu_percent).toBeGreaterThan(0);
  });

  it('show crashes, the reason, and when it starts again', async () => {
    await pushed();
    for (let crash = 1; crash <= 3; crash += 1) {
      await eventually('it runs', () => running() === 1);
      const [own] = world.cell.instances.values();
      if (own === undefined) throw new Error('nothing runs');
      await world.cell.crash(own, 'Exited with status 1');
    }
    const { out } = await world.run('app', 'hello');
    expect(out).toMatch(/crashed .* 3 +restarts in about (30|29) s: Exited with status 1/);
    const [row] = (await app()).instances_now;
    expect(row).toMatchObject({ state: 'CRASHED', crash_count: 3 });
    expect(row?.restarts_in_s).toBeGreaterThan(25);
    expect((await world.run('apps')).out).toMatch(/hello +down +0\/1/);
  });
});

describe('scale, stop, start, restart and delete', () => {
  it('scale up and down, and wait for it', async () => {
    await pushed();
    expect((await world.run('scale', 'hello', '3')).out).toBe('hello has 3 instance(s)\n');
    expect(running()).toBe(3);
    expect((await world.run('scale', 'hello', '1')).exit).toBe(0);
    expect(running()).toBe(1);
    expect((await app()).instances).toBe(1);
    expect((await world.run('scale', 'hello', 'x')).exit).toBe(2);
    expect((await world.run('scale', 'nobody', '1')).exit).toBe(3);
  });

  it('stop and start with as many as before', async () => {
    await pushed(2);
    expect((await world.run('stop', 'hello')).out).toContain('troupe start hello');
    expect(running()).toBe(0);
    expect((await world.run('apps')).out).toMatch(/hello +stopped +0\/0/);
    expect(await app()).toMatchObject({ wanted: 0, instances: 2 });
    expect((await world.run('stop', 'hello')).exit).toBe(0);
    expect((await world.run('start', 'hello')).out).toBe('hello runs with 2 instance(s)\n');
    expect(running()).toBe(2);
  });

  it('start without a name starts a node', async () => {
    expect(runCli(['start']).out()).toBe('a node starts\n');
    const stray = await runCli(['start', '--data-dir', '/x']).ended;
    expect([stray.exit, stray.out]).toEqual([2, '']);
  });

  it('restart one instance at a time', async () => {
    await pushed(3);
    const before = await app();
    world.cell.history.length = 0;
    expect((await world.run('restart', 'hello')).exit).toBe(0);
    const after = await app();
    expect(after).toMatchObject({ version: 2, wanted: 3 });
    expect(after.process_guid).not.toBe(before.process_guid);
    expect(world.cell.history.map((line) => line.charAt(0)).join('')).toBe('+-+-+-');
  });

  it('restart puts everything back when the new one does not come up', async () => {
    await pushed(2);
    const before = await app();
    let starts = 0;
    world.cell.behaviour = (guid) => {
      if (guid === before.process_guid) return 'run';
      starts += 1;
      return starts === 1 ? 'run' : 'crash';
    };
    const ran = await world.run('restart', 'hello');
    expect(ran.exit).toBe(1);
    expect(ran.err).toContain('the version before runs on');
    await eventually('both are back', () => running() === 2);
    expect(await app()).toMatchObject({ process_guid: before.process_guid, wanted: 2 });
  });

  it('delete everything that an app has', async () => {
    await pushed(2);
    expect((await world.run('delete', 'hello')).out).toBe('hello is deleted\n');
    expect(running()).toBe(0);
    expect(await world.json('apps')).toEqual([]);
    const list = await fetch(`${world.fileServer.url}/v1/droplets`);
    expect(await list.json()).toEqual([]);
    expect((await world.run('delete', 'hello')).exit).toBe(3);
  });
});

describe('logs', () => {
  const line = (sequence: number, text: string, more = {}) => ({
    sequence,
    wallMs: Date.UTC(2026, 0, 1, 10, 0, sequence),
    instanceGuid: 'i',
    index: 0,
    source: 'APP',
    stream: 'out',
    text,
    ...more,
  });

  it('come from all cells, in order', async () => {
    const second = await world.addCell('cell-2');
    await pushed();
    world.cell.say('hello', line(1, 'first'));
    world.cell.say('hello', line(3, 'third', { stream: 'err', index: 2 }));
    second.say('hello', line(2, 'second \u001b[31mred\u001b[0m \u001b]0;title\u0007'));
    const { out } = await world.run('logs', 'hello');
    expect(out.split('\n')).toEqual([
      '10:00:01.000 [APP/0] OUT first',
      '10:00:02.000 [APP/0] OUT second \u001b[31mred\u001b[0m ]0;title',
      '10:00:03.000 [APP/2] ERR third',
      '',
    ]);
    const { out: json } = await world.run('logs', 'hello', '--json');
    expect(
      json
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text).text),
    ).toHaveLength(3);
    expect((await world.run('logs', 'nobody')).exit).toBe(3);
  });

  it('are followed until Ctrl-C, and no line comes twice', async () => {
    await pushed();
    world.cell.say('hello', line(1, 'first'));
    const following = world.begin('logs', 'hello', '-f');
    await eventually('the first is there', () => following.out().includes('first'));
    world.cell.say('hello', line(2, 'second'));
    await eventually('the second is there', () => following.out().includes('second'));
    const late = await world.addCell('cell-2');
    late.say('hello', line(1, 'from a new cell'));
    await eventually('the new cell is read', () => following.out().includes('from a new cell'));
    following.interrupt();
    const { exit, out } = await following.ended;
    expect(exit).toBe(0);
    expect(out.match(/first/g)).toHaveLength(1);
  });
});

describe('events, routes and top', () => {
  it('events show what there is, and every change', async () => {
    await pushed();
    const present = await world.run('events');
    expect(present.out).toMatch(/desired_lrp +hello-[0-9a-f]{8} {2}1 wanted/);
    expect(present.out).toMatch(/actual_lrp +hello-[0-9a-f]{8}\/0 {2}RUNNING cell-1/);
    const following = world.begin('events', '-f', '--json');
    await eventually('the present is there', () => following.out().includes('"actual_lrp"'));
    await world.run('scale', 'hello', '2');
    await eventually('the change is there', () =>
      following.out().includes('actual_lrp_instance_changed'),
    );
    following.interrupt();
    const { exit, out } = await following.ended;
    expect(exit).toBe(0);
    const names = out
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text).event);
    expect(names.slice(0, 2)).toEqual(['desired_lrp', 'actual_lrp']);
    expect(names).toContain('desired_lrp_changed');
  });

  it('events tell in words', async () => {
    const following = world.begin('events', '-f');
    await new Promise((resolve) => setTimeout(resolve, 200));
    await pushed();
    await eventually('it runs', () => /CLAIMED → RUNNING cell-1/.test(following.out()));
    await world.run('task', 'run', 'hello', '--', 'true');
    await eventually('the task ends', () => /RUNNING → COMPLETED/.test(following.out()));
    following.interrupt();
    await following.ended;
  });

  it('routes come from the status port, with its password', async () => {
    await pushed(2);
    const { out } = await world.run('routes');
    expect(out).toMatch(/^HOST +ADDRESS +APP +INSTANCE +TTL\n/);
    expect(out).toMatch(/hello.localhost +127.0.0.1:61002 +x +- +120 s\n$/);
    const basic = `Basic ${Buffer.from('status:secret').toString('base64')}`;
    expect(world.status.authorizations.at(-1)).toBe(basic);
  });

  it('top shows the instances by name, once when nobody looks', async () => {
    await pushed(2);
    const { out } = await world.run('top');
    expect(out).toMatch(/^INSTANCE +CPU +MEMORY +DISK +PROCESSES +CELL\n/);
    expect(out).toMatch(/hello\/1 +[\d.]+ % +50 M of 256 M +1.0 K of 1.0 G +2 +cell-1/);
    const words = ['top', '--data-dir', world.dataDir];
    const live = runCli(words, { isTerminal: true });
    await eventually('it looks again', () => live.out().split('\u001b[H\u001b[2J').length > 2);
    live.interrupt();
    expect((await live.ended).exit).toBe(0);
  });
});

describe('cells and evacuate', () => {
  it('cells show what is used and what answers', async () => {
    const silent = await world.addCell('cell-2');
    await silent.close();
    const { out } = await world.run('cells');
    expect(out).toMatch(/cell-1 +z1 +http:\S+ +up +0 B of 4.0 G +0 B of 64 G +0 of 100 +0 \+ 0/);
    expect(out).toMatch(/cell-2 +z1 +http:\S+ +silent/);
    world.cells.pop();
  });

  it('evacuate waits until the cell is empty', async () => {
    await pushed(2);
    const ran = await world.run('evacuate', 'cell-1');
    expect(ran.out).toBe('cell-1 is empty\n');
    expect(ran.err).toContain('this is the only cell');
    expect((await world.run('evacuate', 'nowhere')).exit).toBe(3);
  });
});

describe('task run', () => {
  it('runs with the droplet of an app, and shows what it writes', async () => {
    await pushed();
    world.cell.onTask = ({ task_guid, task_definition }) => {
      const [download, run] = task_definition?.action?.serial_action?.actions ?? [];
      expect(download?.download_action?.from).toContain('/v1/droplets/hello-');
      expect(run?.run_action?.args).toEqual(['-c', "'echo' 'a b' 'it'\\''s'"]);
      const line = { sequence: 1, wallMs: 1, index: 0, source: 'TASK', stream: 'out' };
      world.cell.say(task_guid, { ...line, text: 'a b' });
      return {};
    };
    const ran = await world.run('task', 'run', 'hello', '--', 'echo', 'a b', "it's");
    expect(ran).toMatchObject({ exit: 0, out: 'a b\n' });
  });

  it('tells of its failure by its exit code', async () => {
    const directory = world.path('scripts');
    mkdirSync(directory);
    writeFileSync(join(directory, 'x.sh'), 'exit 3');
    world.cell.onTask = () => ({ failed: true, failure_reason: 'Exited with status 3' });
    const ran = await world.run('task', 'run', directory, '--', 'sh x.sh');
    expect(ran.exit).toBe(1);
    expect(ran.err).toContain('the task failed: Exited with status 3');
    const list = await fetch(`${world.fileServer.url}/v1/droplets`);
    expect(await list.json()).toEqual([]);
  });

  it('refuses what cannot be run', async () => {
    expect((await world.run('task', 'run', 'nobody', '--', 'true')).exit).toBe(3);
    expect((await world.run('task', 'run', 'nobody')).exit).toBe(2);
  });

  it('is cancelled when it takes too long', async () => {
    await pushed();
    world.cell.onTask = () => new Promise(() => {});
    const ran = await world.run('task', 'run', 'hello', '--timeout', '1s', '--', 'sleep 9');
    expect(ran.exit).toBe(4);
    expect(ran.err).toContain('was cancelled');
  });
});

describe('without a node', () => {
  it('every command says what to do', async () => {
    const none = { environment: { TROUPE_DATA_DIR: world.path('nothing') } };
    for (const words of [['apps'], ['app', 'x'], ['cells'], ['routes'], ['top'], ['events']]) {
      const { exit, err } = await runCli(words, none).ended;
      expect(exit).toBe(5);
      expect(err).toMatch(/there is no such file\n {2}the node is not running: start it with `npm/);
    }
    const port = await freePort();
    const dead = await runCli(['apps', '--bbs', `http://127.0.0.1:${port}`], none).ended;
    expect(dead.exit).toBe(5);
    expect(dead.err).toContain('cannot be reached');
  });

  it('--bbs alone is enough for what needs no more', async () => {
    const none = { environment: { TROUPE_DATA_DIR: world.path('nothing') } };
    const { exit, out } = await runCli(['apps', '--bbs', world.bbs.baseUrl], none).ended;
    expect([exit, out]).toEqual([0, 'There are no apps yet: `troupe push DIR` makes one.\n']);
    expect((await runCli(['routes', '--bbs', world.bbs.baseUrl], none).ended).exit).toBe(1);
  });

  it('a file server that is gone is told as such', async () => {
    const port = await freePort();
    const directory = world.path('site');
    mkdirSync(directory);
    writeFileSync(join(directory, 'index.html'), '');
    const words = ['push', directory, '--file-server', `http://127.0.0.1:${port}`];
    const { exit, err } = await world.run(...words);
    expect(exit).toBe(5);
    expect(err).toContain('the file server at');
  });
});
