/** Who may call the receptor: basic authentication, its cookie, and web pages (diego.md §12.1). */
import { Buffer } from 'node:buffer';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ReceptorOptions } from './options.ts';

const COOKIE = 'receptor_authorization';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const BASIC = /^basic ([a-z0-9+/]+=*)$/i;

/** `user:password` of an Authorization header. */
function credentialsOf(header: string | undefined): string | undefined {
  const encoded = BASIC.exec(header?.trim() ?? '')?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString();
}

/** What the cookie holds is an Authorization header, with quotes or without. */
function cookieOf(cookies: string | undefined): string | undefined {
  for (const cookie of (cookies ?? '').split(';')) {
    const [name = '', ...value] = cookie.split('=');
    if (name.trim() === COOKIE) return value.join('=').trim().replaceAll('"', '');
  }
  return undefined;
}

export const needsLogin = ({ user, password }: ReceptorOptions): boolean =>
  user !== '' || password !== '';

/** The header counts before the cookie. Takes the same time for every wrong password. */
export function isAuthorized(options: ReceptorOptions, headers: IncomingHttpHeaders): boolean {
  if (!needsLogin(options)) return true;
  const given = credentialsOf(headers.authorization ?? cookieOf(headers.cookie));
  const wanted = digest(`${options.user}:${options.password}`);
  return timingSafeEqual(digest(given ?? ''), wanted) && given !== undefined;
}

/** Scripts cannot read it, and other sites cannot make a browser send it. */
export const authorizationCookie = (authorization: string): string =>
  `${COOKIE}="${authorization.trim()}"; Path=/; HttpOnly; SameSite=Strict`;

/**
 * Browsers name the page that calls. A page that nobody allowed is refused: it could otherwise
 * start tasks on the machine of whoever looks at it.
 */
export const isAllowedOrigin = (
  { allowedOrigins }: ReceptorOptions,
  origin: string | undefined,
): boolean => origin === undefined || allowedOrigins.includes(origin);

export const corsHeaders = (origin: string): Readonly<Record<string, string>> => ({
  'access-control-allow-origin': origin,
  'access-control-allow-credentials': 'true',
  vary: 'Origin',
});

export const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  'access-control-allow-methods': 'GET, POST, PUT, DELETE',
  'access-control-allow-headers': 'Authorization, Cache-Control, Content-Type',
};
