import type { Field, MessageType } from './fields.ts';

const VARINT = 0;
const DELIMITED = 2;
const FIRST_SIZE = 16 * 1024;

/** Up to this length a loop is faster than the two calls into the runtime. */
const SHORT_LENGTH = 64;

/** Takes a number of 64 bits apart without the cost of arithmetic on big ones. */
const halves = new DataView(new ArrayBuffer(8));

/** Writes from the end to the front, so that a length is known when its turn comes. */
class Writer {
  buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);
  position = FIRST_SIZE;

  get written(): number {
    return this.buffer.length - this.position;
  }

  reserve(length: number): void {
    if (length <= this.position) return;
    const written = this.written;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, written + length));
    this.buffer.copy(larger, larger.length - written, this.position);
    this.buffer = larger;
    this.position = larger.length - written;
  }

  /** Of a number from 0 to 2^32 - 1. */
  varint32(value: number): void {
    this.reserve(5);
    const length =
      value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
    this.position -= length;
    let rest = value;
    for (let index = 0; index < length - 1; index += 1) {
      this.buffer[this.position + index] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.position + length - 1] = rest;
  }

  varint64(value: bigint): void {
    halves.setBigInt64(0, value, true);
    const lowHalf = halves.getUint32(0, true);
    const highHalf = halves.getUint32(4, true);
    if (highHalf === 0) {
      this.varint32(lowHalf);
      return;
    }
    this.reserve(10);
    let low = lowHalf & 0xfff_ffff;
    let middle = (lowHalf >>> 28) | ((highHalf & 0xff_ffff) << 4);
    let high = highHalf >>> 24;
    const length =
      high > 0x7f
        ? 10
        : high > 0
          ? 9
          : middle >= 0x20_0000
            ? 8
            : middle >= 0x4000
              ? 7
              : middle >= 0x80
                ? 6
                : 5;
    this.position -= length;
    for (let index = 0; index < length; index += 1) {
      let part: number;
      if (index < 4) {
        part = low & 0x7f;
        low >>>= 7;
      } else if (index < 8) {
        part = middle & 0x7f;
        middle >>>= 7;
      } else {
        part = high & 0x7f;
        high >>>= 7;
      }
      this.buffer[this.position + index] = index === length - 1 ? part : part | 0x80;
    }
  }

  string(value: string): void {
    if (value.length <= SHORT_LENGTH && this.ascii(value)) return;
    const length = Buffer.byteLength(value);
    this.reserve(length);
    this.position -= length;
    this.buffer.write(value, this.position, length);
    this.varint32(length);
  }

  /** False, and nothing is written: there are other characters in it. */
  ascii(value: string): boolean {
    const { length } = value;
    this.reserve(length);
    const start = this.position - length;
    for (let index = 0; index < length; index += 1) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) return false;
      this.buffer[start + index] = code;
    }
    this.position = start;
    this.varint32(length);
    return true;
  }

  bytes(value: Uint8Array): void {
    this.reserve(value.length);
    this.position -= value.length;
    this.buffer.set(value, this.position);
    this.varint32(value.length);
  }
}

type Write = (writer: Writer, value: unknown) => void;

/** Negative numbers are ten bytes long, as protobuf wants it. */
const signed32: Write = (writer, value) => {
  if ((value as number) >= 0) writer.varint32(value as number);
  else writer.varint64(BigInt(value as number));
};

const SCALARS: Readonly<Record<string, Write>> = {
  string: (writer, value) => writer.string(value as string),
  bytes: (writer, value) => writer.bytes(value as Uint8Array),
  bool: (writer, value) => writer.varint32(value === true ? 1 : 0),
  int32: signed32,
  enum: signed32,
  uint32: (writer, value) => writer.varint32(value as number),
  int64: (writer, value) => writer.varint64(value as bigint),
  uint64: (writer, value) => writer.varint64(value as bigint),
};

type Source = Readonly<Record<string, unknown>>;
type WriteField = (writer: Writer, source: Source) => void;

const plans = new WeakMap<MessageType<unknown>, readonly WriteField[]>();

