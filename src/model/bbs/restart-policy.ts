/** When a crashed instance may start again (diego.md §3.3, §3.4). */
import type { ActualLRP } from './messages/actual-lrp.ts';

const SECOND = 1_000_000_000n;

/** An instance that ran longer than this starts its count anew. */
const CRASH_RESET_TIMEOUT = 300n * SECOND;
/** Crashes below this number are followed by a new start at once. */
export const IMMEDIATE_RESTARTS = 3;
const MAX_RESTARTS = 200;
const MIN_BACKOFF = 30n * SECOND;
const MAX_BACKOFF = 960n * SECOND;
const MAX_DOUBLINGS = 5;

/** The crash count of a row that crashes now; times in nanoseconds. */
export const crashCountAfter = (row: ActualLRP, now: bigint): number =>
  row.state === 'RUNNING' && now - row.since > CRASH_RESET_TIMEOUT ? 1 : row.crash_count + 1;

/** Nanoseconds from the crash to the restart; undefined: never again. */
function restartDelay(crashCount: number): bigint | undefined {
  if (crashCount >= MAX_RESTARTS) return undefined;
  if (crashCount < IMMEDIATE_RESTARTS) return 0n;
  const doublings = Math.min(crashCount - IMMEDIATE_RESTARTS, MAX_DOUBLINGS);
  const delay = MIN_BACKOFF << BigInt(doublings);
  return delay > MAX_BACKOFF ? MAX_BACKOFF : delay;
}

/** Whether a CRASHED row is to be started again now. */
export function isRestartDue(row: ActualLRP, now: bigint): boolean {
  const delay = restartDelay(row.crash_count);
  return delay !== undefined && row.since + delay <= now;
}
