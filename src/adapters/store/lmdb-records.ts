/** Records on the disk. Each begins with a CRC-32 of its key and the rest; LMDB has none. */
import { crc32 } from 'node:zlib';
import type { KeyValue, StoreEvent } from '../../ports/store.ts';
import type { HistoryEntry } from './local-history.ts';

/** createRevision, modRevision, version and lease as doubles, then the length of the value. */
const KV_HEAD_BYTES = 4 * 8 + 4;
const CRC_BYTES = 4;

export class CorruptRecord extends Error {}

export const numberKey = (value: number): Buffer => {
  const key = Buffer.alloc(8);
  key.writeBigUInt64BE(BigInt(value));
  return key;
};

export const keyNumber = (key: Buffer): number => Number(key.readBigUInt64BE());

function seal(key: Uint8Array, record: Buffer): Buffer {
  record.writeUInt32BE(crc32(record.subarray(CRC_BYTES), crc32(key)));
  return record;
}

function unseal(key: Uint8Array, record: Buffer, what: string): Buffer {
  const isWhole =
    record.length >= CRC_BYTES &&
    record.readUInt32BE() === crc32(record.subarray(CRC_BYTES), crc32(key));
  if (!isWhole) throw new CorruptRecord(`${what} does not match its checksum`);
  return record;
}

function writeKv(record: Buffer, kv: KeyValue, start: number): number {
  let at = record.writeDoubleBE(kv.createRevision, start);
  at = record.writeDoubleBE(kv.modRevision, at);
  at = record.writeDoubleBE(kv.version, at);
  at = record.writeDoubleBE(Number(kv.lease ?? 0), at);
  at = record.writeUInt32BE(kv.value.length, at);
  record.set(kv.value, at);
  return at + kv.value.length;
}

function readKv(record: Buffer, key: string, at: number): { kv: KeyValue; end: number } {
  const lease = record.readDoubleBE(at + 24);
  const start = at + KV_HEAD_BYTES;
  const end = start + record.readUInt32BE(at + 32);
  const kv = {
    key,
    // A copy: what LMDB hands out changes with the next read.
    value: new Uint8Array(record.subarray(start, end)),
    createRevision: record.readDoubleBE(at),
    modRevision: record.readDoubleBE(at + 8),
    version: record.readDoubleBE(at + 16),
    lease: lease === 0 ? undefined : String(lease),
  };
  return { kv, end };
}

export function encodeKv(key: Buffer, kv: KeyValue): Buffer {
  const record = Buffer.allocUnsafe(CRC_BYTES + KV_HEAD_BYTES + kv.value.length);
  writeKv(record, kv, CRC_BYTES);
  return seal(key, record);
}

export function decodeKv(key: Buffer, record: Buffer): KeyValue {
  const text = key.toString();
  return readKv(unseal(key, record, `key ${text}`), text, CRC_BYTES).kv;
}

const PUT = 1;
const HAS_PREVIOUS = 2;

const sizeOf = (kv: KeyValue | undefined): number =>
  kv === undefined ? 0 : KV_HEAD_BYTES + kv.value.length;

/** Per event: flags, length of the key, key, the new record of a put, the previous record. */
export function encodeHistory(revisionKey: Buffer, { events }: HistoryEntry): Buffer {
  const keys = events.map((event) => Buffer.from(event.key));
  const bytes = events.reduce((sum, event, index) => {
    const own = event.type === 'put' ? sizeOf(event.kv) : 0;
    return sum + 3 + (keys[index]?.length ?? 0) + own + sizeOf(event.previous);
  }, CRC_BYTES);
  const record = Buffer.allocUnsafe(bytes);
  let at = CRC_BYTES;
  for (const [index, event] of events.entries()) {
    const key = keys[index] as Buffer;
    const flags = (event.type === 'put' ? PUT : 0) | (event.previous ? HAS_PREVIOUS : 0);
    at = record.writeUInt8(flags, at);
    at = record.writeUInt16BE(key.length, at);
    record.set(key, at);
    at += key.length;
    if (event.type === 'put') at = writeKv(record, event.kv, at);
    if (event.previous !== undefined) at = writeKv(record, event.previous, at);
  }
  return seal(revisionKey, record);
}

export function decodeHistory(revisionKey: Buffer, record: Buffer): HistoryEntry {
  const revision = keyNumber(revisionKey);
  unseal(revisionKey, record, `revision ${revision}`);
  const events: StoreEvent[] = [];
  let at = CRC_BYTES;
  const next = (key: string): KeyValue => {
    const { kv, end } = readKv(record, key, at);
    at = end;
    return kv;
  };
  while (at < record.length) {
    const flags = record.readUInt8(at);
    const keyEnd = at + 3 + record.readUInt16BE(at + 1);
    const key = record.toString('utf8', at + 3, keyEnd);
    at = keyEnd;
    if ((flags & PUT) !== 0) {
      const kv = next(key);
      const previous = (flags & HAS_PREVIOUS) !== 0 ? next(key) : undefined;
      events.push({ type: 'put', key, kv, previous, modRevision: revision });
    } else {
      events.push({ type: 'delete', key, previous: next(key), modRevision: revision });
    }
  }
  return { revision, events };
}

export interface Summary {
  readonly format: number;
  readonly revision: number;
  readonly compactRevision: number;
  readonly lastLease: number;
  readonly keys: number;
}

const FORMAT = 1;
export const SUMMARY_KEY = Buffer.from('summary');

export function encodeSummary(summary: Omit<Summary, 'format'>): Buffer {
  const text = Buffer.from(JSON.stringify({ format: FORMAT, ...summary }));
  return seal(SUMMARY_KEY, Buffer.concat([Buffer.alloc(CRC_BYTES), text]));
}

export function decodeSummary(record: Buffer): Summary {
  unseal(SUMMARY_KEY, record, 'the summary');
  // The checksum holds, so this is what `encodeSummary` wrote, perhaps in another version.
  const summary = JSON.parse(record.toString('utf8', CRC_BYTES)) as Summary;
  if (summary.format !== FORMAT) {
    throw new CorruptRecord(`format ${summary.format} is not known, only ${FORMAT}`);
  }
  return summary;
}

export function encodeTtl(leaseKey: Buffer, ttlMs: number): Buffer {
  const record = Buffer.alloc(CRC_BYTES + 8);
  record.writeDoubleBE(ttlMs, CRC_BYTES);
  return seal(leaseKey, record);
}

export const decodeTtl = (leaseKey: Buffer, record: Buffer): number =>
  unseal(leaseKey, record, `lease ${keyNumber(leaseKey)}`).readDoubleBE(CRC_BYTES);
