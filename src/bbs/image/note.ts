/**
 * What a transaction tells the event streams beside the rows it changes, as one more key in it:
 * the trace of the request, that an instance crashed, and the text before it was cut
 * (diego.md §1.1, §3.3, §10.2). So events come from the watch alone, on every node.
 */
export interface Note {
  readonly traceId: string;
  readonly hasCrashed: boolean;
  /** Crash reason or placement error in full; empty: as in the row. */
  readonly text: string;
}

export const NO_NOTE: Note = { traceId: '', hasCrashed: false, text: '' };

export const isNoteNeeded = (note: Note): boolean =>
  note.hasCrashed || note.traceId !== '' || note.text !== '';

export const encodeNote = (note: Note): Uint8Array => Buffer.from(JSON.stringify(note));

export const decodeNote = (bytes: Uint8Array): Note => ({
  ...NO_NOTE,
  ...(JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<Note>),
});
