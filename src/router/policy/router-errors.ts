/**
 * Every answer that the router makes itself instead of an app (gorouter.md §5.9, §5.10). The one
 * list: code, docs/ERRORS.md and the metrics are made from it.
 */
export interface RouterErrorKind {
  readonly status: number;
  /** Value of X-Cf-RouterError; with `…` where the cause is put in. Empty: no such header. */
  readonly routerError: string;
  readonly cacheControl: string;
  /** Body text behind `<status> <reason>: `, or the whole body when `isWholeBody`. */
  readonly message: string;
  readonly isWholeBody?: boolean;
  /** Counter that it adds to (gorouter.md §8); empty: none. */
  readonly counter: string;
  readonly when: string;
}

const NO_STORE = 'no-cache, no-store';
const SHORT = 'public,max-age=2';

const kind = (
  status: number,
  routerError: string,
  cacheControl: string,
  message: string,
  counter: string,
  when: string,
  isWholeBody = false,
): RouterErrorKind => ({ status, routerError, cacheControl, message, counter, when, isWholeBody });

export const ROUTER_ERRORS = {
  emptyHost: kind(
    400,
    'empty_host',
    SHORT,
    'Request had empty Host header',
    'rejected_requests',
    'Host is empty, or is the address of the client itself',
  ),
  invalidAppInstance: kind(
    400,
    'invalid_cf_app_instance_header',
    NO_STORE,
    'Invalid X-CF-App-Instance Header',
    'rejected_requests',
    'X-CF-App-Instance is not `<guid>:<index>`',
  ),
  invalidProcessInstance: kind(
    400,
    'invalid_cf_process_instance_header',
    NO_STORE,
    'Invalid X-CF-Process-Instance Header',
    'rejected_requests',
    'X-CF-Process-Instance is not `<guid>` or `<guid>:<index>`',
  ),
  unknownRoute: kind(
    404,
    'unknown_route',
    NO_STORE,
    "Requested route ('HOST') does not exist.",
    'rejected_requests',
    'no route is registered for host and path',
  ),
  unknownInstance: kind(
    400,
    'unknown_route',
    NO_STORE,
    "Requested instance ('INDEX') with guid ('GUID') does not exist for route ('HOST')",
    'rejected_requests',
    'X-CF-App-Instance names an instance that the route does not have',
  ),
  unknownProcess: kind(
    400,
    'unknown_route',
    NO_STORE,
    "Requested instance with process guid ('GUID') does not exist for route ('HOST')",
    'rejected_requests',
    'X-CF-Process-Instance names a process that the route does not have',
  ),
  unknownProcessInstance: kind(
    400,
    'unknown_route',
    NO_STORE,
    "Requested instance ('INDEX') with process guid ('GUID') does not exist for route ('HOST')",
    'rejected_requests',
    'X-CF-Process-Instance names an instance that the process does not have',
  ),
  noEndpoints: kind(
    503,
    'no_endpoints',
    SHORT,
    "Requested route ('HOST') has no available endpoints.",
    '',
    'the route is known, its last endpoint went, and 503 is configured for that',
  ),
  connectionLimit: kind(
    503,
    'Connection Limit Reached',
    '',
    "Requested route ('HOST') has reached the connection limit.",
    'backend_exhausted_conns',
    'every endpoint of the route serves `backends.max_conns` requests',
  ),
  headersTooLarge: kind(
    431,
    'max-request-size-exceeded',
    '',
    '',
    '',
    'request line and headers are over `max_request_header_bytes`, or too many',
    true,
  ),
  routeServiceUnsupported: kind(
    502,
    'route_service_unsupported',
    '',
    'Support for route services is disabled.',
    '',
    'the route has a route service; this router has no support for them yet',
  ),
  invalidIdentity: kind(
    503,
    'endpoint_failure (…)',
    '',
    '503 Service Unavailable',
    'backend_invalid_id',
    'the certificate of the endpoint does not carry the registered name',
    true,
  ),
  untrustedCertificate: kind(
    526,
    'endpoint_failure (…)',
    '',
    '526 Invalid SSL Certificate',
    'backend_invalid_tls_cert',
    'the certificate of the endpoint is untrusted, expired or not yet valid',
    true,
  ),
  certificateRefused: kind(
    496,
    'endpoint_failure (…)',
    '',
    '496 SSL Certificate Required',
    '',
    'the endpoint demands or refuses a client certificate',
    true,
  ),
  tlsHandshake: kind(
    525,
    'endpoint_failure (…)',
    '',
    '525 SSL Handshake Failed',
    'backend_tls_handshake_failed',
    'the endpoint was registered for TLS and does not speak it, or no common cipher',
    true,
  ),
  clientGone: kind(
    499,
    'endpoint_failure (…)',
    '',
    '499 Request Cancelled',
    '',
    'the client went away; only log and metrics see it',
    true,
  ),
  endpointFailure: kind(
    502,
    'endpoint_failure (…)',
    '',
    '502 Bad Gateway: Registered endpoint failed to handle the request.',
    'bad_gateways',
    'no endpoint could be reached, or its answer was no good or came too late',
    true,
  ),
  upgradeMismatch: kind(
    502,
    '',
    '',
    '',
    'bad_gateways',
    'the endpoint switched to another protocol than asked for, or unasked',
    true,
  ),
  tcpUpgradeFailed: kind(
    400,
    '',
    '',
    'TCP forwarding to endpoint failed.',
    '',
    'the raw TCP upgrade of 2013 could not reach the endpoint',
  ),
  routerFault: kind(
    502,
    'unknown_failure',
    '',
    '',
    '',
    'a bug in the router; the log line `panic-check` has the stack',
    true,
  ),
} as const satisfies Record<string, RouterErrorKind>;

export type RouterErrorName = keyof typeof ROUTER_ERRORS;
