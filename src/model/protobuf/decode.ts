import { isUtf8 } from 'node:buffer';
import { defaultOf, entryDefaultOf, type Field, type MessageType } from './fields.ts';

/** The bytes are not a message of this type. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** Messages within messages; the original's recursion ends with its stack. */
export const MAX_DEPTH = 100;

const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const GROUP_START = 3;
const GROUP_END = 4;
const FIXED32 = 5;

const REPLACEMENT = '\ufffd';

/** Longer texts are seldom the same twice, and are read faster by the runtime. */
const INTERNED_BYTES = 80;
const INTERNED_SLOTS = 4096;

/**
 * Texts that were read before, by a hash of their bytes: guids, domains, cells and states come
 * again and again, and a quarter of a million records must not hold each a copy of its own.
 */
const interned: string[] = new Array(INTERNED_SLOTS).fill('');

function isText(text: string, buffer: Buffer, start: number): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) !== buffer[start + index]) return false;
  }
  return true;
}

/** Undefined: not only ASCII. */
function asciiText(buffer: Buffer, start: number, end: number): string | undefined {
  let hash = end - start;
  for (let index = start; index < end; index += 1) {
    const byte = buffer[index] as number;
    if (byte > 0x7f) return undefined;
    hash = Math.imul(hash, 31) + byte;
  }
  const slot = (hash ^ (hash >>> 16)) & (INTERNED_SLOTS - 1);
  const known = interned[slot] as string;
  if (known.length === end - start && isText(known, buffer, start)) return known;
  const text = buffer.toString('latin1', start, end);
  interned[slot] = text;
  return text;
}

/** Joins two halves to a number of 64 bits without the cost of arithmetic on big ones. */
const halves = new DataView(new ArrayBuffer(8));

class Reader {
  readonly buffer: Buffer;
  position = 0;
  end: number;
  depth = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
    this.end = buffer.length;
  }

  byte(): number {
    if (this.position >= this.end) throw new DecodeError('unexpected end');
    return this.buffer[this.position++] as number;
  }

  /** The low 32 bits of a varint, as a signed number; up to ten bytes are read. */
  varint32(): number {
    let byte = this.byte();
    let value = byte & 0x7f;
    if (byte < 0x80) return value;
    for (let shift = 7; shift < 70; shift += 7) {
      byte = this.byte();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new DecodeError('varint is too long');
  }

  varint64(): bigint {
    let low = 0;
    let middle = 0;
    let high = 0;
    for (let index = 0; index < 10; index += 1) {
      const byte = this.byte();
      const part = byte & 0x7f;
      if (index < 4) low |= part << (7 * index);
      else if (index < 8) middle |= part << (7 * (index - 4));
      else high |= part << (7 * (index - 8));
      if (byte < 0x80) {
        halves.setUint32(0, low | (middle << 28), true);
        halves.setUint32(4, (middle >>> 4) | (high << 24), true);
        return halves.getBigUint64(0, true);
      }
    }
    throw new DecodeError('varint is too long');
  }

  /** The length of what follows; it is known to be there. */
  length(): number {
    const length = this.varint32();
    if (length < 0 || length > this.end - this.position) throw new DecodeError('length too large');
    return length;
  }

  string(): string {
    const length = this.length();
    const start = this.position;
    this.position += length;
    const short =
      length <= INTERNED_BYTES ? asciiText(this.buffer, start, this.position) : undefined;
    if (short !== undefined) return short;
    const text = this.buffer.toString('utf8', start, this.position);
    if (text.includes(REPLACEMENT) && !isUtf8(this.buffer.subarray(start, this.position))) {
      throw new DecodeError('text is not UTF-8');
    }
    return text;
  }

  bytes(): Uint8Array {
    const length = this.length();
    const start = this.position;
    this.position += length;
    // A copy: the buffer belongs to whoever received it.
    return Uint8Array.prototype.slice.call(this.buffer, start, this.position);
  }

  skip(wireType: number, number: number): void {
    if (wireType === VARINT) this.varint32();
    else if (wireType === FIXED64) this.advance(8);
    else if (wireType === DELIMITED) this.advance(this.length());
    else if (wireType === FIXED32) this.advance(4);
    else if (wireType === GROUP_START) this.skipGroup(number);
    else throw new DecodeError(`wire type ${wireType}`);
  }

  skipGroup(number: number): void {
    if (++this.depth > MAX_DEPTH) throw new DecodeError('nested too deeply');
    for (;;) {
      const tag = readTag(this);
      if ((tag & 7) === GROUP_END) {
        if (tag >>> 3 !== number) throw new DecodeError('group does not end');
        break;
      }
      this.skip(tag & 7, tag >>> 3);
    }
    this.depth -= 1;
  }

  advance(length: number): void {
    if (length > this.end - this.position) throw new DecodeError('unexpected end');
    this.position += length;
  }
}

function readTag(reader: Reader): number {
  const tag = reader.varint32();
  if (tag >>> 3 === 0) throw new DecodeError('field number 0');
  return tag;
}

type Read = (reader: Reader) => unknown;

const SCALARS: Readonly<Record<string, Read>> = {
  string: (reader) => reader.string(),
  bytes: (reader) => reader.bytes(),
  bool: (reader) => reader.varint64() !== 0n,
  int32: (reader) => reader.varint32() | 0,
  enum: (reader) => reader.varint32() | 0,
  uint32: (reader) => reader.varint32() >>> 0,
  int64: (reader) => BigInt.asIntN(64, reader.varint64()),
  uint64: (reader) => reader.varint64(),
};

