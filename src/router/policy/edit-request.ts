import type { HeaderOptions } from '../options.ts';
import type { HeaderList } from './header-list.ts';
import type { RequestHead } from './request-head.ts';
import { stripRequestHopHeaders } from './strip-hop-headers.ts';

/** The parts of an endpoint that its app gets to see. */
export interface EndpointIdentity {
  readonly applicationId: string;
  readonly privateInstanceId: string;
  readonly privateInstanceIndex: string;
  readonly address: string;
}

function forwardedProto(head: RequestHead, options: HeaderOptions): string | undefined {
  if (options.isForwardedProtoForced) return 'https';
  const scheme = head.isTls ? 'https' : 'http';
  if (options.isForwardedProtoSanitized) return scheme;
  const sent = head.headers.get('x-forwarded-proto');
  return sent === undefined || sent === '' ? scheme : undefined;
}

function editForwardedHeaders(headers: HeaderList, head: RequestHead, options: HeaderOptions) {
  const before = headers.all('x-forwarded-for');
  headers.set('X-Forwarded-For', [...before, head.clientAddress].join(', '));
  const proto = forwardedProto(head, options);
  if (proto !== undefined) headers.set('X-Forwarded-Proto', proto);
  editClientCertificate(headers, head.clientCertificate ?? '', options.forwardedClientCert);
}

/** Only a TLS connection with a client's certificate can vouch for one (gorouter.md §5.5). */
function editClientCertificate(
  headers: HeaderList,
  certificate: string,
  mode: HeaderOptions['forwardedClientCert'],
): void {
  if (mode === 'always_forward') return;
  if (mode === 'forward' && certificate !== '') return;
  headers.remove('x-forwarded-client-cert');
  if (mode === 'sanitize_set' && certificate !== '') {
    headers.append('X-Forwarded-Client-Cert', certificate);
  }
}

/**
 * Changes the client's headers into those that every attempt sends (gorouter.md §5.2, §5.5).
 * `headers` is the client's own list: the engine has no further use for it.
 */
export function editRequest(
  headers: HeaderList,
  head: RequestHead,
  options: HeaderOptions,
  requestId: string,
  wallMs: number,
): void {
  stripRequestHopHeaders(headers, options.hopByHopToFilter);
  headers.set('X-Vcap-Request-Id', requestId);
  editForwardedHeaders(headers, head, options);
  if (!headers.has('x-request-start')) headers.append('X-Request-Start', String(wallMs));
  headers.remove('x-cf-app-instance');
  if (headers.get('user-agent') === '') headers.remove('user-agent');
  // RFC 9110 §8.6: leading zeros are legal, but not every app reads them alike.
  const length = headers.get('content-length');
  if (length !== undefined) headers.set('Content-Length', String(Number(length)));
  headers.set('Host', head.host);
}

/** What the chosen endpoint adds; a retry on another endpoint calls it again. */
export function addEndpointIdentity(headers: HeaderList, endpoint: EndpointIdentity): void {
  headers.set('X-CF-ApplicationID', endpoint.applicationId);
  headers.set('X-CF-InstanceID', endpoint.privateInstanceId || endpoint.address);
  headers.set('X-CF-InstanceIndex', endpoint.privateInstanceIndex);
}
