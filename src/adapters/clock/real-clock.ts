import { performance } from 'node:perf_hooks';
import type { Clock, Timer } from '../../ports/clock.ts';

/** The longest delay that Node's timers take; above it they fire after 1 ms. */
const MAX_NODE_DELAY_MS = 2 ** 31 - 1;

interface RealTimer extends Timer {
  handle: NodeJS.Timeout | undefined;
}

function arm(timer: RealTimer, fn: () => void, delayMs: number): void {
  const stepMs = Math.min(delayMs, MAX_NODE_DELAY_MS);
  timer.handle = setTimeout(() => {
    timer.handle = undefined;
    if (delayMs > stepMs) arm(timer, fn, delayMs - stepMs);
    else fn();
  }, stepMs);
}

/** The clock of the machine. Ages come from its monotonic counter: a stepped date harms nobody. */
export function createRealClock(): Clock {
  return {
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    setTimeout(fn, delayMs) {
      const timer: RealTimer = { timerOf: 'clock', handle: undefined };
      arm(timer, fn, Math.max(0, delayMs));
      return timer;
    },
    clearTimeout(timer) {
      const real = timer as RealTimer | undefined;
      if (real?.handle !== undefined) clearTimeout(real.handle);
    },
    defer: (fn) => {
      setImmediate(fn);
    },
  };
}
