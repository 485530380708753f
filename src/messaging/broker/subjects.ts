/**
 * Subjects are held as latin1 strings: one character per byte on the wire. So any bytes a client
 * sends come back unchanged, and a subject can be a map key without decoding UTF-8.
 */

/** What may be subscribed to: no empty token, `>` only at the end (cfv1.md §10.6). */
export function isValidFilter(subject: string): boolean {
  const tokens = subject.split('.');
  for (const [index, token] of tokens.entries()) {
    if (token === '') return false;
    if (token === '>' && index !== tokens.length - 1) return false;
  }
  return true;
}

/** What pedantic clients may publish to: no empty token and no wildcard (cfv1.md §10.4). */
export function isValidLiteral(subject: string): boolean {
  return subject.split('.').every((token) => token !== '' && token !== '*' && token !== '>');
}

/** A token that merely contains `*` or `>` is plain text (cfv1.md §10.6). */
export function hasWildcard(filter: string): boolean {
  if (!filter.includes('*') && !filter.includes('>')) return false;
  return filter.split('.').some((token) => token === '*' || token === '>');
}

/**
 * Is everything that `subject` stands for also covered by `filter`? A wildcard in `subject` is
 * covered by the same or a wider wildcard: `foo.*` lies within `foo.>`.
 */
export function isWithin(subject: string, filter: string): boolean {
  const have = subject.split('.');
  const want = filter.split('.');
  for (const [index, token] of want.entries()) {
    const given = have[index];
    if (given === undefined || given === '') return false;
    if (token === '>') return index === want.length - 1;
    if (token === '*') {
      if (given === '>') return false;
    } else if (token !== given) return false;
  }
  return have.length === want.length;
}

/** Text from a configuration file, as the bytes that a client would send for it. */
export function toWireText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Bytes of a client, as people read them. */
export function fromWireText(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}
