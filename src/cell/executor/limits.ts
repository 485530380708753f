/** Holds a container to what it was given: memory, processes, disk (DESIGN §7). */
import type { Action } from '../../model/bbs/messages/actions.ts';
import type { Timer } from '../../ports/clock.ts';
import type { ProcessFigures } from '../../ports/process-runner.ts';
import { exitText } from './actions/run-process.ts';
import { diskUsage } from './disk-usage.ts';
import type { RunRequest } from './executor.ts';
import { EXECUTOR_LIMITS } from './options.ts';
import { type ExecutorContext, maxProcessesOf, type Workspace } from './workspace.ts';

const MEBIBYTE = 1024 * 1024;
const KILLED_STATUS = 137;
/** From this share of a bound on, it is looked at oftener. */
const CLOSE_SHARE = 0.5;

const innerAction = (action: Action): Action | undefined => {
  const { timeout_action, emit_progress_action, try_action } = action;
  const list = action.codependent_action ?? action.parallel_action ?? action.serial_action;
  return (timeout_action ?? emit_progress_action ?? try_action)?.action ?? list?.actions[0];
};

/** Under which the end of the main process is reported. */
export function mainSource({ action, logSource }: RunRequest): string {
  let own: Action | undefined = action;
  for (let depth = 0; depth < EXECUTOR_LIMITS.actionDepth && own !== undefined; depth += 1) {
    if (own.run_action !== undefined) return own.run_action.log_source || logSource;
    own = innerAction(own);
  }
  return logSource;
}

/** Adds up what is used; a process that ended keeps what it used of the processor. */
class Account {
  readonly #cpuMs = new Map<number, number>();
  #cpuMsOfGone = 0;

  cpuMs(found: readonly ProcessFigures[]): number {
    const alive = new Set(found.map(({ pid }) => pid));
    for (const [pid, cpuMs] of this.#cpuMs) {
      if (alive.has(pid)) continue;
      this.#cpuMsOfGone += cpuMs;
      this.#cpuMs.delete(pid);
    }
    let sum = this.#cpuMsOfGone;
    for (const { pid, cpuMs } of found) {
      this.#cpuMs.set(pid, cpuMs);
      sum += cpuMs;
    }
    return sum;
  }
}

export interface LimitListener {
  /** Its processes were killed. */
  onExceeded(reason: string): void;
}

/** Watches until the returned function is called. */
export function watchLimits(
  context: ExecutorContext,
  workspace: Workspace,
  request: RunRequest,
  listener: LimitListener,
): () => void {
  const { clock, processes } = context.ports;
  const { allocation, mark, paths } = workspace;
  const maxMemoryBytes = request.memoryMb * MEBIBYTE;
  const maxDiskBytes = allocation.diskMb * MEBIBYTE;
  const maxPids = maxProcessesOf(context, workspace);
  const account = new Account();
  const closing = new AbortController();
  let timer: Timer | undefined;
  let latest: readonly ProcessFigures[] = [];

  function exceed(what: string): void {
    if (closing.signal.aborted || workspace.killedFor !== '') return;
    workspace.killedFor = what;
    processes.signal(
      latest.map(({ pid }) => pid),
      'SIGKILL',
    );
    listener.onExceeded(exitText(mainSource(request), KILLED_STATUS, ` (${what})`));
  }

  /** What several processes share is counted once before any of them is killed for it. */
  const isMemoryExceeded = (memoryBytes: number): boolean => {
    if (maxMemoryBytes === 0 || memoryBytes <= maxMemoryBytes) return false;
    let exactBytes = 0;
    for (const own of latest) exactBytes += processes.exactMemoryBytes(own.pid) ?? own.memoryBytes;
    return exactBytes > maxMemoryBytes;
  };

  function onProcesses(found: readonly ProcessFigures[]): boolean {
    latest = found;
    let memoryBytes = 0;
    for (const own of found) memoryBytes += own.memoryBytes;
    workspace.figures = {
      ...workspace.figures,
      memoryBytes,
      cpuMs: account.cpuMs(found),
      processes: found.length,
    };
    if (found.length > maxPids) exceed('too many processes');
    else if (isMemoryExceeded(memoryBytes)) exceed('out of memory');
    const isMemoryClose = maxMemoryBytes > 0 && memoryBytes > maxMemoryBytes * CLOSE_SHARE;
    return isMemoryClose || found.length > maxPids * CLOSE_SHARE;
  }

  async function measureDisk(): Promise<void> {
    const startMs = clock.nowMs();
    const { diskFiles, diskWatchMs, watchShare } = EXECUTOR_LIMITS;
    const diskBytes = await diskUsage(paths.root, diskFiles, closing.signal);
    if (closing.signal.aborted) return;
    workspace.figures = { ...workspace.figures, diskBytes };
    if (maxDiskBytes > 0 && diskBytes > maxDiskBytes) exceed('disk quota exceeded');
    planDisk(Math.max(diskWatchMs, (clock.nowMs() - startMs) * watchShare));
  }

  function planDisk(delayMs: number): void {
    timer = clock.setTimeout(() => void measureDisk(), delayMs);
  }

  const stopWatching = context.watch.add({ container: mark.container, onProcesses });
  planDisk(EXECUTOR_LIMITS.watchMs);
  return () => {
    closing.abort();
    clock.clearTimeout(timer);
    stopWatching();
  };
}
