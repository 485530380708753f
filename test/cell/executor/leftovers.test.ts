import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  begin,
  executorKit,
  inState,
  type Kit,
  lrp,
  processesOf,
  request,
  shell,
  task,
  until,
} from '../support/executor-kit.ts';

const HOLDER = fileURLToPath(new URL('./hold-executor.ts', import.meta.url));

let kit: Kit;
beforeEach(() => {
  kit = executorKit();
});
afterEach(async () => {
  expect(await kit.close()).toEqual([]);
});

/** Children of this process that have ended and were not asked for. */
const zombies = (): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return fields[0] === 'Z' && fields[1] === String(process.pid);
    } catch {
      return false;
    }
  });

describe('after a kill -9 of the node', () => {
  it('finds what it left, ends the processes and removes the directories', async () => {
    const holder: ChildProcess = spawn(process.execPath, [HOLDER, kit.directory]);
    const isUp = (guid: string) => existsSync(join(kit.directory, guid, 'home/vcap/up'));
    await until('its containers run', () => isUp('a') && isUp('b'));
    await until('all of them', () => processesOf(kit.directory).length >= 8);
    const gone = new Promise((resolve) => holder.on('exit', resolve));
    holder.kill('SIGKILL');
    await gone;
    expect(processesOf(kit.directory).length).toBeGreaterThanOrEqual(8);
    const leftovers = await kit.executor.reapLeftovers();
    expect(leftovers.directories).toBe(2);
    expect(leftovers.processes).toBeGreaterThanOrEqual(8);
    expect(processesOf(kit.directory)).toEqual([]);
    expect(readdirSync(kit.directory)).toEqual([]);
  });

  it('spares the containers that it has started since, and files of others', async () => {
    begin(kit, lrp('a'), request(shell('sleep 60')));
    await inState(kit, 'a', 'running');
    mkdirSync(join(kit.directory, 'old/locked'), { recursive: true, mode: 0o700 });
    writeFileSync(join(kit.directory, 'old/locked/file'), '');
    expect(await kit.executor.reapLeftovers()).toEqual({ processes: 0, directories: 1 });
    expect(readdirSync(kit.directory)).toEqual(['a']);
    expect(kit.executor.get('a')?.state).toBe('running');
  });
});

describe('removing', () => {
  it('in every state leaves nothing, and gives back what was taken', async () => {
    const { executor } = kit;
    executor.allocate(lrp('reserved'));
    begin(kit, lrp('new'), request(shell('sleep 60'), { containerPorts: [1] }));
    begin(kit, lrp('running'), request(shell("trap '' TERM; sleep 60")));
    await inState(kit, 'running', 'running');
    begin(kit, lrp('stopping'), request(shell("trap '' TERM; while :; do sleep 1; done")));
    await inState(kit, 'stopping', 'running');
    executor.stop('stopping');
    begin(kit, task('done'), request(shell('exit 0')));
    await inState(kit, 'done', 'completed');
    expect(executor.available()).toEqual({
      memoryMb: 4096 - 320,
      diskMb: 8192 - 320,
      containers: 15,
    });
    const guids = executor.list().map(({ allocation }) => allocation.guid);
    expect(guids).toEqual(['reserved', 'new', 'running', 'stopping', 'done']);
    await Promise.all([...guids, 'nobody', 'running'].map((guid) => executor.remove(guid)));
    expect(executor.available()).toEqual(executor.total);
    expect(executor.list()).toEqual([]);
    expect([...readdirSync(kit.directory), ...processesOf(kit.directory)]).toEqual([]);
    expect(zombies()).toEqual([]);
  });

  it('removes what its owner has locked, and never what a link points to', async () => {
    const outside = join(kit.directory, '..', 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'kept'), '');
    const script = `mkdir -p a/b && touch a/b/c && chmod 0 a/b a && ln -s ${outside} out`;
    begin(kit, task('t'), request(shell(script)));
    await inState(kit, 't', 'completed');
    await kit.executor.remove('t');
    expect(readdirSync(kit.directory)).toEqual([]);
    expect(readdirSync(outside)).toEqual(['kept']);
  });
});

describe('an allocation', () => {
  it('is refused when the guid is taken, or there is no room', async () => {
    const { executor } = kit;
    expect(executor.allocate(lrp('a'))).toBeUndefined();
    expect(executor.allocate(lrp('a'))).toBe('guid-taken');
    expect(executor.allocate(lrp('b', { memoryMb: 5000 }))).toBe('insufficient-resources');
    expect(executor.allocate(lrp('b', { diskMb: 9000 }))).toBe('insufficient-resources');
    expect(executor.run('b', request(shell('exit 0')))).toBe('unknown-container');
    expect(executor.run('a', request(shell('sleep 60')))).toBeUndefined();
    expect(executor.run('a', request(shell('exit 0')))).toBe('wrong-state');
    for (let n = 1; n < 20; n += 1) executor.allocate(lrp(`more-${n}`, { memoryMb: 0 }));
    expect(executor.allocate(lrp('c', { memoryMb: 0 }))).toBe('insufficient-resources');
  });

  it('with a guid that is no name of a file has a directory all the same', async () => {
    const guid = '../../up';
    begin(kit, task(guid), request(shell('pwd; printf 1 > r')));
    await inState(kit, guid, 'completed');
    expect(await kit.executor.resultFile(guid, 'r')).toBe('1');
    expect(readdirSync(kit.directory)).toHaveLength(1);
    expect(readdirSync(kit.directory)[0]).toMatch(/^[0-9a-f]{64}$/);
  });
});
