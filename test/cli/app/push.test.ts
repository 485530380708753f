/** From a directory to a running app, and from one version to the next. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  DesiredLRPByProcessGuidRequest,
  DesiredLRPResponse,
} from '../../../src/model/bbs/messages/desired-lrp.ts';
import { TypedClient } from '../../bbs/operations/typed-client.ts';
import { AppWorld } from './app-world.ts';

let world: AppWorld;

beforeEach(async () => {
  world = new AppWorld();
  await world.start();
});
afterEach(() => world.stop());

const START = JSON.stringify({ scripts: { start: 'node index.js' } });

function appDirectory(name: string, files: Readonly<Record<string, string>>): string {
  const directory = world.path('apps', name);
  for (const [file, content] of Object.entries(files)) {
    const path = join(directory, file);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content);
  }
  return directory;
}

const hello = (content = 'one') =>
  appDirectory('hello', { 'package.json': START, 'index.js': content });

interface AppJson {
  readonly process_guid: string;
  readonly version: number;
  readonly running: number;
  readonly wanted: number;
  readonly urls: readonly string[];
  readonly droplet: { readonly name: string; readonly sha256: string };
}

const apps = () => world.json<readonly AppJson[]>('apps');

async function desired(process_guid: string) {
  const client = new TypedClient(world.bbs.baseUrl);
  const { desired_lrp } = await client.post(
    '/v1/desired_lrps/get_by_process_guid.r3',
    DesiredLRPByProcessGuidRequest,
    DesiredLRPResponse,
    { process_guid },
  );
  if (desired_lrp === undefined) throw new Error(`${process_guid} is not there`);
  return desired_lrp;
}

const droplets = async (): Promise<readonly { readonly name: string }[]> =>
  (await (await fetch(`${world.fileServer.url}/v1/droplets`)).json()) as { name: string }[];

it('brings an app up and says where it is', async () => {
  const ran = await world.run('push', hello(), '-i', '2');
  expect(ran).toMatchObject({ exit: 0, out: 'Up: http://hello.localhost:8080\n' });
  expect(ran.err).toContain('Pushing hello (Node): npm start');
  expect(ran.err).toMatch(/Uploading 2 files/);
  expect(ran.err).toContain('2/2 running');
  const [app] = await apps();
  expect(app).toMatchObject({ running: 2, wanted: 2, version: 1 });
  expect(app?.process_guid).toMatch(/^hello-[0-9a-f]{8}$/);
  const lrp = await desired(app?.process_guid ?? '');
  expect(lrp).toMatchObject({
    domain: 'troupe',
    log_guid: 'hello',
    root_fs: 'preloaded:cflinuxfs4',
    memory_mb: 256,
    disk_mb: 1024,
    ports: [8080],
    start_timeout_ms: 60_000n,
  });
  expect(JSON.parse(Buffer.from(lrp.routes?.routes.get('cf-router') ?? []).toString())).toEqual([
    { hostnames: ['hello.localhost'], port: 8080 },
  ]);
  const [check] = lrp.check_definition?.checks ?? [];
  expect(check?.tcp_check?.port).toBe(8080);
  expect(lrp.action?.run_action).toMatchObject({ path: '/bin/sh', args: ['-c', 'npm start'] });
  const download = lrp.setup?.download_action;
  expect(download).toMatchObject({ to: '.', checksum_algorithm: 'sha256' });
  // The cell finds exactly these bytes there.
  const got = await fetch(download?.from ?? '');
  expect(got.headers.get('x-checksum-sha256')).toBe(download?.checksum_value);
  const vcap = lrp.environment_variables.find(({ name }) => name === 'VCAP_APPLICATION');
  expect(JSON.parse(vcap?.value ?? '')).toMatchObject({
    application_name: 'hello',
    application_uris: ['hello.localhost'],
    limits: { mem: 256 },
  });
});

it('takes all its flags', async () => {
  const hosts = ['other.localhost', 'a.localhost', 'b.localhost'];
  const { routes } = world;
  world.routes = () =>
    Object.fromEntries(hosts.map((host) => [host, routes()['other.localhost'] ?? []]));
  const ran = await world.run(
    ...['push', hello(), '--name', 'other', '--command', 'node x.js', '-m', '1G'],
    ...['--health-check', 'http:/up', '--route', 'a.localhost', '--route', 'B.localhost'],
    ...['--json', '--timeout', '3s'],
  );
  expect(ran.exit).toBe(0);
  const pushed = JSON.parse(ran.out) as AppJson;
  expect(pushed.urls).toEqual([
    'http://other.localhost:8080',
    'http://a.localhost:8080',
    'http://b.localhost:8080',
  ]);
  const lrp = await desired(pushed.process_guid);
  expect(lrp.memory_mb).toBe(1024);
  expect(lrp.action?.run_action?.args).toEqual(['-c', 'node x.js']);
  expect(lrp.check_definition?.checks[0]?.http_check).toMatchObject({ port: 8080, path: '/up' });
  expect(ran.err).not.toContain('the router');
});

it('needs no port with --health-check process', async () => {
  const ran = await world.run('push', hello(), '--health-check', 'process');
  expect(ran.exit).toBe(0);
  const [app] = await apps();
  const lrp = await desired(app?.process_guid ?? '');
  expect([lrp.check_definition, lrp.monitor]).toEqual([undefined, undefined]);
});

it('replaces a version without a moment of fewer instances', async () => {
  await world.run('push', hello('one'), '-i', '3');
  const [before] = await apps();
  world.cell.history.length = 0;
  const ran = await world.run('push', hello('two'));
  expect(ran.exit).toBe(0);
  const [after] = await apps();
  expect(after).toMatchObject({ version: 2, running: 3, wanted: 3 });
  expect(after?.process_guid).not.toBe(before?.process_guid);
  let running = 3;
  for (const line of world.cell.history) {
    running += line.startsWith('+') ? 1 : -1;
    expect(running).toBeGreaterThanOrEqual(3);
  }
  expect(world.cell.history).toHaveLength(6);
  expect((await droplets()).map(({ name }) => name)).toEqual([after?.droplet.name]);
});

it('waits for the router before old instances go', async () => {
  await world.run('push', hello('one'));
  const known = world.routes();
  world.routes = () => known;
  world.cell.history.length = 0;
  const running = world.begin('push', hello('two'));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  // The new one runs, but nobody would reach it: the old one must stay.
  expect(world.cell.history.map((line) => line.charAt(0))).toEqual(['+']);
  const all = [...world.cell.instances.values()].map(({ hostPort }) => `127.0.0.1:${hostPort}`);
  world.routes = () => ({ 'hello.localhost': all });
  expect((await running.ended).exit).toBe(0);
  expect(world.cell.history.map((line) => line.charAt(0))).toEqual(['+', '-']);
});

it('keeps the version before when the new one crashes', async () => {
  await world.run('push', hello('one'), '-i', '2');
  const [before] = await apps();
  world.cell.behaviour = (guid) => (guid === before?.process_guid ? 'run' : 'crash');
  const ran = await world.run('push', hello('two'));
  expect(ran.exit).toBe(1);
  expect(ran.err).toMatch(/instance 0 of hello crashes: .*status 7; the version before runs on/);
  expect(ran.err).toContain('troupe logs hello');
  expect(await apps()).toMatchObject([{ process_guid: before?.process_guid, running: 2 }]);
});

it('says why there is no place, and what can be done', async () => {
  const ran = await world.run('push', hello(), '-m', '8G');
  expect(ran.exit).toBe(1);
  expect(ran.err).toContain('there is no place for hello: insufficient resources: memory');
  expect(ran.err).toContain('`troupe cells`');
}, 20_000);

it('gives up in time with a code of its own', async () => {
  world.cell.behaviour = () => 'claim';
  const ran = await world.run('push', hello(), '--timeout', '1s');
  expect(ran.exit).toBe(4);
  expect(ran.err).toContain('hello is not up after 1 s: 0/1 running, 1 starting');
});

it('stages what has dependencies on a cell', async () => {
  const directory = appDirectory('needy', {
    'package.json': JSON.stringify({ scripts: { start: 'x' }, dependencies: { a: '1' } }),
    'package-lock.json': '{}',
  });
  const staged = 'staged bytes';
  world.cell.onTask = async ({ task_guid, task_definition }) => {
    const actions = task_definition?.action?.serial_action?.actions ?? [];
    const [download, run, upload] = actions;
    expect(download?.download_action?.to).toBe('app');
    expect((await fetch(download?.download_action?.from ?? '')).status).toBe(200);
    expect(run?.run_action?.args[1]).toBe(
      'npm ci --omit=dev --no-audit --no-fund && tar -czf ../droplet.tgz .',
    );
    world.cell.say(task_guid, { sequence: 1, wallMs: 1, index: 0, source: 'STG', text: 'added 1' });
    await fetch(upload?.upload_action?.to ?? '', { method: 'PUT', body: staged });
    return {};
  };
  const ran = await world.run('push', directory);
  expect(ran).toMatchObject({ exit: 0 });
  expect(ran.err).toContain('added 1');
  const [app] = await apps();
  const lrp = await desired(app?.process_guid ?? '');
  const { from = '', checksum_value } = lrp.setup?.download_action ?? {};
  const got = await fetch(from);
  expect(await got.text()).toBe(staged);
  expect(checksum_value).toBe(got.headers.get('x-checksum-sha256'));
  expect(await droplets()).toHaveLength(1);
});

it('fails when staging fails', async () => {
  const directory = appDirectory('needy', {
    'package.json': JSON.stringify({ scripts: { start: 'x' }, dependencies: { a: '1' } }),
  });
  world.cell.onTask = () => ({ failed: true, failure_reason: 'Exited with status 1' });
  const ran = await world.run('push', directory);
  expect(ran).toMatchObject({ exit: 1 });
  expect(ran.err).toContain('staging failed: Exited with status 1');
  expect(await apps()).toEqual([]);
});

it.each<[string, string[], number, RegExp]>([
  ['no directory', ['push', '/nowhere/at/all'], 2, /is no directory/],
  ['a bad name', ['push', '.', '--name', 'Bad_Name'], 2, /cannot be the name of an app/],
  ['a bad number', ['push', '.', '-i', 'many'], 2, /many is no number of instances/],
  ['no instance', ['push', '.', '-i', '0'], 2, /at least one instance/],
  ['a bad size', ['push', '.', '-m', '1X'], 2, /1X is no amount of memory/],
  ['a bad check', ['push', '.', '--health-check', 'luck'], 2, /port, process, http/],
  ['no check of ours', ['push', '.', '--health-check', 'constructor'], 2, /port, process, http/],
  ['a bad route', ['push', '.', '--route', 'a b'], 2, /a host name is wanted/],
  ['a bad time', ['push', '.', '--timeout', 'soon'], 2, /soon is no time/],
  ['an unknown flag', ['push', '.', '--fast'], 2, /unknown option/],
  ['no argument', ['push'], 2, /missing required argument/],
])('refuses %s', async (_name, words, exit, text) => {
  const ran = await world.run(...words);
  expect(ran.exit).toBe(exit);
  expect(ran.err).toMatch(text);
});

it('does not know what an empty directory is', async () => {
  const directory = appDirectory('empty', { 'notes.txt': '' });
  const ran = await world.run('push', directory);
  expect(ran.exit).toBe(1);
  expect(ran.err).toContain('it is not clear how to start it');
  expect(ran.err).toContain('--command');
});
