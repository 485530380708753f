import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { durationText } from '../../../src/cell/executor/duration-text.ts';
import type { Action } from '../../../src/model/bbs/messages/actions.ts';
import {
  action,
  begin,
  executorKit,
  inState,
  type Kit,
  lrp,
  node,
  outcome,
  processesOf,
  request,
  run,
  shell,
  task,
  until,
} from '../support/executor-kit.ts';

let kit: Kit;
beforeEach(() => {
  kit = executorKit();
});
afterEach(async () => {
  expect(await kit.close()).toEqual([]);
});

const list = (actions: readonly Action[]) => ({ actions: [...actions], log_source: '' });
const serial = (...actions: Action[]) => action({ serial_action: list(actions) });
const parallel = (...actions: Action[]) => action({ parallel_action: list(actions) });
const codependent = (...actions: Action[]) => action({ codependent_action: list(actions) });
const attempt = (own: Action) => action({ try_action: { action: own, log_source: '' } });
const timeout = (own: Action, timeout_ms: bigint, timeoutNs = 0n) =>
  action({ timeout_action: { action: own, timeout: timeoutNs, timeout_ms, log_source: '' } });
const progress = (own: Action) =>
  action({
    emit_progress_action: {
      action: own,
      start_message: 'starting',
      success_message: 'done',
      failure_message_prefix: 'broken',
      log_source: 'STG',
    },
  });

const reasonOf = async (own: Action): Promise<string> => {
  const result = await outcome(kit, task('t'), request(own));
  return result?.isFailed === true ? (result.failureReason ?? '') : 'succeeded';
};

const said = (): string[] => kit.lines().filter((line) => !/^CELL|Exit status/.test(line));

describe('a compound action', () => {
  const nested = (depth: number): Action =>
    depth === 0 ? shell('exit 0') : attempt(nested(depth - 1));

  it.each<[string, Action, string, string[]]>([
    [
      'serial: all in order',
      serial(shell('echo 1'), shell('echo 2')),
      'succeeded',
      ['APP 1', 'APP 2'],
    ],
    [
      'serial: up to the first that fails',
      serial(shell('echo 1'), shell('exit 3'), shell('echo 2')),
      'APP: Exited with status 3',
      ['APP 1'],
    ],
    ['try: a failure does not count', attempt(shell('exit 3')), 'succeeded', []],
    [
      'parallel: waits for all',
      parallel(shell('exit 3'), shell('sleep 0.3; echo late')),
      'APP: Exited with status 3',
      ['APP late'],
    ],
    [
      'parallel: tells of all that failed',
      parallel(shell('exit 3'), shell('exit 4')),
      'APP: Exited with status 3; APP: Exited with status 4',
      [],
    ],
    ['parallel: succeeds with all', parallel(shell('exit 0'), shell('exit 0')), 'succeeded', []],
    [
      'codependent: the first that ends takes the others with it',
      codependent(shell('exit 0'), shell('sleep 60')),
      'Codependent step exited',
      [],
    ],
    [
      'codependent: and tells how it failed',
      codependent(shell('sleep 60'), shell('exit 5', { log_source: 'SIDECAR' })),
      'SIDECAR: Exited with status 5',
      [],
    ],
    [
      'timeout: ends what takes too long',
      timeout(shell('sleep 60'), 150n),
      'exceeded 150ms timeout',
      [],
    ],
    [
      'timeout: in nanoseconds, as in 2015',
      timeout(shell('sleep 60'), 0n, 100_000_000n),
      'exceeded 100ms timeout',
      [],
    ],
    [
      'timeout: lets the others be',
      timeout(shell('exit 2'), 5000n),
      'APP: Exited with status 2',
      [],
    ],
    [
      'progress: success',
      progress(shell('echo 1')),
      'succeeded',
      ['STG starting', 'STG 1', 'STG done'],
    ],
    [
      'progress: failure',
      progress(shell('exit 1')),
      'STG: Exited with status 1',
      ['STG starting', 'STG broken: STG: Exited with status 1'],
    ],
    ['nothing', action({}), 'the action is empty', []],
    ['nothing in a list', serial(action({})), 'the action is empty', []],
    ['many levels', nested(60), 'succeeded', []],
  ])('%s', async (_name, own, reason, lines) => {
    expect(await reasonOf(own)).toBe(reason);
    expect(said()).toEqual(lines);
  });

  it('of too many levels fails', async () => {
    expect(await reasonOf(serial(nested(80)))).toBe('succeeded');
    let deep: Action = shell('exit 0');
    for (let level = 0; level < 80; level += 1) deep = serial(deep);
    const result = await outcome(kit, task('u'), request(deep));
    expect(result?.failureReason).toBe('the actions are nested too deeply');
  });

  it('is stopped with all that is in it', async () => {
    const own = serial(
      parallel(
        timeout(shell('echo up; sleep 60'), 60_000n),
        attempt(codependent(shell('echo up; sleep 60'), progress(shell('echo up; sleep 60')))),
      ),
      shell('echo never'),
    );
    begin(kit, lrp('a'), request(own));
    await until('all are up', () => said().filter((line) => line.endsWith('up')).length === 3);
    kit.executor.stop('a');
    expect((await inState(kit, 'a', 'completed')).result?.isStopped).toBe(true);
    expect(said()).not.toContain('APP never');
    expect(kit.lines().filter((line) => line.endsWith('Exit status 143'))).toHaveLength(3);
  });

  it('reports no more than 10 000 characters', async () => {
    const many = Array.from({ length: 20 }, () => run(`/no/${'x'.repeat(900)}`, []));
    expect(await reasonOf(parallel(...many))).toHaveLength(10_000);
  });
});

