import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/adapters/clock/virtual-clock.ts';

interface Planned {
  readonly id: number;
  readonly delayMs: number;
  /** Cleared before time goes on. */
  readonly isCleared: boolean;
  /** Set by this one when it fires: a delay from there on. */
  readonly next: number | undefined;
}

const plans: fc.Arbitrary<Planned[]> = fc
  .array(
    fc.record({
      delayMs: fc.oneof(
        fc.integer({ min: -5, max: 20 }),
        fc.double({ min: 0, max: 20, noNaN: true }),
      ),
      isCleared: fc.boolean(),
      next: fc.option(fc.integer({ min: 0, max: 10 }), { nil: undefined }),
    }),
    { maxLength: 60 },
  )
  .map((list) => list.map((plan, id) => ({ ...plan, id })));

/** What must fire and when: a list that is sorted again after each firing. */
function expected(list: readonly Planned[], untilMs: number): string[] {
  let queue = list.map((plan) => ({
    ...plan,
    dueMs: Math.max(0, plan.delayMs),
    name: `${plan.id}`,
  }));
  queue = queue.filter(({ isCleared }) => !isCleared);
  const fired: string[] = [];
  for (;;) {
    queue.sort((a, b) => a.dueMs - b.dueMs || a.id - b.id);
    const first = queue.shift();
    if (first === undefined || first.dueMs > untilMs) return fired;
    fired.push(`${first.name}@${first.dueMs}`);
    if (first.next === undefined) continue;
    const id = list.length + fired.length;
    const dueMs = first.dueMs + first.next;
    queue.push({ ...first, id, dueMs, name: `${first.name}'`, next: undefined });
  }
}

function actual(list: readonly Planned[], advances: readonly number[]) {
  const clock = createVirtualClock();
  const fired: string[] = [];
  const timers = list.map(({ id, delayMs, next }) =>
    clock.setTimeout(() => {
      fired.push(`${id}@${clock.nowMs()}`);
      if (next !== undefined) clock.setTimeout(() => fired.push(`${id}'@${clock.nowMs()}`), next);
    }, delayMs),
  );
  list.forEach(({ isCleared }, index) => {
    if (isCleared) clock.clearTimeout(timers[index]);
  });
  for (const ms of advances) clock.advance(ms);
  return { clock, fired };
}

describe('the virtual clock', () => {
  it('fires in the order of due time, then of setting, each at its own time', () => {
    const advances = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 8 });
    fc.assert(
      fc.property(plans, advances, (list, steps) => {
        const { clock, fired } = actual(list, steps);
        const untilMs = steps.reduce((sum, ms) => sum + ms, 0);
        expect(fired).toEqual(steps.length === 0 ? [] : expected(list, untilMs));
        expect(clock.nowMs()).toBe(untilMs);
      }),
      { numRuns: 500 },
    );
  });

  it('counts what still waits', () => {
    fc.assert(
      fc.property(plans, (list) => {
        const { clock, fired } = actual(list, [5]);
        let left = 0;
        while (clock.step()) left += 1;
        const chained = list.filter(({ isCleared, next }) => !isCleared && next !== undefined);
        const kept = list.filter(({ isCleared }) => !isCleared);
        expect(left).toBe(fired.length - expected(list, 5).length);
        expect(fired).toHaveLength(kept.length + chained.length);
        expect(clock.pending).toBe(0);
        expect(clock.step()).toBe(false);
      }),
    );
  });

  it('runs deferred work after the work before it, without moving time', () => {
    const clock = createVirtualClock(1_000_000);
    const order: string[] = [];
    clock.setTimeout(() => order.push('timer'), 0);
    clock.defer(() => {
      order.push('deferred');
      clock.defer(() => order.push('deferred later'));
    });
    clock.advance(0);
    expect(order).toEqual(['timer', 'deferred', 'deferred later']);
    expect([clock.nowMs(), clock.wallMs()]).toEqual([0, 1_000_000]);
  });

  it('takes the clearing of a timer that has fired, or of none, as nothing', () => {
    const clock = createVirtualClock();
    const timer = clock.setTimeout(() => {}, 1);
    clock.setTimeout(() => {}, 5);
    clock.advance(2);
    clock.clearTimeout(timer);
    clock.clearTimeout(undefined);
    expect(clock.pending).toBe(1);
  });
});
