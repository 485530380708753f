import { deflate } from 'node:zlib';
import type { Bus } from '../ports/bus.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { RouterMetrics } from './metrics.ts';

/**
 * Publishes `router.active_apps` every interval: the zlib-compressed JSON list of applications
 * that had a request, newest first (gorouter.md §2.7). 0 turns it off.
 */
export function publishActiveApps(
  intervalMs: number,
  metrics: RouterMetrics,
  bus: Bus,
  clock: Clock,
  guard: <T extends unknown[]>(fn: (...args: T) => void) => (...args: T) => void,
): () => void {
  if (intervalMs <= 0) return () => {};
  let timer: Timer | undefined;
  const flush = guard(() => {
    const json = JSON.stringify(metrics.takeActiveApplications().reverse());
    deflate(
      json,
      guard((error: Error | null, compressed: Buffer) => {
        if (error === null) bus.publish('router.active_apps', compressed);
      }),
    );
    timer = clock.setTimeout(flush, intervalMs);
  });
  timer = clock.setTimeout(flush, intervalMs);
  return () => clock.clearTimeout(timer);
}
