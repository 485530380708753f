/**
 * The key of a registered uri (gorouter.md §3.1): lower case, cut at the first `?`, without one
 * slash at each end. Like the original it looks for an end slash before and after the cut.
 */
export function routeKeyOfUri(uri: string): string {
  const lower = uri.toLowerCase();
  return trimSlashes(withoutQuery(withoutEndSlash(lower)));
}

/** Path of the sticky cookie: the key's path in the case of the uri that made the pool. */
export function contextPathOfUri(uri: string): string {
  const key = trimSlashes(withoutQuery(withoutEndSlash(uri)));
  const slash = key.indexOf('/');
  return slash < 0 ? '/' : key.slice(slash);
}

/** The routing host of a Host header: up to the first `:`, lower case (gorouter.md §3.2). */
export function routingHost(hostHeader: string): string {
  const colon = hostHeader.indexOf(':');
  return (colon < 0 ? hostHeader : hostHeader.slice(0, colon)).toLowerCase();
}

/**
 * The part of a request's key behind the host: '' or `/a/b`. `rawPath` is the path as received;
 * a query is cut off.
 */
export function routingPath(rawPath: string): string {
  const path = withoutEndSlash(withoutQuery(rawPath));
  const escaped = NEEDS_ESCAPE.test(path) ? escapeAgain(path) : path;
  return withoutEndSlash(escaped.toLowerCase());
}

function withoutQuery(text: string): string {
  const question = text.indexOf('?');
  return question < 0 ? text : text.slice(0, question);
}

function withoutEndSlash(text: string): string {
  return text.endsWith('/') ? text.slice(0, -1) : text;
}

function trimSlashes(text: string): string {
  const body = withoutEndSlash(text);
  return body.startsWith('/') ? body.slice(1) : body;
}

// Bytes that may not stand in a path. If there is one, the original compares the decoded and
// newly encoded path, so `/a"b` finds a route registered as `/a%22b`.
const NEEDS_ESCAPE = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/%[\]]/;

// What stays bare when Go's net/url writes a path.
const KEPT_BARE = /[A-Za-z0-9\-._~$&+,/:;=@]/;

function escapeAgain(path: string): string {
  let escaped = '';
  for (let at = 0; at < path.length; at += 1) {
    let code = path.charCodeAt(at);
    if (code === 0x25) {
      const hex = path.slice(at + 1, at + 3);
      if (/^[0-9A-Fa-f]{2}$/.test(hex)) {
        code = Number.parseInt(hex, 16);
        at += 2;
      }
    }
    const char = String.fromCharCode(code);
    escaped += KEPT_BARE.test(char) ? char : `%${code.toString(16).padStart(2, '0')}`;
  }
  return escaped;
}
