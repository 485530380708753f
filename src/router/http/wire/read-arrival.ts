/** From a head that could be read to a request that may be routed, or its refusal. */
import { checkRequest, type Rejection } from '../../policy/check-request.ts';
import type { HeaderList } from '../../policy/header-list.ts';
import { type RequestHead, splitTarget } from '../../policy/request-head.ts';
import { upgradeToken } from '../../policy/strip-hop-headers.ts';
import { rejectionText, versionRejection } from '../reject.ts';
import { CHUNKED, type Framing, NO_BODY } from './body-reader.ts';
import type { ReadRequest, RequestFault } from './read-request-head.ts';

/** What a connection says of its client, whatever it sends. */
export type ClientFacts = Pick<
  RequestHead,
  'clientAddress' | 'clientPort' | 'isTls' | 'clientCertificate'
>;

/** A request that was read and found to be in order. */
export interface Arrival {
  readonly head: RequestHead;
  readonly framing: Framing;
  readonly expectsContinue: boolean;
  /** The client sends no further request on this connection. */
  readonly isLast: boolean;
  /** Undefined: no upgrade. */
  readonly upgradeToken: string | undefined;
}

export const BAD_REQUEST = rejectionText({ text: '400 Bad Request' });
const EXPECTATION_FAILED =
  'HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
const CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i;

/** The answer to bytes that are no request (gorouter.md §5.9). */
export function faultText({ fault, version }: RequestFault): string {
  if (fault === 'version') return versionRejection(version) ?? BAD_REQUEST;
  if (fault === 'too-large') return rejectionText({ text: '431 Request Header Fields Too Large' });
  if (fault === 'name') return rejectionText({ text: '400 Bad Request: invalid header name' });
  if (fault === 'value') return rejectionText({ text: '400 Bad Request: invalid header value' });
  return BAD_REQUEST;
}

function framingOf(headers: HeaderList): Framing {
  if (headers.has('transfer-encoding')) return CHUNKED;
  const length = Number(headers.get('content-length') ?? 0);
  return length === 0 ? NO_BODY : { kind: 'length', length };
}

/** RFC 9112 §9.3 */
function isLast(version: string, headers: HeaderList): boolean {
  if (!headers.has('connection')) return version === '1.0';
  const tokens = headers
    .all('connection')
    .join(',')
    .toLowerCase()
    .split(/[\s,]+/);
  if (tokens.includes('close')) return true;
  return version === '1.0' && !tokens.includes('keep-alive');
}

/** HTTP/1.1 keeps a connection without saying so, HTTP/1.0 ends it without saying so. */
export function connectionLine(version: string, isKept: boolean): string {
  if (isKept === (version === '1.1')) return '';
  return isKept ? 'Connection: keep-alive\r\n' : 'Connection: close\r\n';
}

function rejectionOf({ method, target, version, headers }: ReadRequest): Rejection | undefined {
  // A tunnel would bypass every rule of the router (reliability.md §3 row 65).
  if (method === 'CONNECT') return { text: '405 Method Not Allowed' };
  return checkRequest(method, target, version, headers);
}

/** A text: the refusal, after which the connection ends. */
export function arrivalOf(request: ReadRequest, client: ClientFacts): Arrival | string {
  const rejection = rejectionOf(request);
  if (rejection !== undefined) return rejectionText(rejection);
  const { method, target, version, headers } = request;
  const expect = version === '1.1' ? headers.get('expect') : undefined;
  if (expect !== undefined && !CONTINUE.test(expect)) return EXPECTATION_FAILED;
  const framing = framingOf(headers);
  const token = headers.has('upgrade') ? upgradeToken(headers) : undefined;
  // RFC 9110 §7.8: an upgrade may be ignored; `h2c` is not offered.
  const isUpgrade = framing === NO_BODY && token?.toLowerCase() !== 'h2c';
  const { authority, pathAndQuery } = splitTarget(target);
  return {
    head: {
      method,
      target,
      version,
      headers,
      host: authority ?? headers.get('host') ?? '',
      pathAndQuery,
      clientAddress: client.clientAddress,
      clientPort: client.clientPort,
      isTls: client.isTls,
      clientCertificate: client.clientCertificate ?? '',
    },
    framing,
    expectsContinue: expect !== undefined && framing !== NO_BODY,
    isLast: isLast(version, headers),
    upgradeToken: isUpgrade ? token : undefined,
  };
}
