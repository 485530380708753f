import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  begin,
  executorKit,
  fileOf,
  inState,
  type Kit,
  lrp,
  node,
  outcome,
  processesOf,
  readIf,
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

const FAILED = { isFailed: true, isStopped: false, isRetryable: false };
const failed = (failureReason: string) => ({ ...FAILED, failureReason });

describe('a container without monitor', () => {
  it('runs as soon as its process was started, and tells of each state', async () => {
    begin(kit, lrp('a'), request(shell('sleep 60')));
    const running = await inState(kit, 'a', 'running');
    expect(running.isRoutable).toBe(true);
    expect(kit.changes).toEqual(['a reserved', 'a initializing', 'a created', 'a running']);
    expect(kit.lines()).toEqual(['CELL Creating container', 'CELL Successfully created container']);
  });

  it.each([0, 1, 42])('is completed when it exits with %i', async (status) => {
    const result = await outcome(kit, lrp('a'), request(shell(`exit ${status}`)));
    const failureReason = `APP: Exited with status ${status}`;
    expect(result).toEqual({ ...FAILED, isFailed: status !== 0, failureReason });
    expect(kit.lines().at(-1)).toBe(`APP Exit status ${status}`);
  });

  it('reports a signal as shells do, under the source of the action', async () => {
    const action = shell('kill -9 $$', { log_source: 'APP/PROC/WEB' });
    const result = await outcome(kit, lrp('a'), request(action));
    expect(result).toEqual(failed('APP/PROC/WEB: Exited with status 137'));
  });

  it('fails when its program is not there', async () => {
    const result = await outcome(kit, lrp('a'), request(run('/no/such/program', [])));
    expect(result).toEqual(failed('failed to start /no/such/program: no such file'));
    expect(kit.changes).not.toContain('a running');
  });

  it('fails in its setup before the action begins', async () => {
    const own = request(shell('echo action'), { setup: shell('echo setup; exit 3') });
    expect(await outcome(kit, lrp('a'), own)).toEqual(failed('APP: Exited with status 3'));
    expect(kit.lines()).not.toContain('APP action');
    expect(kit.changes).not.toContain('a running');
  });

  it('runs its action after the setup, in the same directory', async () => {
    const own = request(shell('cat made'), { setup: shell('echo by setup > made') });
    await outcome(kit, lrp('a'), own);
    expect(kit.lines()).toContain('APP by setup');
  });
});

describe('a task', () => {
  it('succeeds without a reason, and leaves its result file to be read', async () => {
    const own = request(shell('echo -n hello > /$HOME/../../result 2>/dev/null; echo -n 7 > r'));
    const result = await outcome(kit, task('t'), own);
    expect(result).toEqual({ ...FAILED, isFailed: false, failureReason: '' });
    expect(await kit.executor.resultFile('t', 'r')).toBe('7');
    expect(await kit.executor.resultFile('t', '/home/vcap/r')).toBe('7');
    expect(await kit.executor.resultFile('t', 'nothing')).toBeUndefined();
  });

  it.each([
    ['head -c 51200 /dev/zero > r', 51_200],
    ['head -c 51201 /dev/zero > r', undefined],
    ['ln -s /etc/passwd r', undefined],
    ['mkfifo r', undefined],
    ['mkdir r', undefined],
  ])('with %s has a result of %s', async (script, length) => {
    await outcome(kit, task('t'), request(shell(script)));
    expect((await kit.executor.resultFile('t', 'r'))?.length).toBe(length);
  });

  it('fails with the status of its program', async () => {
    const result = await outcome(kit, task('t'), request(shell('exit 1'), { logSource: '' }));
    expect(result).toEqual(failed('Exited with status 1'));
  });
});

describe('stopping', () => {
  const STOPPED = { ...FAILED, isStopped: true, failureReason: 'stopped' };

  it('sends SIGTERM, once to each process, and reports it as stopped', async () => {
    const script = `let n = 0;
      process.on('SIGTERM', () => {
        n += 1;
        console.log('term ' + n);
        setTimeout(() => process.exit(0), 200);
      });
      setInterval(() => {}, 1000); console.log('up');`;
    begin(kit, lrp('a'), request(node(script)));
    await until('it is up', () => kit.lines().includes('APP up'));
    expect(kit.executor.stop('a')).toBe(true);
    kit.executor.stop('a');
    expect((await inState(kit, 'a', 'completed')).result).toEqual(STOPPED);
    expect(kit.lines().slice(2)).toEqual([
      'APP up',
      'CELL Cell cell-1 stopping instance a',
      'APP term 1',
      'APP Exit status 0',
    ]);
  });

  it('kills what does not follow', async () => {
    begin(kit, lrp('a'), request(shell("trap '' TERM; echo up; while :; do sleep 0.05; done")));
    await until('it is up', () => kit.lines().includes('APP up'));
    kit.executor.stop('a');
    expect((await inState(kit, 'a', 'completed')).result).toEqual(STOPPED);
    const text = 'APP Exit status 137 (exceeded 500ms graceful shutdown interval)';
    expect(kit.lines()).toContain(text);
    expect(processesOf(kit.directory)).toEqual([]);
  });

  it('asks background processes too, and gives them the same time', async () => {
    const daemon =
      "trap 'sleep 0.1; echo bye >> $HOME/said; exit 0' TERM; while :; do sleep 0.02; done";
    begin(
      kit,
      lrp('a'),
      request(
        shell(`setsid sh -c "$D" & echo up; sleep 60`, {
          env: [{ name: 'D', value: daemon }],
        }),
      ),
    );
    await until('both run', () => processesOf(kit.directory).length >= 3);
    await new Promise((resolve) => setTimeout(resolve, 100));
    kit.executor.stop('a');
    await inState(kit, 'a', 'completed');
    expect(readIf(fileOf(kit, 'a', 'home/vcap/said'))).toBe('bye\n');
  });

  it('ends a container that is reserved, or that still sets itself up', async () => {
    expect(kit.executor.stop('nobody')).toBe(false);
    kit.executor.allocate(lrp('a'));
    kit.executor.stop('a');
    expect(kit.executor.get('a')?.result).toEqual(STOPPED);
    begin(kit, lrp('b'), request(shell('echo action'), { setup: shell('echo up; sleep 60') }));
    await until('setup runs', () => kit.lines().includes('APP up'));
    kit.executor.stop('b');
    expect((await inState(kit, 'b', 'completed')).result).toEqual(STOPPED);
    expect(kit.lines()).not.toContain('APP action');
  });
});
