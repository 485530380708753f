/** Ends processes of a cell, those that went into the background included. */
import type { Clock } from '../../ports/clock.ts';
import type { ProcessFigures, ProcessRunner } from '../../ports/process-runner.ts';
import { EXECUTOR_LIMITS } from './options.ts';

export interface KillTarget {
  readonly clock: Clock;
  readonly processes: ProcessRunner;
  readonly cell: string;
  /** Of which of its containers. */
  readonly isMeant: (container: string) => boolean;
}

export const pause = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.setTimeout(resolve, ms);
  });

async function findProcesses(target: KillTarget): Promise<readonly ProcessFigures[]> {
  const { processes, cell, isMeant } = target;
  const found = await processes.find(cell, { isThorough: true });
  return found.filter(({ container }) => isMeant(container));
}

/**
 * Kills in rounds until none is left: a process may start others while it is looked for. Resolves
 * with how many were found first, and how many could not be killed in time.
 */
export async function killProcesses(
  target: KillTarget,
): Promise<{ readonly killed: number; readonly left: number }> {
  const { clock, processes } = target;
  const endMs = clock.nowMs() + EXECUTOR_LIMITS.killTimeoutMs;
  const killed = new Set<number>();
  let pauseMs: number = EXECUTOR_LIMITS.killPauseMs;
  for (;;) {
    const found = await findProcesses(target);
    if (found.length === 0) return { killed: killed.size, left: 0 };
    if (clock.nowMs() >= endMs) return { killed: killed.size, left: found.length };
    const isNews = found.some(({ pid }) => !killed.has(pid));
    for (const { pid } of found) killed.add(pid);
    processes.signal(
      found.map(({ pid }) => pid),
      'SIGKILL',
    );
    // New ones appear: no time to lose. Else the kernel needs a moment.
    pauseMs = isNews
      ? EXECUTOR_LIMITS.killPauseMs
      : Math.min(pauseMs * 2, EXECUTOR_LIMITS.maxKillPauseMs);
    await pause(clock, pauseMs);
  }
}

/**
 * SIGTERM once to each process outside of `askedGroups`, and time to follow it. Resolves when none
 * is left, or the time is over.
 */
export async function askProcesses(
  target: KillTarget,
  graceMs: number,
  askedGroups: ReadonlySet<number>,
): Promise<void> {
  const { clock, processes } = target;
  const endMs = clock.nowMs() + graceMs;
  const asked = new Set<number>();
  let pauseMs: number = EXECUTOR_LIMITS.killPauseMs;
  for (;;) {
    const found = await findProcesses(target);
    const leftMs = endMs - clock.nowMs();
    if (found.length === 0 || leftMs <= 0) return;
    const pids = found
      .filter(({ pid, group }) => !asked.has(pid) && !askedGroups.has(group))
      .map(({ pid }) => pid);
    for (const pid of pids) asked.add(pid);
    processes.signal(pids, 'SIGTERM');
    pauseMs = Math.min(pauseMs * 2, EXECUTOR_LIMITS.maxKillPauseMs, leftMs);
    await pause(clock, pauseMs);
  }
}
