/** Cuts the answer of a list request into its records while it arrives. */
import { Buffer } from 'node:buffer';
import { ErrorMessage } from '../../model/bbs/messages/common.ts';
import { DecodeError, decode } from '../../model/protobuf/decode.ts';
import { UnreadableError } from './lrp-source.ts';

/** Tags of the fields `error` (1) and of the list (2), both with a length. */
const ERROR_TAG = 0x0a;
const ITEM_TAG = 0x12;
/** A longer record is none. */
const MAX_RECORD_BYTES = 32 * 1024 * 1024;
const NO_BYTES = Buffer.alloc(0);

/**
 * Every list answer of the BBS has an error as field 1 and the records as field 2. Other fields
 * are refused: then it is another message. Bytes may be cut anywhere. Throws UnreadableError.
 */
export class ListSplitter {
  readonly #onRecord: (bytes: Buffer) => void;
  #rest: Buffer = NO_BYTES;
  /** Below so many bytes there is no whole record. */
  #needed = 2;

  constructor(onRecord: (bytes: Buffer) => void) {
    this.#onRecord = onRecord;
  }

  add(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = bytes;
    if (bytes.length < this.#needed) return;
    let at = 0;
    for (let next = this.#take(bytes, at); next > at; next = this.#take(bytes, at)) at = next;
    this.#rest = bytes.subarray(at);
  }

  end(): void {
    if (this.#rest.length > 0) throw new UnreadableError('the answer ends within a record');
  }

  /** Where the record at `at` ends; `at` itself: it is not whole yet. */
  #take(bytes: Buffer, at: number): number {
    const tag = bytes[at];
    if (tag === undefined) return at;
    if (tag !== ITEM_TAG && tag !== ERROR_TAG) throw new UnreadableError('the answer is no list');
    let length = 0;
    let index = at + 1;
    for (let shift = 0; ; shift += 7, index += 1) {
      const byte = bytes[index];
      if (byte === undefined) return at;
      length += (byte & 0x7f) * 2 ** shift;
      if (length > MAX_RECORD_BYTES || shift > 28)
        throw new UnreadableError('a record is too long');
      if (byte < 0x80) break;
    }
    const start = index + 1;
    const end = start + length;
    this.#needed = end > bytes.length ? end - at : 2;
    if (end > bytes.length) return at;
    const record = bytes.subarray(start, end);
    if (tag === ERROR_TAG) throw new UnreadableError(errorText(record));
    this.#onRecord(record);
    return end;
  }
}

function errorText(bytes: Buffer): string {
  try {
    return decode(ErrorMessage, bytes).message;
  } catch {
    return 'the error of the answer cannot be read';
  }
}

/** Throws UnreadableError where `read` finds that the bytes are no such message. */
export function orUnreadable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) throw new UnreadableError(error.message);
    throw error;
  }
}
