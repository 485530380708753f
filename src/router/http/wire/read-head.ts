/**
 * The part of a head that requests and responses share: where it ends, and its header lines
 * (RFC 9112 §2, §5). Bytes are read as Latin-1, one character each.
 */
import { HeaderList } from '../../policy/header-list.ts';
import { headerKey } from './header-names.ts';

/** Why a head cannot be read. */
export type HeadFault =
  /** Longer than the limit (RFC 9110 §15.5, RFC 6585 §5). */
  | 'too-large'
  /** RFC 9112 §2.2: a CR or LF alone, a NUL or another control character. */
  | 'line'
  /** RFC 9112 §5.1: no token, or space before the colon; §5.2: a folded line. */
  | 'name'
  /** RFC 9110 §5.5 */
  | 'value'
  /** RFC 9112 §3, §4 */
  | 'start-line'
  | 'version';

const CR = 13;
const HEAD_END = Buffer.from('\r\n\r\n');

/** RFC 9112 §2.2: line ends are CR LF, and nothing else is a line end. */
const BARE_LINE_END = /\r(?!\n)|(?<!\r)\n/;
/** RFC 9110 §5.5: what may stand in a line, besides its end: HTAB, SP, VCHAR, obs-text. */
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;

/**
 * Where the head that begins at `from` ends, behind its empty line; 0: not yet, -1: never, because
 * it is longer than `limit`. `searched` bytes were looked at before.
 */
export function headEnd(bytes: Buffer, from: number, searched: number, limit: number): number {
  const start = Math.max(from, from + searched - HEAD_END.length + 1);
  const at = bytes.indexOf(HEAD_END, start);
  const end = at === -1 ? bytes.length : at + HEAD_END.length;
  if (end - from > limit) return -1;
  return at === -1 ? 0 : end;
}

/**
 * A head that has no proper end may still be wrong already: whoever sends `LF LF` waits for an
 * answer. True when the bytes so far can be no head. `searched` bytes were looked at before: a
 * head in many small pieces must not cost the square of its length.
 */
export function isHopeless(bytes: Buffer, from: number, searched: number): boolean {
  // The last byte of before counts again when it was the first half of a line end.
  const last = from + searched - 1;
  const start = searched > 0 && bytes[last] === CR ? last : from + searched;
  // A CR at the very end may be the first half of a line end.
  const end = bytes[bytes.length - 1] === CR ? bytes.length - 1 : bytes.length;
  return BARE_LINE_END.test(bytes.toString('latin1', start, end));
}

/** Faults that a look at the whole head finds; undefined: none. */
export function textFault(text: string): HeadFault | undefined {
  if (BARE_LINE_END.test(text)) return 'line';
  return CONTROL.test(text) ? 'value' : undefined;
}

const SPACE = 32;
const TAB = 9;

/** RFC 9112 §5.1: optional whitespace around a value is no part of it. */
function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && (text.charCodeAt(start) === SPACE || text.charCodeAt(start) === TAB)) {
    start += 1;
  }
  while (end > start && (text.charCodeAt(end - 1) === SPACE || text.charCodeAt(end - 1) === TAB)) {
    end -= 1;
  }
  return text.slice(start, end);
}

/** The header lines of `text` from `from` up to the empty line. */
export function readHeaderLines(text: string, from: number): HeaderList | HeadFault {
  const headers = new HeaderList();
  const { names, keys, values } = headers;
  let at = from;
  for (;;) {
    const end = text.indexOf('\r\n', at);
    if (end === at) return headers;
    if (end === -1) return 'line';
    const colon = text.indexOf(':', at);
    // A line that begins with a space has no token in front of its colon either (RFC 9112 §5.2).
    if (colon === -1 || colon > end) return 'name';
    const name = text.slice(at, colon);
    const key = headerKey(name);
    if (key === undefined) return 'name';
    names.push(name);
    keys.push(key);
    values.push(trimmed(text, colon + 1, end));
    at = end + 2;
  }
}
