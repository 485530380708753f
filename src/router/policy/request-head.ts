import type { HeaderList } from './header-list.ts';

/** What an engine knows of a request before it decides anything. */
export interface RequestHead {
  readonly method: string;
  /** As received: origin-form, absolute-form or `*`. */
  readonly target: string;
  /** `1.0` or `1.1`. */
  readonly version: string;
  readonly headers: HeaderList;
  /** The Host header, or the authority of an absolute-form target. */
  readonly host: string;
  /** Path and query of the target, whatever its form. */
  readonly pathAndQuery: string;
  readonly clientAddress: string;
  readonly clientPort: number;
  readonly isTls: boolean;
  /** That the client proved to own: DER in base64; absent or empty: none. */
  readonly clientCertificate?: string;
}

const ABSOLUTE_FORM = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#]*)(.*)$/;

export interface Target {
  readonly authority: string | undefined;
  readonly pathAndQuery: string;
}

/** Splits by hand: `new URL` would normalise `..`, `%2e` and `\` (gorouter.md §12 row 22). */
export function splitTarget(target: string): Target {
  if (target.startsWith('/')) return { authority: undefined, pathAndQuery: target };
  const match = ABSOLUTE_FORM.exec(target);
  if (match === null) return { authority: undefined, pathAndQuery: target };
  const rest = match[2] ?? '';
  return { authority: match[1], pathAndQuery: rest.startsWith('/') ? rest : `/${rest}` };
}

export function pathOf(pathAndQuery: string): string {
  const query = pathAndQuery.indexOf('?');
  return query === -1 ? pathAndQuery : pathAndQuery.slice(0, query);
}
