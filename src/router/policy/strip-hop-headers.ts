import type { HeaderList } from './header-list.ts';

/** Headers that speak of one connection only (RFC 9110 §7.6.1, gorouter.md §5.2). */
const HOP_HEADERS = [
  'connection',
  'proxy-connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
] as const;

function listed(headers: HeaderList): string[] {
  return headers
    .all('connection')
    .flatMap((value) => value.split(','))
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
}

/** Names that a client may not have removed by listing them: they decide framing and routing. */
const NEVER_LISTED = new Set(['host', 'content-length', 'transfer-encoding']);

/**
 * Removes hop-by-hop headers of a request and those that `Connection` names, but for the names
 * that the operator protects. An element `trailers` of TE survives (gorouter.md §5.2).
 */
export function stripRequestHopHeaders(headers: HeaderList, protectedKeys: readonly string[]) {
  // Most requests have neither, and then nothing is made for them.
  const isTrailersWanted =
    headers.has('te') &&
    headers
      .all('te')
      .some((value) => value.split(',').some((part) => part.trim().toLowerCase() === 'trailers'));
  if (headers.has('connection')) {
    for (const key of listed(headers)) {
      if (!protectedKeys.includes(key) && !NEVER_LISTED.has(key)) headers.remove(key);
    }
  }
  for (const key of HOP_HEADERS) headers.remove(key);
  if (isTrailersWanted) headers.append('TE', 'trailers');
}

/** Removes hop-by-hop headers of a response. What its `Connection` names stays, as recorded. */
export function stripResponseHopHeaders(headers: HeaderList): void {
  for (const key of HOP_HEADERS) headers.remove(key);
}

/** The protocol that an upgrade request asks for; undefined when it asks for none. */
export function upgradeToken(headers: HeaderList): string | undefined {
  if (!listed(headers).includes('upgrade')) return undefined;
  const token = headers.get('upgrade');
  return token === undefined || token === '' ? undefined : token;
}
