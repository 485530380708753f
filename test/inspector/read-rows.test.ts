import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readRows } from '../../src/inspector/read-rows.ts';
import { CellPresence, CellsResponse } from '../../src/model/bbs/messages/cells.ts';
import { encode } from '../../src/model/protobuf/encode.ts';

const listOf = (ids: readonly string[]): Buffer => {
  const cells = ids.map((cell_id) => CellPresence.create({ cell_id }));
  return Buffer.from(encode(CellsResponse, CellsResponse.create({ cells })));
};

it('reads the rows of any list, up to the limit', () => {
  const ids = fc.array(fc.string({ maxLength: 300 }), { maxLength: 40 });
  fc.assert(
    fc.property(ids, fc.nat(50), (own, limit) => {
      const { rows, isComplete } = readRows(listOf(own), CellPresence, limit);
      expect(rows.map(({ cell_id }) => cell_id)).toEqual(own.slice(0, limit));
      expect(isComplete).toBe(own.length <= limit);
    }),
  );
});

it('passes over the error of the answer', () => {
  const error = { type: 1, message: 'no' };
  const bytes = Buffer.from(encode(CellsResponse, CellsResponse.create({ error })));
  expect(readRows(bytes, CellPresence, 5)).toEqual({ rows: [], isComplete: true });
});

it('refuses what is cut off, or no list, and never hangs', () => {
  const whole = listOf(['one', 'two']);
  for (let length = 1; length < whole.length; length += 1) {
    const isAtBoundary = length === listOf(['one']).length;
    const read = () => readRows(whole.subarray(0, length), CellPresence, 9).rows.length;
    if (isAtBoundary) expect(read()).toBe(1);
    else expect(read).toThrow();
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        readRows(Buffer.from(bytes), CellPresence, 9);
      } catch (error) {
        expect((error as Error).name).toBe('DecodeError');
      }
    }),
  );
});
