/** How every write goes to the store (DESIGN §5). */
import { type BbsError, bbsError } from '../../model/bbs/errors.ts';
import { encode } from '../../model/protobuf/encode.ts';
import type { MessageType } from '../../model/protobuf/fields.ts';
import type { Compare, Operation, StoreError } from '../../ports/store.ts';
import { rememberDecoded } from '../image/decoded.ts';
import { NOTE } from '../image/keys.ts';
import { encodeNote, isNoteNeeded, type Note } from '../image/note.ts';
import { BBS_LIMITS } from '../options.ts';
import type { BbsState } from '../state.ts';

/** What an attempt wants, decided from the image as it is now. */
export interface Plan<T> {
  readonly reply: T;
  /** The records that the decision rests on. */
  readonly compare: readonly Compare[];
  /** None: the request is refused, or changes nothing. */
  readonly operations: readonly Operation[];
  readonly note?: Note;
}

export type Committed<T> =
  | { readonly ok: true; readonly reply: T; readonly isWritten: boolean }
  | { readonly ok: false; readonly error: BbsError };

const withNote = (
  operations: readonly Operation[],
  note: Note | undefined,
): readonly Operation[] =>
  note !== undefined && isNoteNeeded(note)
    ? [...operations, { type: 'put', key: NOTE, value: encodeNote(note) }]
    : operations;

/** A transaction that only compares has to do something: it reads what it compares. */
const reading = (compare: readonly Compare[]): readonly Operation[] =>
  compare.slice(0, 1).map(({ key }): Operation => ({ type: 'get', key }));

/** How long a conflict waits for news that the image lacks. */
const CATCH_UP_MS = 20;

const storeError = ({ message }: StoreError): BbsError => ({ type: 'UnknownError', message });

/** A put of a message; the image takes the message over without decoding it. */
export function put<T>(key: string, type: MessageType<T>, message: T, lease?: string): Operation {
  const value = encode(type, message);
  rememberDecoded(value, message);
  return { type: 'put', key, value, lease };
}

/** `modRevision` of an absent record is 0. */
export const unchanged = (
  key: string,
  record: { readonly modRevision: number } | undefined,
): Compare => ({ key, modRevision: record?.modRevision ?? 0 });

/**
 * Reads the image, decides, and writes if nothing that the decision rests on has changed
 * meanwhile; else decides again. Answers after the image has seen the write.
 */
export async function commit<T>(state: BbsState, attempt: () => Plan<T>): Promise<Committed<T>> {
  const { image } = state;
  for (let count = 0; count < BBS_LIMITS.writeAttempts; count += 1) {
    const decidedAt = image.revision;
    const { reply, compare, operations, note } = attempt();
    const isWritten = operations.length > 0;
    if (!isWritten && !state.options.isStoreShared) return { ok: true, reply, isWritten };
    const store = state.ports.store();
    if (store === undefined) {
      return { ok: false, error: { type: 'UnknownError', message: 'the store is not open' } };
    }
    const success = isWritten ? withNote(operations, note) : reading(compare);
    const result = await store.txn({ compare, success });
    if (!result.ok) return { ok: false, error: storeError(result.error) };
    const { succeeded, revision } = result.value;
    if (succeeded) {
      if (isWritten) await image.reached(revision);
      return { ok: true, reply, isWritten };
    }
    // The image was behind: it is decided again when it has caught up.
    if (image.revision === decidedAt) await image.moved(state.ports.clock, CATCH_UP_MS);
  }
  return { ok: false, error: bbsError('ResourceConflict') };
}
