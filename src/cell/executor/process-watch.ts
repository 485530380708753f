/** Looks at the processes of the cell from time to time, for all containers at once. */
import type { Clock, Timer } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { ProcessFigures, ProcessRunner } from '../../ports/process-runner.ts';
import { EXECUTOR_LIMITS } from './options.ts';

export interface WatchedContainer {
  readonly container: string;
  /** Called with the processes it has now; true: near a bound, look again soon. */
  onProcesses(found: readonly ProcessFigures[]): boolean;
}

export interface ProcessWatch {
  /** The timer runs while anybody is watched. Returns the cancellation. */
  add(watched: WatchedContainer): () => void;
}

function byContainer(found: readonly ProcessFigures[]): Map<string, ProcessFigures[]> {
  const groups = new Map<string, ProcessFigures[]>();
  for (const own of found) {
    const group = groups.get(own.container);
    if (group === undefined) groups.set(own.container, [own]);
    else group.push(own);
  }
  return groups;
}

export interface WatchPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly processes: ProcessRunner;
}

export function createProcessWatch(
  { clock, log, processes }: WatchPorts,
  cell: string,
): ProcessWatch {
  const watched = new Set<WatchedContainer>();
  let timer: Timer | undefined;
  let isLooking = false;

  /** True when any of them is near a bound. */
  async function lookOnce(): Promise<boolean> {
    const groups = byContainer(await processes.find(cell, { isThorough: false }));
    let isClose = false;
    for (const own of watched) {
      if (own.onProcesses(groups.get(own.container) ?? [])) isClose = true;
    }
    return isClose;
  }

  async function look(): Promise<void> {
    isLooking = true;
    const startMs = clock.nowMs();
    const isClose = await lookOnce().catch((error: unknown) => {
      log.error('executor.watch-failed', { error: String(error) });
      return false;
    });
    isLooking = false;
    const { closeWatchMs, watchMs, watchShare } = EXECUTOR_LIMITS;
    const tookMs = clock.nowMs() - startMs;
    plan(isClose ? Math.max(closeWatchMs, tookMs) : Math.max(watchMs, tookMs * watchShare));
  }

  function plan(delayMs: number): void {
    if (timer !== undefined || isLooking || watched.size === 0) return;
    timer = clock.setTimeout(() => {
      timer = undefined;
      void look();
    }, delayMs);
  }

  return {
    add(own) {
      watched.add(own);
      plan(EXECUTOR_LIMITS.closeWatchMs);
      return () => {
        watched.delete(own);
        if (watched.size > 0) return;
        clock.clearTimeout(timer);
        timer = undefined;
      };
    },
  };
}
