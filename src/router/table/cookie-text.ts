import { normalizeExpires } from './cookie-expires.ts';

/** What the sticky cookie takes over from the application's session cookie. */
export interface SetCookie {
  readonly name: string;
  readonly isSecure: boolean;
  readonly isPartitioned: boolean;
  /** 'Lax', 'Strict', 'None' or '' when absent or unreadable. */
  readonly sameSite: string;
  /** In the form in which it is written; '' when absent or unreadable. */
  readonly expires: string;
  /** Whether `Max-Age` is zero or less: the cookie is to be deleted. */
  readonly isDeletion: boolean;
}

// RFC 9110 §5.6.2.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// Any visible ASCII and blank but `"`, `;` and `\`: what Go's cookie reader accepts.
const VALUE = /^[ !#-:<-[\]-~]*$/;

/**
 * The value of the first cookie of this name in the request's Cookie lines. A part that is not
 * a well-formed cookie is passed over; quotes around a value are removed.
 */
export function requestCookie(lines: readonly string[], name: string): string | undefined {
  for (const line of lines) {
    // Most requests have no such cookie, and names are case-sensitive.
    if (!line.includes(name)) continue;
    for (const part of line.split(';')) {
      const equals = part.indexOf('=');
      const found = (equals < 0 ? part : part.slice(0, equals)).trim();
      if (found !== name) continue;
      const value = unquote(equals < 0 ? '' : part.slice(equals + 1).trim());
      if (VALUE.test(value)) return value;
    }
  }
  return undefined;
}

/** A `Set-Cookie` line, or undefined when it is not well-formed. */
export function parseSetCookie(line: string): SetCookie | undefined {
  const parts = line.split(';');
  const first = parts[0]?.trim() ?? '';
  const equals = first.indexOf('=');
  if (equals < 0) return undefined;
  const name = first.slice(0, equals).trim();
  if (!TOKEN.test(name) || !VALUE.test(unquote(first.slice(equals + 1)))) return undefined;
  let isSecure = false;
  let isPartitioned = false;
  let sameSite = '';
  let expires = '';
  let isDeletion = false;
  for (const part of parts.slice(1)) {
    const [attribute, value] = splitAttribute(part.trim());
    if (!VALUE.test(value)) continue;
    if (attribute === 'secure') isSecure = true;
    else if (attribute === 'partitioned') isPartitioned = true;
    else if (attribute === 'samesite') sameSite = SAME_SITE.get(value.toLowerCase()) ?? '';
    else if (attribute === 'expires') expires = normalizeExpires(value) ?? '';
    else if (attribute === 'max-age') isDeletion = isZeroOrLess(value, isDeletion);
  }
  return { name, isSecure, isPartitioned, sameSite, expires, isDeletion };
}

const SAME_SITE: ReadonlyMap<string, string> = new Map([
  ['lax', 'Lax'],
  ['strict', 'Strict'],
  ['none', 'None'],
]);

function splitAttribute(part: string): [name: string, value: string] {
  const equals = part.indexOf('=');
  if (equals < 0) return [part.toLowerCase(), ''];
  return [part.slice(0, equals).toLowerCase(), part.slice(equals + 1)];
}

/** An unreadable age leaves what an earlier one said. Leading zeros make it unreadable. */
function isZeroOrLess(value: string, otherwise: boolean): boolean {
  if (!/^[+-]?\d+$/.test(value)) return otherwise;
  const seconds = Number(value);
  if (!Number.isSafeInteger(seconds)) return otherwise;
  if (seconds !== 0 && value.startsWith('0')) return otherwise;
  return seconds <= 0;
}

function unquote(value: string): string {
  const isQuoted = value.length > 1 && value.startsWith('"') && value.endsWith('"');
  return isQuoted ? value.slice(1, -1) : value;
}

/** Drops what may not stand in a cookie value; a blank or comma needs quotes around it all. */
export function cookieValueText(value: string): string {
  const clean = value.replace(/[^ !#-:<-[\]-~]/g, '');
  return /[ ,]/.test(clean) ? `"${clean}"` : clean;
}

export function cookiePathText(path: string): string {
  return path.replace(/[^ -:<-~]/g, '');
}
