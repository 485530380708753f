/** The rules of the protobuf encoding (https://protobuf.dev/programming-guides/encoding/). */
import { describe, expect, test } from 'vitest';
import type { Of } from '../../../src/model/bbs/messages/common.ts';
import { DecodeError, decode, MAX_DEPTH } from '../../../src/model/protobuf/decode.ts';
import { encode } from '../../../src/model/protobuf/encode.ts';
import {
  always,
  bool,
  bytes,
  embedded,
  enumeration,
  int32,
  int64,
  type MessageType,
  mapOf,
  message,
  optional,
  repeated,
  string,
  uint32,
  uint64,
} from '../../../src/model/protobuf/fields.ts';

const Inner = message('Inner', { text: string(1), number: int32(2), list: repeated(string(3)) });

const Sample = message('Sample', {
  text: string(1),
  signed: int32(2),
  unsigned: uint32(3),
  long: int64(4),
  unsignedLong: uint64(5),
  flag: bool(6),
  data: bytes(7),
  kind: enumeration(8, { NONE: 0, ONE: 1 }),
  numbers: repeated(uint32(9)),
  inner: embedded(10, () => Inner),
  present: optional(int32(11)),
  entries: mapOf(12, int64(2)),
  longs: repeated(int64(13)),
  fixed: always(embedded(14, () => Inner)),
  inners: repeated(embedded(15, () => Inner)),
  messages: mapOf(
    16,
    embedded(2, () => Inner),
  ),
});

type Sample = Of<typeof Sample>;

/** Field 14 is always written; the examples leave it out. */
const hexOf = (fields: Partial<Sample>): string =>
  encode(Sample, Sample.create(fields)).toString('hex').replace(/7200/, '');

const read = (hex: string): Sample => decode(Sample, Buffer.from(hex, 'hex'));

