/** Edges of the encoding beyond wire-rules.test.ts, and the fast paths of the codec. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Of } from '../../../src/model/bbs/messages/common.ts';
import { DecodeError, decode, MAX_DEPTH } from '../../../src/model/protobuf/decode.ts';
import { encode } from '../../../src/model/protobuf/encode.ts';
import {
  always,
  embedded,
  enumeration,
  int32,
  int64,
  mapOf,
  message,
  repeated,
  string,
  uint64,
} from '../../../src/model/protobuf/fields.ts';
import { ALL_TYPES } from './all-types.ts';

const Inner = message('Inner', { text: string(1), list: repeated(int32(2)) });

const Sample = message('Sample', {
  text: string(1),
  signed: int32(2),
  long: int64(3),
  unsignedLong: uint64(4),
  kind: enumeration(5, { NONE: 0 }),
  sure: always(embedded(6, () => Inner)),
  inners: repeated(embedded(7, () => Inner)),
  texts: mapOf(8, string(2)),
});

type Sample = Of<typeof Sample>;

const read = (hex: string): Sample => decode(Sample, Buffer.from(hex.replaceAll(' ', ''), 'hex'));

test.each<[string, string, Partial<Sample>]>([
  ['defaults that are written all the same', '0a00 1000 1800 2000 2800', {}],
  ['a number with needless bytes', '10 81808000', { signed: 1 }],
  ['bits above the 64th', '20 ffffffffffffffffff7f', { unsignedLong: 2n ** 64n - 1n }],
  ['the 57th bit alone', '20 808080808080808001', { unsignedLong: 2n ** 56n }],
  ['a negative enum', '28 ffffffffffffffffff01', { kind: -1 }],
  ['a byte order mark', '0a04 efbbbf61', { text: '\ufeffa' }],
  ['a character outside of the plane', '0a04 f09f9880', { text: '\u{1f600}' }],
])('%s', (_name, hex, fields) => {
  expect(read(hex)).toEqual(Sample.create(fields));
});

test('a message that is always there is merged too, and its default left alone', () => {
  const { sure } = read('3205 0a0178 1001 3202 1002');
  expect(sure).toEqual({ text: 'x', list: [1, 2] });
  expect(Inner.empty).toEqual({ text: '', list: [] });
  expect(read('').sure).toEqual(Inner.empty);
});

test('messages in a list are not merged', () => {
  const first = Inner.create({ text: 'x', list: [1] });
  expect(read('3a05 0a0178 1001 3a02 1002').inners).toEqual([first, Inner.create({ list: [2] })]);
});

test.each([
  ['a long text that is not UTF-8', `0a14 ${'61'.repeat(18)}c328`],
  ['a text cut within a character', '0a02 e282'],
  ['U+FFFD beside a byte that is wrong', '0a04 efbfbdff'],
  ['the value of an entry that is not UTF-8', '4203 1201ff'],
  ['field number 0 within an entry', '4202 0001'],
  ['a map as a number', '4001'],
  ['a message as a number', '3001'],
  ['a fixed number in a list of messages', '3d01000000'],
])('refused: %s', (_name, hex) => {
  expect(() => read(hex)).toThrow(DecodeError);
});

test('any view of bytes is read', () => {
  const view = new Uint8Array([0xff, 0x10, 0x05, 0xff]).subarray(1, 3);
  expect(decode(Sample, view)).toEqual(Sample.create({ signed: 5 }));
});

test('neighbours do not count as depth', () => {
  const inners = Array.from({ length: MAX_DEPTH * 5 }, () => Inner.create({ list: [1] }));
  const own = Sample.create({ inners });
  expect(decode(Sample, encode(Sample, own))).toEqual(own);
});

describe('objects of a type', () => {
  test.each(ALL_TYPES.map((type) => [type.name, type] as const))('%s', (_name, type) => {
    const fresh = type.make();
    expect(fresh).toEqual(type.empty);
    expect(Object.keys(fresh)).toEqual(Object.keys(type.fields));
    expect(fresh).not.toBe(type.make());
    expect(Object.isFrozen(fresh)).toBe(false);
    expect(type.create()).toEqual(type.empty);
  });
});

/** What the protobuf guide says, without regard to speed. */
function plainVarint(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

describe('fast paths', () => {
  const ASCII = fc.string({ unit: 'binary-ascii', maxLength: 140 });
  const WIDE = fc.constantFrom('', '\u0080', 'é', '\ufffd', '\u{1f600}');

  test('texts of every length, with and without a character that is not ASCII', () => {
    fc.assert(
      fc.property(ASCII, WIDE, ASCII, (head, middle, tail) => {
        const text = head + middle + tail;
        const bytes = Buffer.from(text);
        const sizes = plainVarint(BigInt(bytes.length));
        const own = Sample.create({ text });
        const expected = text === '' ? [] : [0x0a, ...sizes, ...bytes];
        expect([...encode(Sample, own)]).toEqual([...expected, 0x32, 0]);
        expect(decode(Sample, encode(Sample, own))).toEqual(own);
      }),
      { numRuns: 2000 },
    );
  });

  test('integers of 64 bits, all lengths', () => {
    const bits = fc.nat({ max: 64 });
    const value = fc
      .tuple(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), bits)
      .map(([full, shift]) => full >> BigInt(shift));
    fc.assert(
      fc.property(value, (unsignedLong) => {
        const long = BigInt.asIntN(64, unsignedLong);
        const bytes = plainVarint(unsignedLong);
        const own = Sample.create({ long, unsignedLong });
        const expected = unsignedLong === 0n ? [] : [0x18, ...bytes, 0x20, ...bytes];
        expect([...encode(Sample, own)]).toEqual([...expected, 0x32, 0]);
        expect(decode(Sample, encode(Sample, own))).toEqual(own);
      }),
      { numRuns: 3000 },
    );
  });

  test('short texts at the end of the scratch buffer', () => {
    const scratchBytes = 16 * 1024;
    const huge = Sample.create({ text: 'x'.repeat(1_100_000) });
    for (let left = 0; left < 80; left += 1) {
      // After a message of this size the buffer has its first size again.
      encode(Sample, huge);
      const value = 'v'.repeat(scratchBytes - left);
      const own = Sample.create({ text: 'x'.repeat(60), texts: new Map([['k', value]]) });
      expect(decode(Sample, encode(Sample, own))).toEqual(own);
    }
  });
});
