import {
  cookiePathText,
  cookieValueText,
  parseSetCookie,
  requestCookie,
  type SetCookie,
} from './cookie-text.ts';

const STICKY_COOKIE = '__VCAP_ID__';
const NEGOTIATE_MAX_AGE_SECONDS = 60;

export interface StickySettings {
  readonly cookieNames: readonly string[];
  readonly secureCookies: boolean;
  readonly forAuthNegotiate: boolean;
}

export interface StickyRequest {
  /** Instance id or address; '' = the request is not sticky. */
  readonly endpointId: string;
  /** Only this endpoint may answer. */
  readonly mustBeSticky: boolean;
}

const NOT_STICKY: StickyRequest = { endpointId: '', mustBeSticky: false };

/**
 * gorouter.md §4.5, request side. `cookieLines` are the values of the Cookie headers,
 * `authorization` that of the first Authorization header, '' when absent.
 */
export function readStickyRequest(
  cookieLines: readonly string[],
  authorization: string,
  settings: StickySettings,
): StickyRequest {
  const endpointId = requestCookie(cookieLines, STICKY_COOKIE);
  if (endpointId === undefined) return NOT_STICKY;
  if (settings.forAuthNegotiate && startsWithNegotiate(authorization)) {
    return { endpointId, mustBeSticky: endpointId !== '' };
  }
  const hasSession = settings.cookieNames.some(
    (name) => requestCookie(cookieLines, name) !== undefined,
  );
  return hasSession ? { endpointId, mustBeSticky: false } : NOT_STICKY;
}

export interface StickyResponse {
  /** What the request asked for; '' when it was not sticky. */
  readonly requestedEndpointId: string;
  /** `private_instance_id` of the endpoint that answered. */
  readonly instanceId: string;
  readonly contextPath: string;
  /** Values of the response's Set-Cookie headers, in order. */
  readonly setCookieLines: readonly string[];
  /** The first WWW-Authenticate header, '' when absent. */
  readonly wwwAuthenticate: string;
}

/**
 * gorouter.md §4.5, response side: the value of the `Set-Cookie` header to add, or undefined.
 * Not to be asked for an answer that comes from a route service.
 */
export function stickySetCookie(
  response: StickyResponse,
  settings: StickySettings,
): string | undefined {
  const { instanceId, requestedEndpointId } = response;
  if (instanceId === '') return undefined;
  const isElsewhere = requestedEndpointId !== instanceId;
  const isNegotiation = settings.forAuthNegotiate && startsWithNegotiate(response.wwwAuthenticate);
  const wasMoved = isElsewhere && requestedEndpointId !== '';
  // Almost every response of an application without sessions ends here.
  if (!wasMoved && !isNegotiation && response.setCookieLines.length === 0) return undefined;
  const cookies = response.setCookieLines.map(parseSetCookie);
  if (cookies.some((cookie) => cookie?.name === STICKY_COOKIE)) return undefined;
  if (isNegotiation) return isElsewhere ? negotiationCookie(response, settings) : undefined;
  const session = cookies.find(
    (cookie) => cookie !== undefined && settings.cookieNames.includes(cookie.name),
  );
  if (session === undefined && !wasMoved) return undefined;
  return sessionCookie(response, session, settings);
}

/** The session cookie's own attributes do not count here. */
function negotiationCookie(response: StickyResponse, settings: StickySettings): string {
  const start = cookieStart(response);
  const secure = settings.secureCookies ? '; Secure' : '';
  return `${start}; Max-Age=${NEGOTIATE_MAX_AGE_SECONDS}; HttpOnly${secure}; SameSite=Strict`;
}

function sessionCookie(
  response: StickyResponse,
  session: SetCookie | undefined,
  settings: StickySettings,
): string {
  let text = cookieStart(response);
  if (session !== undefined && session.expires !== '') text += `; Expires=${session.expires}`;
  if (session?.isDeletion === true) text += '; Max-Age=0';
  text += '; HttpOnly';
  if (settings.secureCookies || session?.isSecure === true) text += '; Secure';
  if (session !== undefined && session.sameSite !== '') text += `; SameSite=${session.sameSite}`;
  if (session?.isPartitioned === true) text += '; Partitioned';
  return text;
}

function cookieStart(response: StickyResponse): string {
  const value = cookieValueText(response.instanceId);
  return `${STICKY_COOKIE}=${value}; Path=${cookiePathText(response.contextPath)}`;
}

function startsWithNegotiate(value: string): boolean {
  return value.slice(0, 9).toLowerCase() === 'negotiate';
}
