import { TESTED_ENGINE } from '../support/engine.ts';
import type { Difference } from './difference.ts';

/**
 * Where this router differs from the recorded one on purpose. A difference that an entry
 * matches is explained; every other difference is a failure. An entry that matches nothing any
 * more is reported as stale. docs/COMPATIBILITY.md prints the reasons.
 */
export interface Deviation {
  readonly id?: RegExp;
  readonly group?: RegExp;
  /** The field of the difference without the number of the step, `response.headers.date`. */
  readonly field: RegExp;
  /** Text of the recorded and of the actual value, JSON when it is no text. */
  readonly expected?: RegExp;
  readonly actual?: RegExp;
  /** Only of this engine: the other one does as recorded. */
  readonly engine?: 'http-proxy' | 'wire';
  /** Depends on chance or timing: an entry that matched nothing is not stale. */
  readonly isOccasional?: boolean;
  readonly reason: string;
}

const ANY = /./;
const ids = (...names: string[]): RegExp => new RegExp(`^(${names.join('|')})$`);

/** Whole groups whose feature is not there yet. They are replayed and counted all the same. */
const laterWork: readonly Deviation[] = [
  {
    group: /^(tls-in|xfcc)$/,
    field: ANY,
    engine: 'http-proxy',
    reason: 'TLS from clients is taken by the engine wire.',
  },
  { group: /^backend-tls$/, field: ANY, reason: 'Later work: TLS to endpoints.' },
  { group: /^route-service$/, field: ANY, reason: 'Later work: route services.' },
  { group: /^tracing$/, field: ANY, reason: 'Later work: tracing headers.' },
  { group: /^proxy-protocol$/, field: ANY, reason: 'Later work: PROXY protocol.' },
  {
    id: ids('accesslog-026', 'accesslog-027'),
    field: ANY,
    reason: 'Later work: tracing headers.',
  },
  {
    id: ids('config-016'),
    field: /^exit$/,
    engine: 'http-proxy',
    reason: 'TLS from clients is taken by the engine wire.',
  },
  { id: ids('prune-005', 'unregister-010'), field: ANY, reason: 'Later work: TLS to endpoints.' },
  {
    id: ids('register-058'),
    field: /^accessLog\.x_forwarded_proto$/,
    reason: 'Later work: route services; such a route is refused before headers are edited.',
  },
];

/** What a difference shows when this router refuses a request. */
const REFUSED = new RegExp(
  [
    'HTTP/1\\.1 (400|405|501|505)',
    'Bad Request',
    '^405 Method Not Allowed',
    'text/plain',
    '^(null|close|closed|\\[\\])$',
  ].join('|'),
);

/** The strictest answer that RFC 9112 allows, where the original lets doubtful bytes pass. */
const strictness: readonly Deviation[] = [
  {
    group: /^(malformed|host|path|method)$/,
    field: ANY,
    actual: REFUSED,
    reason:
      'Refused at once: two readers could read such bytes differently, or the method is unknown ' +
      'to the parser (RFC 9112 §3.2, §5, §6.3; the wire engine will pass unknown methods).',
  },
  {
    id: ids('upgrade-017'),
    field: ANY,
    reason: 'Refused: a WebSocket handshake is HTTP/1.1 (RFC 6455 §4.1).',
  },
  {
    group: /^malformed$/,
    field: /^(accessLog|backendSaw)/,
    reason: 'The parser of this router judges the request differently, so its log line differs.',
  },
  {
    id: ids('malformed-045', 'malformed-057'),
    field: /^(response|connection)$/,
    engine: 'http-proxy',
    reason: 'The router waits for the rest of the head, up to read_header_timeout.',
  },
  {
    id: ids('connection-008', 'malformed-052'),
    field: ANY,
    reason: 'One empty line before a request is skipped, as RFC 9112 §2.2 asks of servers.',
  },
  {
    group: /^bad-response$/,
    field: /x[-_]cf[-_]routererror/,
    reason: "The cause of a bad response is in this parser's words.",
  },
  {
    id: /^bad-response-(005|006|008|012|017|018|020|021)$/,
    field: ANY,
    reason: 'A response that two readers could read differently is a 502, not passed on.',
  },
  {
    id: ids('bad-response-002'),
    field: ANY,
    reason: "Node's parser skips an empty line before a response; the wire engine will not.",
  },
];

