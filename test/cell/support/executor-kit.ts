/** An executor in a test, with real processes or with fakes, and looks at what it leaves. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRealClock } from '../../../src/adapters/clock/real-clock.ts';
import { createMemoryLog } from '../../../src/adapters/log/memory-log.ts';
import * as runner from '../../../src/adapters/process-runner/node-process-runner.ts';
import { createSeededRandom } from '../../../src/adapters/random/seeded-random.ts';
import { createExecutor, type OwnedExecutor } from '../../../src/cell/executor/create-executor.ts';
import type { Allocation, Container, RunRequest } from '../../../src/cell/executor/executor.ts';
import type { ExecutorOptions, ExecutorTuning } from '../../../src/cell/executor/options.ts';
import { Action } from '../../../src/model/bbs/messages/actions.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { ProcessRunner } from '../../../src/ports/process-runner.ts';

const LOG_GUID = 'app-1';

export interface Kit {
  readonly executor: OwnedExecutor;
  readonly directory: string;
  readonly log: ReturnType<typeof createMemoryLog>;
  /** Every change, as `guid state`. */
  readonly changes: string[];
  /** All lines of the app, as `SOURCE text`. */
  lines(): string[];
  /** Ends all; returns what is left: names of directories and commands of processes. */
  close(): Promise<string[]>;
}

export interface KitParts {
  readonly clock?: Clock;
  readonly processes?: ProcessRunner;
  readonly options?: Partial<ExecutorOptions & ExecutorTuning>;
}

/** Commands of living processes whose environment names the directory, or that work in it. */
export function processesOf(directory: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const isMarked = readFileSync(`/proc/${pid}/environ`).includes(`TROUPE_CELL=${directory}\0`);
      const isThere = readlinkSync(`/proc/${pid}/cwd`).startsWith(directory);
      if (!isMarked && !isThere) return [];
      return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()];
    } catch {
      return [];
    }
  });
}

const temporaryDirectory = (): string =>
  realpathSync(mkdtempSync(join(tmpdir(), 'troupe-executor-')));

export function executorKit({ clock, processes, options }: KitParts = {}): Kit {
  const top = temporaryDirectory();
  const directory = join(top, 'containers');
  const log = createMemoryLog();
  const executor = createExecutor(
    {
      cellId: 'cell-1',
      directory,
      address: '127.0.0.1',
      total: { memoryMb: 4096, diskMb: 8192, containers: 20 },
      firstPort: 42_000,
      lastPort: 44_999,
      gracefulShutdownMs: 500,
      stopDelayMs: 0,
      unhealthyPollMs: 100,
      healthyPollMs: 150,
      ...options,
    },
    {
      clock: clock ?? createRealClock(),
      random: createSeededRandom(process.pid),
      log: log.log,
      processes: processes ?? runner.createNodeProcessRunner(),
    },
  );
  const changes: string[] = [];
  executor.onChange(({ allocation, state }) => changes.push(`${allocation.guid} ${state}`));
  return {
    executor,
    directory,
    log,
    changes,
    lines: () => executor.logs.recent(LOG_GUID).map(({ source, text }) => `${source} ${text}`),
    async close() {
      await executor.close();
      const left = [...processesOf(directory), ...readdirSync(directory)];
      rmSync(top, { recursive: true, force: true });
      return left;
    },
  };
}

type Members = Parameters<typeof Action.create>[0];

export const action = (members: Members): Action => Action.create(members);

type RunFields = Partial<NonNullable<Action['run_action']>>;

const RUN = {
  dir: '',
  env: [],
  resource_limits: undefined,
  user: 'vcap',
  log_source: '',
  suppress_log_output: false,
  volume_mounted_files: [],
};

export const run = (path: string, args: readonly string[], more: RunFields = {}): Action =>
  action({ run_action: { ...RUN, path, args: [...args], ...more } });

/** A program for `sh -c`. */
export const shell = (script: string, more: RunFields = {}): Action =>
  run('/bin/sh', ['-c', script], more);

/** A program for this Node. */
export const node = (script: string, more: RunFields = {}): Action =>
  run(process.execPath, ['-e', script], more);

export const lrp = (guid: string, more: Partial<Allocation> = {}): Allocation => ({
  guid,
  memoryMb: 64,
  diskMb: 64,
  maxPids: 0,
  owner: {
    lifecycle: 'lrp',
    domain: 'domain',
    processGuid: 'process',
    index: 2,
    instanceGuid: guid,
  },
  ...more,
});

export const task = (guid: string, more: Partial<Allocation> = {}): Allocation =>
  lrp(guid, { owner: { lifecycle: 'task', domain: 'domain' }, ...more });

export const request = (own: Action, more: Partial<RunRequest> = {}): RunRequest => ({
  environment: [],
  cachedDependencies: [],
  setup: undefined,
  action: own,
  monitor: undefined,
  checks: undefined,
  startTimeoutMs: 0,
  containerPorts: [],
  logGuid: LOG_GUID,
  logSource: 'APP',
  memoryMb: 0,
  ...more,
});

/** Waits in real time until it is true. */
export async function until(what: string, isTrue: () => boolean, timeoutMs = 10_000) {
  const endMs = Date.now() + timeoutMs;
  while (!isTrue()) {
    if (Date.now() > endMs) throw new Error(`never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function begin({ executor }: Kit, allocation: Allocation, own: RunRequest): void {
  const refusal = executor.allocate(allocation) ?? executor.run(allocation.guid, own);
  if (refusal !== undefined) throw new Error(refusal);
}

export async function inState(
  { executor }: Kit,
  guid: string,
  state: Container['state'],
  timeoutMs?: number,
): Promise<Container> {
  const look = () => executor.get(guid);
  await until(`${guid} is ${state}`, () => look()?.state === state, timeoutMs);
  return look() as Container;
}

/** Runs it to its end, and tells how it ended. */
export async function outcome(kit: Kit, allocation: Allocation, own: RunRequest) {
  begin(kit, allocation, own);
  const { result } = await inState(kit, allocation.guid, 'completed');
  return result;
}

/** Where a file of the container is. */
export const fileOf = ({ directory }: Kit, guid: string, path: string): string =>
  join(directory, guid, path);

export const readIf = (path: string): string =>
  existsSync(path) ? readFileSync(path, 'utf8') : '';
