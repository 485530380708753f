/** The first rows of a list that may be long (protobuf, diego.md §2): the rest is not decoded. */
import { DecodeError, decode } from '../model/protobuf/decode.ts';
import type { MessageType } from '../model/protobuf/fields.ts';

/** Field 2, with a length: where every list of the BBS has its rows. Field 1 is the error. */
const ROW_TAG = 0x12;
const ERROR_TAG = 0x0a;

export interface Rows<T> {
  readonly rows: readonly T[];
  readonly isComplete: boolean;
}

/** Throws a DecodeError when the bytes are no list. */
export function readRows<T>(bytes: Buffer, type: MessageType<T>, limit: number): Rows<T> {
  const rows: T[] = [];
  let position = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[position] ?? 0x80;
      position += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new DecodeError('a length is too long');
  };
  while (position < bytes.length) {
    const tag = varint();
    if (tag !== ROW_TAG && tag !== ERROR_TAG) throw new DecodeError(`field ${tag >> 3}`);
    const end = varint() + position;
    if (end > bytes.length) throw new DecodeError('the list is cut off');
    if (tag === ROW_TAG) {
      if (rows.length === limit) return { rows, isComplete: false };
      rows.push(decode(type, bytes.subarray(position, end)));
    }
    position = end;
  }
  return { rows, isComplete: true };
}
