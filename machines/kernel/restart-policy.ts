/** Which siblings fall with a crashed child, as OTP names it. */
export type Strategy = 'one_for_one' | 'one_for_all' | 'rest_for_one';

/** Whether a child that ended is started again: always, only after a crash, or never. */
export type RestartType = 'permanent' | 'transient' | 'temporary';

export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
  readonly factor: number;
  /** Share of the delay that chance may take away, 0 to 1. */
  readonly jitter: number;
  /** A child that stood this long starts again at `minMs`. */
  readonly resetAfterMs: number;
}

export interface Intensity {
  /** More restarts than this within `periodMs` make the supervisor give up. */
  readonly maxRestarts: number;
  readonly periodMs: number;
}

/** The children, in start order, that a crash of `crashed` takes down. */
export function affectedChildren(
  strategy: Strategy,
  order: readonly string[],
  crashed: string,
): readonly string[] {
  if (strategy === 'one_for_all') return order;
  if (strategy === 'rest_for_one') return order.slice(order.indexOf(crashed));
  return [crashed];
}

/** The restarts that still count at `nowMs`. One exactly `periodMs` old no longer does. */
export function restartsInWindow(
  restartTimesMs: readonly number[],
  nowMs: number,
  periodMs: number,
): readonly number[] {
  return restartTimesMs.filter((atMs) => nowMs - atMs < periodMs);
}

/**
 * The wait before the restart that follows failure number `failures` (1 is the first).
 * `chance` in [0, 1) spreads restarts, so that many children do not come back as one.
 */
export function backoffMs(backoff: Backoff, failures: number, chance: number): number {
  const steps = Math.min(Math.max(0, failures - 1), 64);
  const delayMs = Math.min(backoff.maxMs, backoff.minMs * backoff.factor ** steps);
  return delayMs * (1 - backoff.jitter * chance);
}
