/** The verbs that a client may send (cfv1.md §10.1). None is the beginning of another. */
const VERBS = [
  'CONNECT',
  'PUB',
  'HPUB',
  'SUB',
  'UNSUB',
  'PING',
  'PONG',
  'INFO',
  '+OK',
  '-ERR',
] as const;
export type Verb = (typeof VERBS)[number];

interface VerbTable {
  /** `next[state * 256 + byte]`: the following state, or 0 when no verb goes on like that. */
  readonly next: Uint8Array;
  /** The verb that is complete in this state. */
  readonly verbAt: readonly (Verb | undefined)[];
}

function buildVerbTable(): VerbTable {
  const statesMax = VERBS.reduce((sum, verb) => sum + verb.length, 1);
  const next = new Uint8Array(statesMax * 256);
  const verbAt: (Verb | undefined)[] = [undefined];
  for (const verb of VERBS) {
    let state = 0;
    for (const letter of verb) {
      const lower = state * 256 + letter.toLowerCase().charCodeAt(0);
      if (next[lower] === 0) {
        verbAt.push(undefined);
        next[lower] = verbAt.length - 1;
        next[state * 256 + letter.charCodeAt(0)] = verbAt.length - 1;
      }
      state = next[lower] ?? 0;
    }
    verbAt[state] = verb;
  }
  return { next, verbAt };
}

export const verbTable = buildVerbTable();
