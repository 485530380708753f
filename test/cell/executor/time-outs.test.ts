import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createVirtualClock,
  type VirtualClock,
} from '../../../src/adapters/clock/virtual-clock.ts';
import { EXECUTOR_DEFAULTS, EXECUTOR_LIMITS } from '../../../src/cell/executor/options.ts';
import {
  action,
  begin,
  executorKit,
  type Kit,
  type KitParts,
  lrp,
  request,
  run,
  until,
} from '../support/executor-kit.ts';
import { FakeProcesses } from '../support/fake-processes.ts';

let clock: VirtualClock;
let processes: FakeProcesses;
let kit: Kit;

const SECOND_MS = 1000;
const DEFAULTS = { ...EXECUTOR_DEFAULTS, gracefulShutdownMs: 10_000 };

function open(options: KitParts['options'] = {}): void {
  clock = createVirtualClock();
  processes = new FakeProcesses();
  kit = executorKit({ clock, processes, options: { ...DEFAULTS, ...options } });
}
beforeEach(() => open());

/** Time passes in small steps until the promise is settled; files take real time. */
async function passing<T>(work: Promise<T>): Promise<T> {
  let isOver = false;
  const done = work.finally(() => {
    isOver = true;
  });
  done.catch(() => {});
  while (!isOver) {
    clock.advance(50);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return await done;
}
afterEach(async () => {
  for (const own of processes.started) own.exit(0);
  expect(await passing(kit.close())).toEqual([]);
});

/** What was put off until the files were there happens now, and no time passes. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** Time passes in steps, and everything happens at its own time. */
async function pass(ms: number, stepMs = ms): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    await settle();
    clock.advance(Math.min(stepMs, ms - passed));
    await settle();
  }
}

const state = () => kit.executor.get('a')?.state;
const result = () => kit.executor.get('a')?.result;

const started = async (command: string, count = 1): Promise<void> => {
  await until(`${command} runs`, () => processes.of(command).length >= count);
  await settle();
};

describe('time', () => {
  it('of a reservation ends', async () => {
    kit.executor.allocate(lrp('a'));
    await pass(EXECUTOR_DEFAULTS.reservedTimeoutMs - 1);
    expect(state()).toBe('reserved');
    await pass(1);
    expect(state()).toBe('completed');
    expect(result()).toMatchObject({ isFailed: true, failureReason: 'expired container' });
  });

  it('to start ends, counted from the start of the action', async () => {
    processes.behaviours.set('check', { exits: 9 });
    const monitor = run('check', [], { log_source: 'HEALTH' });
    const own = request(run('app', []), {
      monitor,
      setup: run('setup', []),
      startTimeoutMs: 60_000,
    });
    begin(kit, lrp('a'), own);
    await started('setup');
    await pass(100 * SECOND_MS, 10 * SECOND_MS);
    expect(state()).toBe('created');
    processes.of('setup')[0]?.exit(0);
    await started('app');
    await started('check');
    const startedAtMs = clock.nowMs();
    await pass(59 * SECOND_MS, SECOND_MS / 4);
    expect(state()).toBe('created');
    expect(processes.of('app')[0]?.signals).toEqual([]);
    // 0.1, 0.2, 0.4, 0.8, 1.6 seconds, and from then on 2.
    expect(processes.of('check').length).toBeGreaterThanOrEqual(29);
    expect(processes.of('check').length).toBeLessThanOrEqual(35);
    await pass(2 * SECOND_MS, SECOND_MS / 4);
    expect(clock.nowMs() - startedAtMs).toBe(61_000);
    expect(processes.of('app')[0]?.signals[0]).toBe('SIGTERM');
    await passing(until('completed', () => state() === 'completed'));
    const failureReason = 'Instance never healthy after 1m0s: HEALTH: Exited with status 9';
    expect(result()).toMatchObject({ isFailed: true, isStopped: false, failureReason });
  });

  it('between two checks of one that is well is half a minute', async () => {
    processes.behaviours.set('check', { exits: 0 });
    begin(kit, lrp('a'), request(run('app', []), { monitor: run('check', []) }));
    await started('check');
    await until('running', () => state() === 'running');
    await pass(29_999);
    expect(processes.of('check')).toHaveLength(1);
    await pass(1);
    await started('check', 2);
    await pass(29_999);
    expect(processes.of('check')).toHaveLength(2);
  });

  it('of a check that hangs ends', async () => {
    begin(kit, lrp('a'), request(run('app', []), { monitor: run('check', []), startTimeoutMs: 0 }));
    await started('check');
    await pass(EXECUTOR_LIMITS.monitorTimeoutMs - 1);
    expect(processes.of('check')[0]?.signals).toEqual([]);
    await pass(1);
    expect(processes.of('check')[0]?.signals).toEqual(['SIGTERM']);
    await pass(EXECUTOR_LIMITS.firstPollMs);
    await started('check', 2);
  });

  it('to end after SIGTERM is ten seconds', async () => {
    processes.behaviours.set('app', { obeys: ['SIGKILL'] });
    begin(kit, lrp('a'), request(run('app', [])));
    await started('app');
    kit.executor.stop('a');
    await settle();
    expect(processes.of('app')[0]?.signals).toEqual(['SIGTERM']);
    await pass(9_999, 333);
    expect(processes.of('app')[0]?.signals).toEqual(['SIGTERM']);
    expect(state()).toBe('running');
    await pass(1);
    expect(processes.of('app')[0]?.signals).toEqual(['SIGTERM', 'SIGKILL']);
    await passing(until('completed', () => state() === 'completed'));
    expect(kit.lines()).toContain('APP Exit status 137 (exceeded 10s graceful shutdown interval)');
    expect(result()?.isStopped).toBe(true);
  });

  it('before SIGTERM lets routers stop sending', async () => {
    await passing(kit.close());
    open({ stopDelayMs: 3000 });
    begin(kit, lrp('a'), request(run('app', []), { containerPorts: [8080] }));
    await started('app');
    kit.executor.stop('a');
    await pass(2999);
    expect(processes.of('app')[0]?.signals).toEqual([]);
    expect(kit.lines()).toContain('CELL Cell cell-1 stopping instance a');
    await pass(1);
    expect(processes.of('app')[0]?.signals).toEqual(['SIGTERM']);
  });

  it('of a timeout action is any length', async () => {
    const timeout_action = {
      action: run('app', []),
      timeout: 0n,
      timeout_ms: 7_200_000n,
      log_source: '',
    };
    begin(kit, lrp('a'), request(action({ timeout_action })));
    await started('app');
    await pass(7_199_999);
    expect(processes.of('app')[0]?.signals).toEqual([]);
    await pass(1);
    await passing(until('completed', () => state() === 'completed'));
    expect(result()?.failureReason).toBe('exceeded 2h0m0s timeout');
  });

  it('for a process that cannot be killed is bounded', async () => {
    processes.behaviours.set('app', { obeys: [] });
    begin(kit, lrp('a'), request(run('app', [])));
    await started('app');
    await passing(kit.executor.remove('a'));
    expect(clock.nowMs()).toBeLessThan(4 * EXECUTOR_LIMITS.killTimeoutMs);
    expect(kit.log.lines.map(({ message }) => message)).toContain('executor.processes-left');
    expect(processes.released).toEqual(['a']);
  });
});

