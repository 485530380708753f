import { expect, it } from 'vitest';
import { checkHistory, type RecordedCall } from './check-history.ts';
import { type Call, isReadOnly, type Row, step, textOf } from './ordinary-row.ts';

const UNCLAIMED: Row = {
  state: 'UNCLAIMED',
  owner: '',
  address: '',
  domain: 'd',
  crashes: 0,
  tag: 0,
};

const object = (initial: Row | undefined) => ({
  initial,
  keyOf: textOf,
  isReadOnly,
  step(row: Row | undefined, call: Call) {
    const { row: state, outcome } = step(row, call, { isDesired: true, knownCells: ['c'] });
    return { state, outcome };
  },
});

const call = (
  invokedAt: number,
  completedAt: number,
  own: Call,
  outcome: string | undefined,
): RecordedCall<Call> => ({ call: own, invokedAt, completedAt, outcome });

const claim = (owner: string): Call => ({ type: 'claim', owner });
const isLegal = (calls: readonly RecordedCall<Call>[], row: Row | undefined = UNCLAIMED) =>
  checkHistory(calls, object(row)).isLegal;

it('takes two claims of which one was refused, in either order', () => {
  const [first, second] = [claim('a@c'), claim('b@c')];
  expect(isLegal([call(1, 4, first, 'ok'), call(2, 3, second, 'ActualLRPCannotBeClaimed')])).toBe(
    true,
  );
  expect(isLegal([call(1, 4, first, 'ActualLRPCannotBeClaimed'), call(2, 3, second, 'ok')])).toBe(
    true,
  );
});

it('refuses two owners at once', () => {
  expect(isLegal([call(1, 4, claim('a@c'), 'ok'), call(2, 3, claim('b@c'), 'ok')])).toBe(false);
});

it('refuses an answer from before a call that had completed', () => {
  const removed = call(1, 2, { type: 'remove', owner: undefined }, 'ok');
  const late = call(3, 4, claim('a@c'), 'ok');
  const atOnce = { ...late, invokedAt: 1 };
  expect([isLegal([removed, late]), isLegal([removed, atOnce])]).toEqual([false, true]);
});

it('refuses a lost update and a stale read', () => {
  const failed = call(1, 2, { type: 'fail' }, 'ok');
  const read = (tag: number): RecordedCall<Call> =>
    call(3, 4, { type: 'read' }, textOf({ ...UNCLAIMED, tag }));
  expect([isLegal([failed, read(1)]), isLegal([failed, read(0)])]).toEqual([true, false]);
});

it('lets a call of unknown outcome happen late, or never, but once', () => {
  const unknown = call(1, 1, { type: 'fail' }, undefined);
  const read = (at: number, tag: number): RecordedCall<Call> =>
    call(at, at + 1, { type: 'read' }, textOf({ ...UNCLAIMED, tag }));
  expect(isLegal([unknown, read(3, 0), read(5, 0)])).toBe(true);
  expect(isLegal([unknown, read(3, 0), read(5, 1)])).toBe(true);
  expect(isLegal([unknown, read(3, 1), read(5, 0)])).toBe(false);
  expect(isLegal([unknown, read(3, 1), read(5, 2)])).toBe(false);
});

it('finds the only order among many, and that there is none', () => {
  // Every start moves the address on by one; all are under way at the same time.
  const starts = Array.from({ length: 12 }, (_none, index) =>
    call(
      index,
      100 - index,
      { type: 'start', owner: 'a@c', address: `${index}`, domain: 'd' },
      'ok',
    ),
  );
  const last = (tag: number): RecordedCall<Call> => {
    const row: Row = { ...UNCLAIMED, state: 'RUNNING', owner: 'a@c', address: '0', tag };
    return call(200, 201, { type: 'read' }, textOf(row));
  };
  expect([isLegal([...starts, last(12)]), isLegal([...starts, last(13)])]).toEqual([true, false]);
});

it('takes an unchanged start again as the one that made the row later', () => {
  const start: Call = { type: 'start', owner: 'a@c', address: '1', domain: 'd' };
  const running: Row = { ...UNCLAIMED, state: 'RUNNING', owner: 'a@c', address: '1' };
  const again = call(1, 10, start, 'ok');
  const removed = call(2, 3, { type: 'remove', owner: undefined }, 'ok');
  const read = call(11, 12, { type: 'read' }, textOf(running));
  expect(isLegal([again, removed, read], running)).toBe(true);
});