const refused = (hex: string): string => {
  try {
    read(hex);
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
  return 'not refused';
};

describe('what is written', () => {
  test.each<[string, Partial<Sample>, string]>([
    ['nothing for defaults', {}, ''],
    ['text', { text: 'é' }, '0a02c3a9'],
    ['a negative int32 in ten bytes', { signed: -1 }, '10ffffffffffffffffff01'],
    ['the largest uint32', { unsigned: 0xffff_ffff }, '18ffffffff0f'],
    ['the least int64', { long: -(2n ** 63n) }, '2080808080808080808001'],
    ['the largest uint64', { unsignedLong: 2n ** 64n - 1n }, '28ffffffffffffffffff01'],
    ['a present zero', { present: 0 }, '5800'],
    ['an empty message', { inner: Inner.empty }, '5200'],
    ['repeated numbers unpacked', { numbers: [0, 300] }, '4800' + '48ac02'],
    ['map entries with their defaults', { entries: new Map([['', 0n]]) }, '62040a001000'],
    ['an enum without a name', { kind: 7 }, '4007'],
  ])('%s', (_, fields, hex) => {
    expect(hexOf(fields)).toBe(hex);
    expect(read(hex)).toEqual(Sample.create(fields));
  });

  test('messages that are always there', () => {
    expect(encode(Sample, Sample.empty).toString('hex')).toBe('7200');
    expect(read('').fixed).toEqual(Inner.empty);
  });

  test('text and lists larger than the scratch buffer', () => {
    const text = 'ü'.repeat(40_000);
    const own = Sample.create({ text, inners: [Inner.create({ text }), Inner.empty] });
    expect(decode(Sample, encode(Sample, own))).toEqual(own);
  });
});

describe('what is read', () => {
  test('packed and unpacked numbers, also mixed', () => {
    expect(read('4801' + '4a03' + '02ac02' + '4803').numbers).toEqual([1, 2, 300, 3]);
    expect(read('4a00').numbers).toEqual([]);
    expect(read('6a0b' + '01' + 'ffffffffffffffffff01').longs).toEqual([1n, -1n]);
  });

  test('of a field given twice the last counts', () => {
    expect(read('0a0161' + '0a0162').text).toBe('b');
  });

  test('an embedded message given twice is merged', () => {
    const { inner } = read('5206' + '0a0161' + '1a0178' + '5205' + '1005' + '1a0179');
    expect(inner).toEqual({ text: 'a', number: 5, list: ['x', 'y'] });
    expect(Inner.empty.list).toEqual([]);
  });

  test('a merge leaves what it starts from alone', () => {
    expect(read('7203' + '0a0161').fixed.text).toBe('a');
    expect(read('').fixed.text).toBe('');
  });

  test('map entries: absent key or value, unknown fields, the last of a key', () => {
    expect(read('6200').entries).toEqual(new Map([['', 0n]]));
    expect(read('6205' + '1001' + '0a0161').entries).toEqual(new Map([['a', 1n]]));
    expect(read('6205' + '0a0161' + '1801').entries).toEqual(new Map([['a', 0n]]));
    expect(read('6205' + '0a0161' + '1001' + '6205' + '0a0161' + '1002').entries).toEqual(
      new Map([['a', 2n]]),
    );
    expect(read('820103' + '0a0161').messages).toEqual(new Map([['a', Inner.empty]]));
  });

  test('unknown fields of every wire type, groups too, are passed over', () => {
    const unknown = ['a00601', 'a1060102030405060708', 'a20602ffff', 'a50601020304'].join('');
    const group = `a306${unknown}0b0ca406`;
    expect(read(`0a0161${unknown}${group}1005`)).toEqual(Sample.create({ text: 'a', signed: 5 }));
  });

  test('numbers are cut to their size', () => {
    expect(read('10ffffffff0f').signed).toBe(-1);
    expect(read('188180808010').unsigned).toBe(1);
    expect(read('30808080808001').flag).toBe(true);
  });

  test('bytes are a copy', () => {
    const source = Buffer.from('3a0161', 'hex');
    const { data } = decode(Sample, source);
    source.fill(0);
    expect(Buffer.from(data).toString()).toBe('a');
  });

  test('a replacement character that was sent is text', () => {
    expect(read('0a03efbfbd').text).toBe('\ufffd');
  });
});

describe('what is refused', () => {
  test.each([
    ['a tag without a value', '10', 'unexpected end'],
    ['half a varint', '10ff', 'unexpected end'],
    ['a varint of eleven bytes', '10ffffffffffffffffffff01', 'varint is too long'],
    ['a long varint of eleven bytes', '20ffffffffffffffffffff01', 'varint is too long'],
    ['text that ends too early', '0a0561', 'length too large'],
    ['a length of more than 31 bits', '0affffffff0f', 'length too large'],
    ['a message that ends too early', '5205' + '0a0161', 'length too large'],
    [
      'a field that reaches out of its message',
      '5203' + '0a0561' + '6161616161',
      'length too large',
    ],
    ['packed numbers that reach out', '4a01' + 'ff' + '01', 'unexpected end'],
    ['half a fixed number', 'a5060102', 'unexpected end'],
    ['text that is not UTF-8', '0a01ff', 'text is not UTF-8'],
    ['half a surrogate pair', '0a03eda080', 'text is not UTF-8'],
    ['a key of a map that is not UTF-8', '6203' + '0a01ff', 'text is not UTF-8'],
    ['field number 0', '0001', 'field number 0'],
    ['wire type 6', 'a606', 'wire type 6'],
    ['a group that does not end', 'a306', 'unexpected end'],
    ['a group that ends as another', 'a306' + 'ac06', 'group does not end'],
    ['the end of a group that never began', 'a406', 'wire type 4'],
    ['a number where a text belongs', '0801', 'wire type 0 for 2'],
    ['a text where a number belongs', '120161', 'wire type 2 for 0'],
  ])('%s', (_, hex, text) => {
    expect(refused(hex)).toBe(text);
  });

  interface Nested {
    readonly nested: Nested | undefined;
  }
  const Nested: MessageType<Nested> = message('Nested', { nested: embedded(1, () => Nested) });

  function nestedBytes(depth: number): Buffer {
    let own: Nested = { nested: undefined };
    for (let level = 0; level < depth; level += 1) own = { nested: own };
    return encode(Nested, own);
  }

  test('messages nested too deeply, not those nested as deeply as allowed', () => {
    expect(encode(Nested, decode(Nested, nestedBytes(MAX_DEPTH)))).toEqual(nestedBytes(MAX_DEPTH));
    expect(() => decode(Nested, nestedBytes(MAX_DEPTH + 1))).toThrow('nested too deeply');
  });

  test('groups nested without end', () => {
    const groups = Buffer.from('a306'.repeat(50_000), 'hex');
    expect(() => decode(Nested, groups)).toThrow(DecodeError);
  });
});
