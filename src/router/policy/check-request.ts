import type { HeaderList } from './header-list.ts';
import { splitTarget } from './request-head.ts';

/**
 * A request that no part of the router will touch: answered at once, connection closed, not in
 * the access log. Texts as the original's server has them (gorouter.md §5.9).
 */
export interface Rejection {
  /** Status and reason phrase; the body too, unless there is another. */
  readonly text: string;
  readonly body?: string;
}

const bad = (detail?: string): Rejection => ({
  text: detail === undefined ? '400 Bad Request' : `400 Bad Request: ${detail}`,
});

/** RFC 9110 §7.2, RFC 3986 §3.2: a registered name, IPv4 or [IPv6], and an optional port. */
const HOST = /^(?:\[[A-Za-z0-9\-._~%!$&'()*+;=:]*\]|[A-Za-z0-9\-._~%!$&'()*+;=]*)(?::([0-9]*))?$/;
const GREATEST_PORT = 65_535;

function isHost(text: string): boolean {
  const parts = HOST.exec(text);
  return parts !== null && Number(parts[1] ?? 0) <= GREATEST_PORT;
}

/** RFC 9112 §3.2: exactly one Host on HTTP/1.1, and only characters that a host can have. */
export function checkHost(headers: HeaderList, version: string): Rejection | undefined {
  const count = headers.count('host');
  if (count > 1) return bad();
  if (count === 0) return version === '1.1' ? bad('missing required Host header') : undefined;
  return isHost(headers.get('host') ?? '') ? undefined : bad('malformed Host header');
}

/**
 * RFC 9112 §6.1 and §6.3: whatever could make two readers see two different bodies is refused.
 * Node's parser refuses most of it already; this holds for any engine.
 */
export function checkFraming(headers: HeaderList, version: string): Rejection | undefined {
  const hasEncoding = headers.has('transfer-encoding');
  if (!hasEncoding && !headers.has('content-length')) return undefined;
  const lengths = headers.all('content-length');
  const encodings = hasEncoding ? headers.all('transfer-encoding') : [];
  if (lengths.length > 1) return bad();
  if (lengths.length === 1 && !/^[0-9]{1,15}$/.test(lengths[0] ?? '')) return bad();
  if (encodings.length === 0) return undefined;
  if (lengths.length > 0 || encodings.length > 1) return bad();
  if (version !== '1.1') return bad();
  if ((encodings[0] ?? '').toLowerCase() !== 'chunked') {
    return { text: '501 Not Implemented', body: 'Unsupported transfer encoding' };
  }
  return undefined;
}

/** RFC 9112 §3.2: origin-form, absolute-form, or `*` with OPTIONS; no fragment (§3.2.1). */
export function checkTarget(method: string, target: string): Rejection | undefined {
  if (target === '*') return method === 'OPTIONS' ? undefined : bad();
  if (target.includes('#')) return bad();
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) return bad();
  if (target.startsWith('/')) return undefined;
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]/.test(target) ? undefined : bad();
}

/** RFC 9110 §7.2: an absolute-form target that names another host than Host is an attack. */
export function checkAuthority(authority: string | undefined, host: string): Rejection | undefined {
  if (authority === undefined) return undefined;
  // Without a Host the authority takes its place, so it must be one (RFC 9110 §4.2.4).
  if (!isHost(authority)) return bad();
  if (host === '') return undefined;
  return authority.toLowerCase() === host.toLowerCase() ? undefined : bad();
}

/** RFC 6455 §4.1: a WebSocket handshake has no body; one would be read as frames. */
export function checkUpgrade(headers: HeaderList): Rejection | undefined {
  if (!/^websocket$/i.test(headers.get('upgrade') ?? '')) return undefined;
  const hasBody = headers.has('transfer-encoding') || Number(headers.get('content-length')) > 0;
  const isUpgrade = /\bupgrade\b/i.test(headers.get('connection') ?? '');
  return hasBody && isUpgrade ? bad() : undefined;
}

/** Everything that a head can be refused for as it stands; undefined: it is in order. */
export function checkRequest(
  method: string,
  target: string,
  version: string,
  headers: HeaderList,
): Rejection | undefined {
  const { authority } = splitTarget(target);
  return (
    checkHost(headers, version) ??
    checkFraming(headers, version) ??
    checkTarget(method, target) ??
    checkAuthority(authority, headers.get('host') ?? '') ??
    checkUpgrade(headers)
  );
}
