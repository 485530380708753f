import { setImmediate } from 'node:timers/promises';
import { createRealClock } from '../../../src/adapters/clock/real-clock.ts';
import { createVirtualClock } from '../../../src/adapters/clock/virtual-clock.ts';
import type { Clock } from '../../../src/ports/clock.ts';

export interface SteppedClock extends Clock {
  /** Time passes in small steps; what is awaited in between is real. */
  pass(ms: number): Promise<void>;
}

const STEP_MS = 10;
/** For what a timer set off to reach its end in this process. */
const TURNS_PER_STEP = 3;

/** Timers fire when `pass` says so; deferred work is done at once, as on a real clock. */
export function createSteppedClock(): SteppedClock {
  const virtual = createVirtualClock();
  const real = createRealClock();
  return {
    ...virtual,
    defer: real.defer,
    async pass(ms) {
      for (let left = ms; left > 0; left -= STEP_MS) {
        virtual.advance(Math.min(STEP_MS, left));
        for (let turn = 0; turn < TURNS_PER_STEP; turn += 1) await setImmediate();
      }
    },
  };
}
