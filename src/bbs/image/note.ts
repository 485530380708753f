/**
 * What a transaction tells the event streams beside the rows it changes, as one more key in it:
 * the trace of the request, that an instance crashed, and the text before it was cut
 * (diego.md §1.1, §3.3, §10.2). So events come from the watch alone, on every node.
 */
export interface Note {
  readonly traceId: string;
  /** A crash is told as such; one while evacuating in the form of any other change (§4.2). */
  readonly crash: 'none' | 'reported' | 'evacuating';
  /** The crash reason in full; empty: as in the row. */
  readonly crashReason: string;
  /** The placement error in full; empty: as in the row. */
  readonly placementError: string;
}

export const NO_NOTE: Note = {
  traceId: '',
  crash: 'none',
  crashReason: '',
  placementError: '',
};

export const isNoteNeeded = (note: Note): boolean =>
  note.crash !== 'none' ||
  note.traceId !== '' ||
  note.crashReason !== '' ||
  note.placementError !== '';

export const encodeNote = (note: Note): Uint8Array => Buffer.from(JSON.stringify(note));

export const decodeNote = (bytes: Uint8Array): Note => ({
  ...NO_NOTE,
  ...(JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<Note>),
});