describe('a bug in the cell', () => {
  const broken = (): void => {
    processes.find = async () => {
      throw new Error('a bug');
    };
  };

  it('ends the container, and is told of; it can be removed', async () => {
    begin(kit, lrp('a'), request(run('app', [])));
    await started('app');
    const find = processes.find.bind(processes);
    broken();
    kit.executor.stop('a');
    await passing(until('completed', () => state() === 'completed'));
    expect(result()).toMatchObject({ isFailed: true, isStopped: false, isRetryable: true });
    const messages = kit.log.lines.map(({ message }) => message);
    expect(messages).toContain('executor.instance-crashed');
    processes.find = find;
    await passing(kit.executor.remove('a'));
    expect(kit.executor.list()).toEqual([]);
  });

  it('while it is removed does not hold the one who waits', async () => {
    begin(kit, lrp('a'), request(run('app', [])));
    await started('app');
    broken();
    await passing(kit.executor.remove('a'));
    expect(kit.executor.list()).toEqual([]);
  });
});

describe('lines in a second', () => {
  it('are bounded, and the pipe is held when far too much comes', async () => {
    await passing(kit.close());
    open({ logLinesPerSecond: 3 });
    begin(kit, lrp('a'), request(run('app', [])));
    await started('app');
    const app = processes.of('app')[0];
    app?.write('1\n2\n3\n4\n5\n');
    const said = () => kit.lines().slice(2);
    expect(said()).toEqual(['APP 1', 'APP 2', 'APP 3']);
    clock.advance(999);
    app?.write('6\n');
    expect(said()).toHaveLength(3);
    clock.advance(1);
    expect(said().at(-1)).toBe('CELL log rate limit exceeded: 3 lines dropped');
    app?.write('7\n');
    expect(said().at(-1)).toBe('APP 7');
    for (let n = 0; n <= 64; n += 1) app?.write('x'.repeat(65_536));
    expect(app?.isHeld).toBe(true);
    clock.advance(1000);
    expect(app?.isHeld).toBe(false);
  });
});

describe('bytes in a second', () => {
  it.each([
    [-1, ['APP 123456', 'APP 78']],
    [7, ['APP 123456']],
    [0, []],
  ])('may be bounded by the app: %i', async (logBytesPerSecond, lines) => {
    begin(kit, lrp('a'), request(run('app', []), { logBytesPerSecond }));
    await started('app');
    processes.of('app')[0]?.write('123456\n78\n');
    expect(kit.lines().slice(2)).toEqual(lines);
  });
});

describe('memory', () => {
  it('is looked at oftener near the limit, and above it the container ends', async () => {
    begin(kit, lrp('a'), request(run('app', []), { memoryMb: 10 }));
    await started('app');
    const app = processes.of('app')[0];
    if (app !== undefined) app.memoryBytes = 9 << 20;
    await pass(600, 50);
    expect(state()).toBe('running');
    if (app !== undefined) app.memoryBytes = 11 << 20;
    await pass(EXECUTOR_LIMITS.closeWatchMs, 50);
    expect(app?.signals).toContain('SIGKILL');
    await passing(until('completed', () => state() === 'completed'));
    expect(result()?.failureReason).toBe('APP: Exited with status 137 (out of memory)');
  });
});
