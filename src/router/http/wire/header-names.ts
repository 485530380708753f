/**
 * Header names by their spelling: most requests use the same few, so a name is checked and
 * lowered once and then found in a map.
 */

/** RFC 9110 §5.6.2: a token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Names made up by an attacker must not fill the memory. */
const KNOWN_MAX = 4096;
const KNOWN_MAX_CHARACTERS = 64;

const known = new Map<string, string>();

/** The name in lower case; undefined when it is no token. */
export function headerKey(name: string): string | undefined {
  const found = known.get(name);
  if (found !== undefined) return found;
  if (!TOKEN.test(name)) return undefined;
  const key = name.toLowerCase();
  if (known.size < KNOWN_MAX && name.length <= KNOWN_MAX_CHARACTERS) {
    // A copy of its own: the name is a part of the whole head, which would be kept with it.
    known.set(Buffer.from(name, 'latin1').toString('latin1'), key);
  }
  return key;
}

export const isToken = (text: string): boolean => TOKEN.test(text);
