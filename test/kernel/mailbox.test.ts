import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnyActorRef } from 'xstate';
import { createVirtualClock } from '../../src/adapters/clock/virtual-clock.ts';
import { createMailboxes } from '../../src/kernel/mailbox.ts';

const CAPACITY = 8;
const BATCH = 3;

/** Mailboxes over actors that only note what they are sent. */
function setUp() {
  const clock = createVirtualClock();
  const delivered: Record<string, string[]> = { a: [], b: [] };
  const living = new Set(['a', 'b']);
  const stopped = new Set<string>();
  const dead: string[] = [];
  let turn = 0;
  const turns: number[] = [];
  const mailboxes = createMailboxes({
    capacity: CAPACITY,
    batch: BATCH,
    find: (name) => {
      if (!living.has(name)) return undefined;
      const status = stopped.has(name) ? 'stopped' : 'active';
      const send = ({ type }: { type: string }) => {
        delivered[name]?.push(type);
        turns.push(turn);
      };
      return { getSnapshot: () => ({ status }), send } as unknown as AnyActorRef;
    },
    defer: (fn) =>
      clock.defer(() => {
        turn += 1;
        fn();
      }),
    onDeadLetter: (to, type, reason) => dead.push(`${to} ${type} ${reason}`),
  });
  return { clock, mailboxes, delivered, living, stopped, dead, turns };
}

describe('a mailbox', () => {
  it('delivers in order, drops the newest beyond its bound, and tells of each that is lost', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom('put a', 'put b') },
      { weight: 1, arbitrary: fc.constantFrom('turn') },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { clock, mailboxes, delivered, dead } = setUp();
        const accepted: Record<string, string[]> = { a: [], b: [] };
        let refused = 0;
        steps.forEach((what, index) => {
          const name = what.slice(-1);
          if (what === 'turn') clock.step();
          else {
            const isFull = mailboxes.depth(name) >= CAPACITY;
            const wasTaken = mailboxes.put(name, { type: `${index}` }, false);
            expect(wasTaken).toBe(!isFull);
            if (wasTaken) accepted[name]?.push(`${index}`);
            else refused += 1;
          }
          for (const own of ['a', 'b']) expect(mailboxes.depth(own)).toBeLessThanOrEqual(CAPACITY);
        });
        while (clock.step());
        expect(delivered).toEqual(accepted);
        expect(dead).toHaveLength(refused);
        expect(dead.every((letter) => letter.endsWith('mailbox-full'))).toBe(true);
      }),
    );
  });

  it('hands over no more than a batch per turn', () => {
    const { clock, mailboxes, turns } = setUp();
    for (let index = 0; index < CAPACITY; index += 1) mailboxes.put('a', { type: 'x' }, false);
    expect(turns).toEqual([]);
    while (clock.step());
    expect(turns).toEqual([1, 1, 1, 2, 2, 2, 3, 3]);
  });

  const losses: readonly [isOptional: boolean, letters: number][] = [
    [false, 1],
    [true, 0],
  ];
  it.each(losses)('with nobody there, optional %s: %i dead letters', (isOptional, letters) => {
    const { clock, mailboxes, living, dead } = setUp();
    living.delete('a');
    expect(mailboxes.put('a', { type: 'x' }, isOptional)).toBe(false);
    while (clock.step());
    expect(dead).toEqual(Array(letters).fill('a x no-such-actor'));
  });

  it.each(losses)('with the actor gone before its turn, optional %s: %i', (isOptional, letters) => {
    const { clock, mailboxes, living, dead, delivered } = setUp();
    expect(mailboxes.put('a', { type: 'x' }, isOptional)).toBe(true);
    living.delete('a');
    while (clock.step());
    expect(dead).toEqual(Array(letters).fill('a x no-such-actor'));
    expect(delivered['a']).toEqual([]);
  });

  it.each(losses)('with the actor stopped, optional %s: %i', (isOptional, letters) => {
    const { clock, mailboxes, stopped, dead } = setUp();
    stopped.add('a');
    mailboxes.put('a', { type: 'x' }, isOptional);
    while (clock.step());
    expect(dead).toEqual(Array(letters).fill('a x actor-stopped'));
  });

  it('keeps what was put while an actor was being replaced', () => {
    const { clock, mailboxes, living, delivered } = setUp();
    mailboxes.put('a', { type: 'x' }, false);
    living.delete('a');
    living.add('a');
    while (clock.step());
    expect(delivered['a']).toEqual(['x']);
  });

  it('goes on with the next batch when an actor throws', () => {
    const { clock, mailboxes, delivered } = setUp();
    const push = delivered['a']?.push.bind(delivered['a']);
    let isFirst = true;
    delivered['a'] = Object.assign(delivered['a'] ?? [], {
      push: (type: string) => {
        if (isFirst) {
          isFirst = false;
          throw new Error('from outside of the actor');
        }
        return push?.(type) ?? 0;
      },
    });
    for (let index = 0; index < 5; index += 1) mailboxes.put('a', { type: `${index}` }, false);
    expect(() => clock.step()).toThrow('from outside');
    while (clock.step());
    expect([...(delivered['a'] ?? [])]).toEqual(['3', '4']);
  });
});
