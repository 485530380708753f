import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Whether an Authorization header carries these credentials. Compares digests of equal length in
 * constant time; the scheme is spelled `Basic` (gorouter.md §6.4).
 */
export function isAuthorized(header: string | undefined, user: string, password: string): boolean {
  const match = /^Basic ([A-Za-z0-9+/]*={0,2})$/.exec(header ?? '');
  const given = Buffer.from(match?.[1] ?? '', 'base64').toString('utf8');
  const isEqual = timingSafeEqual(digest(given), digest(`${user}:${password}`));
  return match !== null && isEqual;
}