const upgrades: readonly Deviation[] = [
  {
    group: /^upgrade$/,
    field: /headers\.(x-vcap-request-id|x-cf-|set-cookie|upgrade|connection|date)/,
    reason: 'Upgrades take the same way as other requests, as today (§5.13): same headers added.',
  },
  {
    id: ids('malformed-078', 'malformed-079'),
    field: ANY,
    reason: 'Upgrades take the same way as other requests, as today (§5.13).',
  },
  {
    id: ids('upgrade-003'),
    field: /^(stream|backendSaw\.stream)$/,
    reason: 'Bytes right behind the handshake are not lost (WS-9).',
  },
  {
    id: ids('upgrade-006'),
    field: ANY,
    reason: 'A 101 without the asked Upgrade is a 502, as today (§5.13).',
  },
  {
    id: ids('upgrade-013', 'upgrade-014', 'upgrade-015', 'upgrade-016'),
    field: ANY,
    reason: 'A failed upgrade gets the same 502 as any request, with its cause (§5.10).',
  },
  {
    id: /^upgrade-(008|009|010|011|012|023)$/,
    field: /^accessLog\.(bytesSent|x_cf_routererror)$/,
    reason: 'An answer that is no 101 is an ordinary answer, as today (WS-2): counted, no error.',
  },
  {
    id: ids('upgrade-019', 'upgrade-022'),
    field: /^accessLog\.status$/,
    reason: 'Any upgraded connection is logged with its status 101, as today (WS-4).',
  },
  {
    id: ids('upgrade-020', 'malformed-077'),
    field: /^backendSaw\.headers\.(connection|upgrade)$/,
    reason: 'h2c is not offered, so its upgrade is ignored (RFC 9110 §7.8).',
  },
  {
    id: ids('upgrade-021', 'upgrade-023', 'limits-011'),
    field: /^(connection|response\.headers\.connection|backendSaw\.headers\.upgrade)$/,
    reason: 'After a refused upgrade the connection is closed; `notupgrade` is no upgrade.',
  },
];

const ownAnswers: readonly Deviation[] = [
  {
    field: /^response\.statusLine$/,
    expected: /^HTTP\/1\.0 /,
    actual: /^HTTP\/1\.1 /,
    reason: 'A server answers with its own version (RFC 9110 §6.2); the body is still 1.0.',
  },
  {
    id: ids('connection-002', 'unknown-006'),
    field: /^response\.headers\.(connection|keep-alive)$/,
    engine: 'http-proxy',
    reason: 'An HTTP/1.0 client is told what becomes of the connection.',
  },
  {
    group: /^continue$|^accesslog$/,
    field: /^interim$/,
    reason: '1xx answers of the endpoint are passed on, as today (PRX-30).',
  },
  {
    id: ids('body-028', 'continue-003', 'continue-005'),
    field: ANY,
    reason: 'An early final answer goes out at once, and the connection ends after it.',
  },
  {
    id: ids('continue-006', 'unknown-007'),
    field: /^connection$/,
    reason: 'After an Expect that was not met with 100 the connection is closed.',
  },
  {
    id: ids('continue-008'),
    field: /^backendSaw\.headers\.connection$/,
    reason: '`Connection: close` with Expect unless keep_alive_100_continue_requests (100C-2).',
  },
  {
    id: ids('body-022', 'body-023'),
    field: /^response$/,
    reason:
      'What arrived of a short answer is passed on; the cut connection shows that it is not all.',
  },
  {
    id: ids('body-022', 'body-023', 'body-024', 'body-025', 'failure-007'),
    field: /^accessLog$/,
    reason: 'A request whose answer broke off is logged.',
  },
  {
    id: ids('connection-005'),
    field: /^accessLog/,
    engine: 'http-proxy',
    reason: 'Pipelined requests are worked on side by side, and logged as they end.',
  },
  {
    id: ids('headers-in-018'),
    field: /^(backendSaw|accessLog)/,
    reason: "A client cannot strip the router's own headers by naming them in Connection.",
  },
  {
    id: ids('headers-in-028'),
    field: ANY,
    reason: 'X-CF-Process-Instance is understood, as today (§3.8).',
  },
  {
    id: ids('empty-pool-008'),
    field: ANY,
    reason: 'A longer path without endpoints falls back to a shorter one that has some (REG-14).',
  },
  {
    id: ids('max-conns-004'),
    field: ANY,
    reason: 'max_conns counts the whole exchange, with its body (DESIGN §6).',
  },
  {
    id: ids('limits-008', 'limits-009'),
    field: ANY,
    reason: 'Header values count against max_request_header_bytes, as today (§5.8).',
  },
  {
    field: /^backendSaw\.requestLine$/,
    expected: /http:\/\/app\.test\/\//,
    reason: 'A target that begins with `//` goes out as it came in.',
  },
  {
    id: ids('retry-021'),
    field: ANY,
    reason: 'max_attempts 0 means each endpoint once, not an endless loop.',
  },
  {
    id: ids('retry-014'),
    field: /x[-_]cf[-_]routererror/,
    actual: /dial tcp/,
    isOccasional: true,
    reason: 'A reset before the connection is known to stand counts as a failed dial.',
  },
  {
    id: ids('instance-009'),
    field: ANY,
    isOccasional: true,
    reason: 'An empty header is as none: the first turn of round-robin is random (LB-1).',
  },
  {
    id: ids('sticky-011'),
    field: /set-cookie/,
    reason: 'Partitioned is copied, as today (STK-6).',
  },
  {
    id: ids('unknown-003'),
    field: ANY,
    reason: 'The 404 does not wait for a body that nobody wants.',
  },
];

