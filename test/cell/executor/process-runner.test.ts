import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandLine } from '../../../src/adapters/process-runner/command-line.ts';
import * as runners from '../../../src/adapters/process-runner/node-process-runner.ts';
import { environmentValue, readStat } from '../../../src/adapters/process-runner/proc-files.ts';
import { createProcessBounds } from '../../../src/adapters/process-runner/process-bound.ts';
import type { ProcessRunner } from '../../../src/ports/process-runner.ts';
import { until } from '../support/executor-kit.ts';

let cell: string;
let runner: ProcessRunner;
const strangers: ChildProcess[] = [];
beforeEach(() => {
  cell = realpathSync(mkdtempSync(join(tmpdir(), 'troupe-runner-')));
  mkdirSync(join(cell, 'a'));
  runner = runners.createNodeProcessRunner();
});
afterEach(async () => {
  for (const own of strangers.splice(0)) own.kill('SIGKILL');
  for (;;) {
    const found = await runner.find(cell, { isThorough: true });
    if (found.length === 0) break;
    runner.signal(
      found.map(({ pid }) => pid),
      'SIGKILL',
    );
  }
  for (const container of ['a', 'b']) runner.release({ cell, container });
  await until('its groups are gone', () => !isGroupLeft());
  rmSync(cell, { recursive: true, force: true });
});

/** Whether the kernel still has a group for the cell. */
function isGroupLeft(): boolean {
  const { groupFile } = createProcessBounds().boundOf({ cell, container: 'probe' }, 1);
  if (groupFile === '') return false;
  const group = dirname(groupFile);
  rmdirSync(group);
  const left = readdirSync(dirname(group), { withFileTypes: true });
  const isEmpty = !left.some((entry) => entry.isDirectory());
  if (isEmpty) rmdirSync(dirname(group));
  return !isEmpty;
}

interface Seen {
  output: string;
  status: number | undefined;
  failure: string;
  isClosed: boolean;
}

function start(script: string, container = 'a', maxOpenFiles?: number) {
  const seen: Seen = { output: '', status: undefined, failure: '', isClosed: false };
  const started = runner.start(
    {
      command: '/bin/sh',
      args: ['-c', script],
      directory: join(cell, 'a'),
      environment: { PATH: '/usr/bin:/bin' },
      maxOpenFiles,
      maxProcesses: 100,
    },
    { cell, container },
    {
      onStarted: () => {},
      onFailed: (reason) => {
        seen.failure = reason;
      },
      onOutput: (_stream, chunk) => {
        seen.output += Buffer.from(chunk).toString();
      },
      onExit: (status) => {
        seen.status = status;
      },
      onClosed: () => {
        seen.isClosed = true;
      },
    },
  );
  return { seen, started };
}

const find = async (isThorough = true) => await runner.find(cell, { isThorough });

describe('a process that is found', () => {
  it('carries the mark of its container, and is killed with its group', async () => {
    const one = start('sleep 60 & sleep 60 & wait');
    const other = start('exec sleep 60', 'b');
    const all: number[] = [];
    await until('all run', () => {
      void find().then((found) => all.splice(0, all.length, ...found.map(({ pid }) => pid)));
      return all.length === 4;
    });
    const found = await find(false);
    expect(found.filter(({ container }) => container === 'b')).toHaveLength(1);
    runner.signal([found.find(({ container }) => container === 'a')?.pid ?? 0], 'SIGKILL');
    await until('it ended', () => one.seen.status !== undefined);
    expect(one.seen.status).toBe(137);
    let left = '';
    await until('its group is gone', () => {
      void find().then((now) => {
        left = now.map(({ container }) => container).join();
      });
      return left === 'b';
    });
    other.started.signal('SIGTERM');
    await until('the other ended', () => other.seen.isClosed);
    expect(other.seen.status).toBe(143);
    runner.signal([...all], 'SIGKILL');
    other.started.signal('SIGKILL');
  });

  it('is never one that only works in the directory, or belongs to another cell', async () => {
    const shell = spawn('sleep', ['60'], { cwd: join(cell, 'a') });
    const env = { ...process.env, TROUPE_CELL: `${cell}-other`, X: `TROUPE_CELL=${cell}` };
    const foreign = spawn('sleep', ['60'], { env });
    strangers.push(shell, foreign);
    await until('they run', () => shell.pid !== undefined && foreign.pid !== undefined);
    expect(await find()).toEqual([]);
    runner.signal([shell.pid ?? 0, foreign.pid ?? 0], 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([shell.signalCode, foreign.signalCode]).toEqual([null, null]);
  });

  it('is an orphan that works in the directory, whatever it did to hide', async () => {
    start('env -i setsid sh -c "sleep 60 & exec sleep 60" & exit 0');
    let count = 0;
    await until('they run', () => {
      void find().then(({ length }) => {
        count = length;
      });
      return count === 2;
    });
    // Another runner has never seen them before, as after a restart of the node.
    runner = runners.createNodeProcessRunner();
    expect(await find()).toHaveLength(2);
  });
});

describe('limits', () => {
  it('are set before the program begins', async () => {
    const { seen } = start('ulimit -n', 'a', 77);
    await until('it ended', () => seen.isClosed);
    expect(seen).toMatchObject({ output: '77\n', status: 0 });
  });

  it('of the user are used where control groups are not allowed', () => {
    const request = {
      command: '/bin/sh',
      args: ['-c', 'ulimit -u 2>/dev/null || ulimit -p; echo "$1"', 'x', 'two words'],
      directory: '/',
      environment: {},
      maxOpenFiles: undefined,
      maxProcesses: 10,
    };
    const line = commandLine(request, { groupFile: '/no/such/group', userLimit: '12345' });
    expect(spawnSync(...line, { encoding: 'utf8' }).stdout).toBe('12345\ntwo words\n');
  });

  it('on processes hold wherever the system lets them be set', async () => {
    const { groupFile } = createProcessBounds().boundOf({ cell, container: 'a' }, 100);
    const isHeld = groupFile !== '' || process.getuid?.() !== 0;
    const { seen } = start('i=0; while [ $i -lt 400 ]; do sleep 5 & i=$((i+1)); done');
    await until('it ended, or was refused more', () => seen.status !== undefined);
    expect((await find()).length <= 264).toBe(isHeld);
    expect(seen.output.includes('fork')).toBe(isHeld);
  });
});

describe('what the kernel tells', () => {
  it('of this process is read', () => {
    expect(readStat(process.pid)).toMatchObject({ parent: process.ppid, isZombie: false });
    expect(readStat(2 ** 22 + 1)).toBeUndefined();
  });

  it.each([
    ['A=1\0B=2\0', 'A', '1'],
    ['A=1\0B=2\0', 'B', '2'],
    ['XB=1\0B=2', 'B', '2'],
    ['XB=1\0', 'B', undefined],
    ['', 'B', undefined],
    ['B=\0', 'B', ''],
  ])('in the environment %j, %s is %s', (text, name, value) => {
    expect(environmentValue(Buffer.from(text), name)).toBe(value);
  });
});