describe('a process', () => {
  const environment = async (own: Partial<Parameters<typeof request>[1]>, guid = 'a') => {
    const script = 'console.log(JSON.stringify(process.env)); setInterval(() => {}, 1000)';
    begin(kit, lrp(guid), request(node(script, { env: [{ name: 'BOTH', value: 'action' }] }), own));
    await until('it said', () => said().length > 0);
    return JSON.parse(said()[0]?.slice(4) ?? '{}') as Record<string, string>;
  };

  it('sees what the cell tells it, and nothing of the node', async () => {
    process.env['TROUPE_TEST_SECRET'] = 'secret';
    const seen = await environment({
      memoryMb: 512,
      containerPorts: [8080, 2222],
      environment: [
        { name: 'BOTH', value: 'lrp' },
        { name: 'OWN', value: 'lrp' },
        { name: 'PORT', value: '8080' },
        { name: 'INSTANCE_INDEX', value: '99' },
        { name: 'bad=name', value: '' },
      ],
    });
    delete process.env['TROUPE_TEST_SECRET'];
    const [first, second] = kit.executor.get('a')?.ports ?? [];
    const root = `${kit.directory}/a`;
    expect(seen).toEqual({
      PATH: process.env['PATH'],
      LANG: process.env['LANG'] ?? 'C.UTF-8',
      PWD: `${root}/home/vcap`,
      HOME: `${root}/home/vcap`,
      TMPDIR: `${root}/tmp`,
      USER: 'vcap',
      MEMORY_LIMIT: '512m',
      VCAP_APP_HOST: '0.0.0.0',
      VCAP_APP_PORT: String(first?.hostPort),
      PORT: String(first?.hostPort),
      INSTANCE_INDEX: '2',
      INSTANCE_GUID: 'a',
      CF_INSTANCE_INDEX: '2',
      CF_INSTANCE_GUID: 'a',
      CF_INSTANCE_IP: '127.0.0.1',
      CF_INSTANCE_INTERNAL_IP: '127.0.0.1',
      CF_INSTANCE_PORT: String(first?.hostPort),
      CF_INSTANCE_ADDR: `127.0.0.1:${first?.hostPort}`,
      CF_INSTANCE_PORTS: JSON.stringify([
        { external: first?.hostPort, internal: 8080 },
        { external: second?.hostPort, internal: 2222 },
      ]),
      BOTH: 'action',
      OWN: 'lrp',
      TROUPE_CELL: kit.directory,
      TROUPE_CONTAINER: 'a',
    });
  });

  it('without ports has no PORT', async () => {
    const seen = await environment({});
    expect(seen['PORT']).toBeUndefined();
    expect(seen).toMatchObject({
      CF_INSTANCE_PORT: '',
      CF_INSTANCE_ADDR: '',
      CF_INSTANCE_PORTS: '[]',
    });
  });

  it.each([
    ['', /containers\/t\/home\/vcap$/],
    ['app', /containers\/t\/home\/vcap\/app$/],
    ['/etc', /^APP \/etc$/],
    ['/made/for/it', /containers\/t\/made\/for\/it$/],
    ['../../../../x', /containers\/t\/x$/],
  ])('in the directory "%s" is there', async (dir, wanted) => {
    await reasonOf(shell('pwd', { dir }));
    expect(said()[0]).toMatch(wanted);
  });

  it('has the limit on open files that it asks for', async () => {
    const resource_limits = { nofile: 123n, nproc: undefined };
    await reasonOf(shell('ulimit -n', { resource_limits }));
    expect(said()).toEqual(['APP 123']);
  });

  it('that is found by its name alone is looked for in PATH', async () => {
    expect(await reasonOf(run('sh', ['-c', 'exit 6']))).toBe('APP: Exited with status 6');
    const result = await outcome(kit, task('u'), request(run('no-such-program', [])));
    expect(result?.failureReason).toBe('failed to start no-such-program: no such file');
  });

  it('leaves nothing running, however it hides', async () => {
    const hide = 'setsid sh -c "sleep 60 & sleep 60" & env -i setsid sleep 60 & sleep 0.3; exit 1';
    begin(kit, lrp('a'), request(shell(hide)));
    await until('they run', () => processesOf(kit.directory).length >= 4);
    await inState(kit, 'a', 'completed');
    expect(processesOf(kit.directory)).toEqual([]);
  });
});

describe('durations', () => {
  it.each([
    [0, '0s'],
    [5, '5ms'],
    [1000, '1s'],
    [1500, '1.5s'],
    [60_000, '1m0s'],
    [3_661_500, '1h1m1.5s'],
  ])('%i ms is %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