/** The writers of all fields, the highest number first. */
function planOf(type: MessageType<unknown>): readonly WriteField[] {
  let plan = plans.get(type);
  if (plan === undefined) {
    plan = Object.entries(type.fields)
      .toSorted(([, a], [, b]) => b.number - a.number)
      .map(([key, field]) => writing(key, field));
    plans.set(type, plan);
  }
  return plan;
}

function writerOf(field: Field<unknown>): Write {
  if (field.kind !== 'message') return SCALARS[field.kind] as Write;
  // Found when first needed: messages may contain themselves.
  let plan: readonly WriteField[] | undefined;
  return (writer, value) => {
    plan ??= planOf((field.type as () => MessageType<unknown>)());
    const before = writer.written;
    writeFields(writer, plan, value as Source);
    writer.varint32(writer.written - before);
  };
}

const tagOf = ({ number, kind }: Field<unknown>): number =>
  number * 8 + (kind === 'string' || kind === 'bytes' || kind === 'message' ? DELIMITED : VARINT);

function isDefault(field: Field<unknown>, value: unknown): boolean {
  if (field.label !== 'plain') return value === undefined;
  if (field.kind === 'bytes') return (value as Uint8Array).length === 0;
  return value === '' || value === 0 || value === false || value === 0n;
}

function writing(key: string, field: Field<unknown>): WriteField {
  if (field.label === 'map') return writingMap(key, field);
  const write = writerOf(field);
  const tag = tagOf(field);
  if (field.label === 'repeated') {
    return (writer, source) => {
      const list = source[key] as readonly unknown[];
      for (let index = list.length - 1; index >= 0; index -= 1) {
        write(writer, list[index]);
        writer.varint32(tag);
      }
    };
  }
  return (writer, source) => {
    const value = source[key];
    if (isDefault(field, value)) return;
    write(writer, value);
    writer.varint32(tag);
  };
}

function writingMap(key: string, field: Field<unknown>): WriteField {
  const value = field.value as Field<unknown>;
  const write = writerOf(value);
  const valueTag = tagOf({ ...value, number: 2 });
  const keyTag = 1 * 8 + DELIMITED;
  const tag = field.number * 8 + DELIMITED;
  return (writer, source) => {
    const entries = [...(source[key] as ReadonlyMap<string, unknown>)];
    for (const [entryKey, entryValue] of entries.reverse()) {
      const before = writer.written;
      write(writer, entryValue);
      writer.varint32(valueTag);
      writer.string(entryKey);
      writer.varint32(keyTag);
      writer.varint32(writer.written - before);
      writer.varint32(tag);
    }
  };
}

function writeFields(writer: Writer, plan: readonly WriteField[], source: Source): void {
  for (const write of plan) write(writer, source);
}

/** One for the process: encoding never waits, so no two messages are written at a time. */
const shared = new Writer();
/** A scratch buffer above this is given back. */
const KEPT_SIZE = 1024 * 1024;

/** The message in bytes of its own: fields in the order of their numbers, defaults left out. */
export function encode<T>(type: MessageType<T>, value: T): Buffer {
  shared.position = shared.buffer.length;
  writeFields(shared, planOf(type as MessageType<unknown>), value as Source);
  const result = Buffer.from(shared.buffer.subarray(shared.position));
  if (shared.buffer.length > KEPT_SIZE) shared.buffer = Buffer.allocUnsafeSlow(FIRST_SIZE);
  return result;
}

const varintLength = (value: number): number =>
  value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;

function putVarint(target: Uint8Array, at: number, value: number): number {
  let position = at;
  let rest = value;
  while (rest >= 0x80) {
    target[position++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[position++] = rest;
  return position;
}

/** Messages that are encoded already, as the repeated field `number`: a list is a copy. */
export function embedEncoded(number: number, messages: readonly Uint8Array[]): Buffer {
  const tag = number * 8 + DELIMITED;
  const tagLength = varintLength(tag);
  let size = 0;
  for (const { length } of messages) size += tagLength + varintLength(length) + length;
  const result = Buffer.allocUnsafe(size);
  let position = 0;
  for (const own of messages) {
    position = putVarint(result, position, tag);
    position = putVarint(result, position, own.length);
    result.set(own, position);
    position += own.length;
  }
  return result;
}