const control: readonly Deviation[] = [
  {
    id: /^lifecycle-/,
    field: /^response\.headers\.connection$/,
    reason: 'While the port is closed, answers say that the connection ends (RFC 9112 §9.6).',
  },
  {
    id: ids('malformed-046', 'malformed-049'),
    field: /^accessLog$/,
    reason: 'Requests of an unknown 1.x version are refused before there is an exchange to log.',
  },
  {
    id: ids('nats-001'),
    field: /^messages$/,
    reason: 'publish_start_message_interval is obeyed (seed 001).',
  },
  {
    id: ids('status-020'),
    field: ANY,
    reason: '/is-process-alive-do-not-use-for-loadbalancing is there, as today (§6.3).',
  },
  {
    id: ids('status-021'),
    field: ANY,
    reason: 'Empty credentials let nobody in: random ones are made (as in 2013).',
  },
  {
    group: /^status$/,
    field: /^response\.body/,
    actual: /availability_zone/,
    reason: '/routes has availability_zone, as today (§6.4).',
  },
];

const all: readonly Deviation[] = [
  {
    field: /^backendSaw(\[\d+\])?\.headers\.user-agent$/,
    expected: /^Go-http-client\/1\.1$/,
    actual: /^null$/,
    reason: 'No User-Agent is invented when the client sent none, as today (§5.2).',
  },
  {
    id: /^(headers-in-031|limits-009|malformed-08[345])$/,
    field: /^backendSaw\.headers\.count$/,
    reason: 'One header less: no User-Agent is invented (§5.2).',
  },
  ...laterWork,
  ...strictness,
  ...upgrades,
  ...ownAnswers,
  ...control,
];

/** Those of the engine that is tested. */
export const deviations: readonly Deviation[] = all.filter(
  ({ engine }) => engine === undefined || engine === TESTED_ENGINE,
);

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

export function matchesDeviation(
  deviation: Deviation,
  recorded: { readonly id: string; readonly group: string },
  difference: Difference,
): boolean {
  const { id, group, field, expected, actual } = deviation;
  return (
    (id?.test(recorded.id) ?? true) &&
    (group?.test(recorded.group) ?? true) &&
    field.test(difference.field) &&
    (expected?.test(asText(difference.expected)) ?? true) &&
    (actual?.test(asText(difference.actual)) ?? true)
  );
}