const wireTypeOf = ({ kind }: Field<unknown>): number =>
  kind === 'string' || kind === 'bytes' || kind === 'message' ? DELIMITED : VARINT;

type Target = Record<string, unknown>;
type ReadField = (reader: Reader, wireType: number, target: Target) => void;

interface Plan {
  readonly make: () => object;
  readonly fields: readonly (ReadField | undefined)[];
}

const plans = new WeakMap<MessageType<unknown>, Plan>();

function planOf(type: MessageType<unknown>): Plan {
  let plan = plans.get(type);
  if (plan === undefined) {
    const fields: (ReadField | undefined)[] = [];
    for (const [key, field] of Object.entries(type.fields))
      fields[field.number] = reading(key, field);
    plan = { make: type.make, fields };
    plans.set(type, plan);
  }
  return plan;
}

function expectType(wireType: number, expected: number): void {
  if (wireType !== expected) throw new DecodeError(`wire type ${wireType} for ${expected}`);
}

function reading(key: string, field: Field<unknown>): ReadField {
  if (field.label === 'map') return readingMap(key, field.value as Field<unknown>);
  if (field.kind === 'message') return readingMessage(key, field);
  const read = SCALARS[field.kind] as Read;
  const expected = wireTypeOf(field);
  if (field.label !== 'repeated' && field.kind === 'string') {
    // Most fields are texts: one call less for each of them.
    return (reader, wireType, target) => {
      expectType(wireType, DELIMITED);
      target[key] = reader.string();
    };
  }
  if (field.label !== 'repeated') {
    return (reader, wireType, target) => {
      expectType(wireType, expected);
      target[key] = read(reader);
    };
  }
  const nothing = defaultOf(field);
  return (reader, wireType, target) => {
    const list = ownList(target, key, nothing);
    if (wireType === DELIMITED && expected === VARINT) {
      const end = reader.length() + reader.position;
      const outer = reader.end;
      reader.end = end;
      while (reader.position < end) list.push(read(reader));
      reader.end = outer;
      return;
    }
    expectType(wireType, expected);
    list.push(read(reader));
  };
}

/** The list to add to; `nothing` is the one that all empty fields share. */
function ownList(target: Target, key: string, nothing: unknown): unknown[] {
  const list = target[key];
  if (list !== nothing) return list as unknown[];
  const own: unknown[] = [];
  target[key] = own;
  return own;
}

/** Found when first needed: messages may contain themselves. */
function laterPlanOf(field: Field<unknown>): () => Plan {
  let plan: Plan | undefined;
  return () => {
    plan ??= planOf((field.type as () => MessageType<unknown>)());
    return plan;
  };
}

function readingMessage(key: string, field: Field<unknown>): ReadField {
  const plan = laterPlanOf(field);
  const nothing = defaultOf(field);
  if (field.label === 'repeated') {
    return (reader, wireType, target) => {
      expectType(wireType, DELIMITED);
      ownList(target, key, nothing).push(readMessage(reader, plan(), undefined));
    };
  }
  return (reader, wireType, target) => {
    expectType(wireType, DELIMITED);
    const before = target[key];
    // Given twice, the second is merged into the first.
    target[key] = readMessage(reader, plan(), before === nothing ? undefined : (before as Target));
  };
}

function readingMap(key: string, value: Field<unknown>): ReadField {
  const plan = laterPlanOf(value);
  const readValue: Read =
    value.kind === 'message'
      ? (reader) => readMessage(reader, plan(), undefined)
      : (SCALARS[value.kind] as Read);
  const expected = wireTypeOf(value);
  return (reader, wireType, target) => {
    expectType(wireType, DELIMITED);
    const end = reader.length() + reader.position;
    const outer = reader.end;
    reader.end = end;
    let entryKey = '';
    let entryValue = entryDefaultOf(value);
    while (reader.position < end) {
      const tag = readTag(reader);
      if (tag >>> 3 === 1) {
        expectType(tag & 7, DELIMITED);
        entryKey = reader.string();
      } else if (tag >>> 3 === 2) {
        expectType(tag & 7, expected);
        entryValue = readValue(reader);
      } else reader.skip(tag & 7, tag >>> 3);
    }
    reader.end = outer;
    const before = target[key] as Map<string, unknown>;
    const entries = before.size === 0 ? new Map<string, unknown>() : before;
    entries.set(entryKey, entryValue);
    target[key] = entries;
  };
}

/** Reads a length and as many bytes as a message. */
function readMessage(reader: Reader, plan: Plan, before: Target | undefined): Target {
  const length = reader.length();
  const outer = reader.end;
  reader.end = reader.position + length;
  if (++reader.depth > MAX_DEPTH) throw new DecodeError('nested too deeply');
  const target = readFields(reader, plan, before);
  reader.depth -= 1;
  reader.end = outer;
  return target;
}

function readFields(reader: Reader, plan: Plan, before: Target | undefined): Target {
  const target = (before === undefined ? plan.make() : { ...before }) as Target;
  while (reader.position < reader.end) {
    const tag = readTag(reader);
    const readField = plan.fields[tag >>> 3];
    if (readField === undefined) reader.skip(tag & 7, tag >>> 3);
    else readField(reader, tag & 7, target);
  }
  return target;
}

/**
 * Reads a whole message. Unknown fields are passed over; a known field with another wire type is
 * refused, as in the original (diego.md §1.1). Throws DecodeError.
 */
export function decode<T>(type: MessageType<T>, data: Uint8Array): T {
  const buffer = Buffer.isBuffer(data)
    ? data
    : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return readFields(new Reader(buffer), planOf(type as MessageType<unknown>), undefined) as T;
}
