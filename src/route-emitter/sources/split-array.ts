/** Cuts a JSON array into its elements, so that a long one is parsed piece by piece. */
import { UnreadableError } from './lrp-source.ts';

/** A list that is decoded while it is walked through, so that the walk can stop for breath. */
export interface LazyList<T> {
  readonly length: number;
  /** Throws UnreadableError where the list is broken. */
  readonly items: Iterable<T>;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;

/** Where the string that begins at `at` ends. */
function endOfString(bytes: Buffer, at: number): number {
  let index = at + 1;
  while (index < bytes.length && bytes[index] !== QUOTE) {
    index += bytes[index] === BACKSLASH ? 2 : 1;
  }
  return index;
}

/** Starts and ends of the elements, in turn; undefined: the brackets do not match. */
function elementsOf(bytes: Buffer): readonly number[] | undefined {
  const bounds: number[] = [];
  let depth = 0;
  let start = -1;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] as number;
    if (byte === QUOTE) index = endOfString(bytes, index);
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
      if (depth === 1) start = index + 1;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) bounds.push(start, index);
    } else if (byte === COMMA && depth === 1) {
      bounds.push(start, index);
      start = index + 1;
    }
  }
  return depth === 0 ? bounds : undefined;
}

/** Undefined: the text is no array. An empty array has one element without text. */
export function splitArray<T>(
  bytes: Buffer,
  read: (element: unknown) => T | undefined,
): LazyList<T> | undefined {
  if (!/^\s*\[/.test(bytes.toString('latin1', 0, 64))) return undefined;
  const bounds = elementsOf(bytes);
  if (bounds === undefined) return undefined;
  const isEmpty =
    bounds.length === 2 && bytes.toString('latin1', bounds[0], bounds[1]).trim() === '';
  const used = isEmpty ? [] : bounds;
  const items = {
    *[Symbol.iterator](): Generator<T> {
      for (let index = 0; index < used.length; index += 2) {
        yield readElement(bytes.toString('utf8', used[index], used[index + 1]), read);
      }
    },
  };
  return { length: used.length / 2, items };
}

function readElement<T>(text: string, read: (element: unknown) => T | undefined): T {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new UnreadableError((error as Error).message);
  }
  const value = read(parsed);
  if (value === undefined) throw new UnreadableError('an element of the list is no LRP');
  return value;
}
