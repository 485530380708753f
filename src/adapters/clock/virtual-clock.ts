import type { Clock, Timer } from '../../ports/clock.ts';

interface VirtualTimer extends Timer {
  dueMs: number;
  sequence: number;
  fn: (() => void) | undefined;
}

export interface VirtualClock extends Clock {
  /** Runs the next due piece of work and moves time to it. False when nothing waits. */
  step(): boolean;
  /** Runs everything due in the next `ms`, each at its own time, then stands at the end. */
  advance(ms: number): void;
  /** How many timers and deferred calls wait. */
  readonly pending: number;
}

const isEarlier = (a: VirtualTimer, b: VirtualTimer): boolean =>
  a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.sequence < b.sequence);

/** A binary heap by (due time, order of setting). */
class TimerHeap {
  readonly #items: VirtualTimer[] = [];

  get first(): VirtualTimer | undefined {
    return this.#items[0];
  }

  push(timer: VirtualTimer): void {
    const items = this.#items;
    let index = items.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = items[parent] as VirtualTimer;
      if (!isEarlier(timer, above)) break;
      items[index] = above;
      index = parent;
    }
    items[index] = timer;
  }

  pop(): VirtualTimer | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (last !== undefined && items.length > 0) this.#sink(last);
    return first;
  }

  #sink(timer: VirtualTimer): void {
    const items = this.#items;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const left = items[child];
      if (left === undefined) break;
      const right = items[child + 1];
      if (right !== undefined && isEarlier(right, left)) child += 1;
      const next = items[child] as VirtualTimer;
      if (!isEarlier(next, timer)) break;
      items[index] = next;
      index = child;
    }
    items[index] = timer;
  }
}

/**
 * A discrete-event clock: work runs in order of (due time, order of setting), and each piece sees
 * its own due time. Nothing here waits for the machine.
 */
export function createVirtualClock(startWallMs = 0): VirtualClock {
  const heap = new TimerHeap();
  let nowMs = 0;
  let sequence = 0;
  let pending = 0;

  function schedule(fn: () => void, delayMs: number): VirtualTimer {
    sequence += 1;
    pending += 1;
    const timer: VirtualTimer = {
      timerOf: 'clock',
      dueMs: nowMs + Math.max(0, delayMs),
      sequence,
      fn,
    };
    heap.push(timer);
    return timer;
  }

  function dropCleared(): void {
    while (heap.first !== undefined && heap.first.fn === undefined) heap.pop();
  }

  function step(): boolean {
    dropCleared();
    const timer = heap.pop();
    if (timer?.fn === undefined) return false;
    const { fn } = timer;
    nowMs = timer.dueMs;
    timer.fn = undefined;
    pending -= 1;
    fn();
    return true;
  }

  return {
    nowMs: () => nowMs,
    wallMs: () => startWallMs + nowMs,
    setTimeout: schedule,
    clearTimeout(timer) {
      const virtual = timer as VirtualTimer | undefined;
      if (virtual?.fn === undefined) return;
      virtual.fn = undefined;
      pending -= 1;
    },
    defer: (fn) => {
      schedule(fn, 0);
    },
    step,
    advance(ms) {
      const endMs = nowMs + ms;
      for (;;) {
        dropCleared();
        if (heap.first === undefined || heap.first.dueMs > endMs) break;
        step();
      }
      nowMs = endMs;
    },
    get pending() {
      return pending;
    },
  };
}
