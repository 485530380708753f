/**
 * Reads an ActualLRP from its bytes without the messages in between. A sync does this a quarter of
 * a million times, and most of the time of the general decoder went into objects that nobody keeps;
 * a test holds both against each other.
 */
import type { Buffer } from 'node:buffer';
import { DecodeError } from '../../model/protobuf/decode.ts';
import type { Actual, PortMapping } from '../table/lrp.ts';

const [VARINT, FIXED64, DELIMITED, FIXED32] = [0, 1, 2, 5];
const SLOTS = 8192;
const EVACUATING = 1;

/** Texts that come again and again, by a hash of their bytes, so that each is there once. */
const known: string[] = new Array(SLOTS).fill('');
const halves = new DataView(new ArrayBuffer(8));

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What is being read, flat; its parts become the objects that are kept. */
class Fields {
  processGuid = '';
  index = 0;
  domain = '';
  guid = '';
  cellId = '';
  address = '';
  instanceAddress = '';
  preferredAddress = 0;
  ports: PortMapping[] = [];
  state = '';
  since = 0n;
  epoch = '';
  tagIndex = 0;
  presence = 0;
  isRoutable: boolean | undefined = undefined;
  zone = '';
}

type Read = (reader: Reader, fields: Fields) => void;

class Reader {
  #bytes: Buffer;
  #at = 0;
  #end: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#end = bytes.length;
  }

  /** The low 32 bits, as a signed number. */
  int(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new DecodeError('varint is too long');
  }

  bigint(): bigint {
    let low = 0;
    let middle = 0;
    let high = 0;
    for (let index = 0; index < 10; index += 1) {
      const byte = this.#byte();
      const part = byte & 0x7f;
      if (index < 4) low |= part << (7 * index);
      else if (index < 8) middle |= part << (7 * (index - 4));
      else high |= part << (7 * (index - 8));
      if (byte >= 0x80) continue;
      halves.setUint32(0, low | (middle << 28), true);
      halves.setUint32(4, (middle >>> 4) | (high << 24), true);
      return halves.getBigInt64(0, true);
    }
    throw new DecodeError('varint is too long');
  }

  /** A text of its own. */
  text(): string {
    const end = this.#endOfField();
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end;
    return text;
  }

  /** A text that others have too. */
  sharedText(): string {
    const end = this.#endOfField();
    const start = this.#at;
    let hash = end - start;
    for (let index = start; index < end; index += 1) {
      hash = Math.imul(hash, 31) + (this.#bytes[index] as number);
    }
    this.#at = end;
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const text = known[slot] as string;
    if (text.length === end - start && this.#isAt(start, text)) return text;
    const own = this.#bytes.toString('utf8', start, end);
    known[slot] = own;
    return own;
  }

  /** Reads what has a length with the readers of its fields. */
  message(readers: readonly (Read | undefined)[], fields: Fields): void {
    const outer = this.#end;
    this.#end = this.#endOfField();
    this.fields(readers, fields);
    this.#end = outer;
  }

  /** Each reader stands at the tag of its field, which holds its number and its type. */
  fields(readers: readonly (Read | undefined)[], fields: Fields): void {
    while (this.#at < this.#end) {
      const tag = this.int();
      const read = readers[tag];
      if (read === undefined) this.#skip(tag & 7);
      else read(this, fields);
    }
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new DecodeError('unexpected end');
    const byte = this.#bytes[this.#at] as number;
    this.#at += 1;
    return byte;
  }

  #endOfField(): number {
    const length = this.int();
    if (length < 0 || length > this.#end - this.#at) throw new DecodeError('length too large');
    return this.#at + length;
  }

  #isAt(start: number, text: string): boolean {
    for (let index = 0; index < text.length; index += 1) {
      if (text.charCodeAt(index) !== this.#bytes[start + index]) return false;
    }
    return true;
  }

  #skip(wireType: number): void {
    if (wireType === VARINT) this.int();
    else if (wireType === DELIMITED) this.#at = this.#endOfField();
    else if (wireType === FIXED64 || wireType === FIXED32) {
      const length = wireType === FIXED64 ? 8 : 4;
      if (length > this.#end - this.#at) throw new DecodeError('unexpected end');
      this.#at += length;
    } else throw new DecodeError(`wire type ${wireType}`);
  }
}

const NO_PORTS: PortMapping = {
  container_port: 0,
  host_port: 0,
  container_tls_proxy_port: 0,
  host_tls_proxy_port: 0,
};

const at = (number: number, wireType: number, read: Read): readonly [number, Read] => [
  (number << 3) | wireType,
  read,
];

/** Readers by tag; a known field of another wire type is passed over. */
function readersOf(...entries: readonly (readonly [number, Read])[]): (Read | undefined)[] {
  const readers: (Read | undefined)[] = [];
  for (const [tag, read] of entries) readers[tag] = read;
  return readers;
}

const lastPort = ({ ports }: Fields): Writable<PortMapping> => ports.at(-1) as PortMapping;

const PORT = readersOf(
  at(1, VARINT, (reader, fields) => {
    lastPort(fields).container_port = reader.int() >>> 0;
  }),
  at(2, VARINT, (reader, fields) => {
    lastPort(fields).host_port = reader.int() >>> 0;
  }),
  at(3, VARINT, (reader, fields) => {
    lastPort(fields).container_tls_proxy_port = reader.int() >>> 0;
  }),
  at(4, VARINT, (reader, fields) => {
    lastPort(fields).host_tls_proxy_port = reader.int() >>> 0;
  }),
);

const KEY = readersOf(
  at(1, DELIMITED, (reader, fields) => {
    fields.processGuid = reader.sharedText();
  }),
  at(2, VARINT, (reader, fields) => {
    fields.index = reader.int();
  }),
  at(3, DELIMITED, (reader, fields) => {
    fields.domain = reader.sharedText();
  }),
);

const INSTANCE_KEY = readersOf(
  at(1, DELIMITED, (reader, fields) => {
    fields.guid = reader.text();
  }),
  at(2, DELIMITED, (reader, fields) => {
    fields.cellId = reader.sharedText();
  }),
);

const NET_INFO = readersOf(
  at(1, DELIMITED, (reader, fields) => {
    fields.address = reader.sharedText();
  }),
  at(2, DELIMITED, (reader, fields) => {
    fields.ports.push({ ...NO_PORTS });
    reader.message(PORT, fields);
  }),
  at(3, DELIMITED, (reader, fields) => {
    fields.instanceAddress = reader.sharedText();
  }),
  at(4, VARINT, (reader, fields) => {
    fields.preferredAddress = reader.int();
  }),
);

const TAG = readersOf(
  at(1, DELIMITED, (reader, fields) => {
    fields.epoch = reader.text();
  }),
  at(2, VARINT, (reader, fields) => {
    fields.tagIndex = reader.int() >>> 0;
  }),
);

const ACTUAL_LRP = readersOf(
  at(1, DELIMITED, (reader, fields) => {
    reader.message(KEY, fields);
  }),
  at(2, DELIMITED, (reader, fields) => {
    reader.message(INSTANCE_KEY, fields);
  }),
  at(3, DELIMITED, (reader, fields) => {
    reader.message(NET_INFO, fields);
  }),
  at(6, DELIMITED, (reader, fields) => {
    fields.state = reader.sharedText();
  }),
  at(8, VARINT, (reader, fields) => {
    fields.since = reader.bigint();
  }),
  at(9, DELIMITED, (reader, fields) => {
    reader.message(TAG, fields);
  }),
  at(10, VARINT, (reader, fields) => {
    fields.presence = reader.int();
  }),
  at(13, VARINT, (reader, fields) => {
    fields.isRoutable = reader.bigint() !== 0n;
  }),
  at(14, DELIMITED, (reader, fields) => {
    fields.zone = reader.sharedText();
  }),
);

/** Throws DecodeError. */
export function decodeActual(bytes: Buffer): Actual {
  const fields = new Fields();
  new Reader(bytes).fields(ACTUAL_LRP, fields);
  return {
    processGuid: fields.processGuid,
    domain: fields.domain,
    cellId: fields.cellId,
    state: fields.state,
    isRoutable: fields.isRoutable,
    instance: {
      guid: fields.guid,
      index: fields.index,
      isEvacuating: fields.presence === EVACUATING,
      address: fields.address,
      instanceAddress: fields.instanceAddress,
      preferredAddress: fields.preferredAddress,
      // A copy has room for no more than it holds.
      ports: fields.ports.slice(),
      since: fields.since,
      tag: { epoch: fields.epoch, index: fields.tagIndex },
      zone: fields.zone,
    },
  };
}
