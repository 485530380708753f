/** Ids of the catalogue without a test, and why. Every other id has a test that bears its name. */
export interface NotCovered {
  readonly ids: readonly string[];
  readonly reason: string;
}

const range = (group: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${group}-${from + index}`);

const TLS_FROM_CLIENTS = 'Later work: TLS from clients. A file that asks for it is refused.';
const TLS_TO_ENDPOINTS = 'Later work: TLS to endpoints.';
const ROUTE_SERVICES = 'Later work: route services.';

export const NOT_COVERED: readonly NotCovered[] = [
  { ids: [...range('CFG', 4, 8), 'CFG-26', 'PRX-26', 'LIFE-5'], reason: TLS_FROM_CLIENTS },
  { ids: ['CFG-13'], reason: 'Later work: TLS on the status port.' },
  { ids: ['CFG-28', 'LIFE-10'], reason: 'Later work: metron; the key is accepted and ignored.' },
  { ids: range('TLSB', 1, 12), reason: TLS_TO_ENDPOINTS },
  { ids: ['RETRY-7', 'RETRY-9'], reason: TLS_TO_ENDPOINTS },
  { ids: [...range('TLSF', 1, 7), ...range('XFP', 13, 24)], reason: TLS_FROM_CLIENTS },
  { ids: range('XFCC', 4, 9), reason: TLS_FROM_CLIENTS },
  { ids: [...range('XFCC', 10, 45), ...range('RS', 1, 14)], reason: ROUTE_SERVICES },
  { ids: ['CFG-17', 'STK-16', 'RETRY-11'], reason: ROUTE_SERVICES },
  { ids: ['PRX-25'], reason: 'Later work: HTTP/2, which needs TLS on either side.' },
  { ids: range('W3C', 1, 8), reason: 'Later work: W3C trace context.' },
  { ids: range('B3', 1, 7), reason: 'Later work: B3 trace headers.' },
  { ids: range('RAPI', 1, 10), reason: 'Later work: routing API and UAA.' },
  { ids: ['MET-7'], reason: 'Later work: Prometheus with mTLS; /metrics is on the status port.' },
  {
    ids: ['NATS-23'],
    reason:
      'A publish is a write to the connection and cannot fail by itself; a connection that ' +
      'breaks is made again, and router.start is sent again (NATS-4).',
  },
  {
    ids: ['MET-8'],
    reason: 'Deliberate: an empty Content-Length is refused with 400 (RFC 9112 §6.3), not counted.',
  },
  {
    ids: ['LIFE-7'],
    reason:
      'Deliberate: a listener that fails is opened again by its supervisor, without a drain; ' +
      'the node gives up only when restarts do not help.',
  },
  {
    ids: ['WS-10'],
    reason:
      'Deliberate: a drain waits for WebSockets up to drain_timeout, then tells them 1001 ' +
      '(test/node/drain.test.ts).',
  },
  { ids: ['O-1'], reason: '2013 mode: today the id stays for the life of the process (NATS-3).' },
  { ids: ['O-2'], reason: '2013 mode: today the choice is round-robin (LB-1).' },
  { ids: ['O-3'], reason: '2013 mode: today the path takes part in routing (REG-6).' },
  {
    ids: ['O-4'],
    reason: '2013 mode: today suspend_pruning_if_nats_unavailable does it (PRUNE-8).',
  },
  { ids: ['O-6'], reason: '2013 mode: today the line is that of LOG-1.' },
  { ids: ['O-7'], reason: '2013 mode: today the cookie has further attributes (STK-2).' },
  { ids: ['O-10'], reason: '2013 mode: today the key pid_file is accepted and has no effect.' },
];

/** Ids with a test, and the part of them that it leaves out. */
export const PARTLY_COVERED: readonly NotCovered[] = [
  { ids: ['PRX-6'], reason: 'Later work: PROXY protocol.' },
  { ids: ['PRX-21', 'RETRY-13', 'PRUNE-4', 'NATS-14', 'REG-22'], reason: TLS_TO_ENDPOINTS },
  {
    ids: ['PRX-27'],
    reason: 'Methods that the parser of node:http does not know wait for the wire engine (405).',
  },
  {
    ids: ['PRX-16'],
    reason: 'Deliberate: an early final answer goes out at once, and the connection ends after it.',
  },
  {
    ids: ['RETRY-2'],
    reason:
      'Deliberate: an endpoint that hung up on a request that can be repeated may be asked ' +
      'again, as recorded; one that refused the connection is not.',
  },
  {
    ids: ['RETRY-3'],
    reason: 'Deliberate: max_attempts 0 tries each endpoint of the route once, not only one.',
  },
  { ids: ['WS-2'], reason: 'Deliberate: after a refused upgrade the connection is closed.' },
  { ids: ['100C-2'], reason: TLS_FROM_CLIENTS },
  { ids: ['LOG-5'], reason: 'Later work: tracing headers.' },
  { ids: ['LOG-9'], reason: 'Later work: syslog.' },
  { ids: ['ADM-1', 'LIFE-8'], reason: 'Later work: TLS on the status port and from clients.' },
  { ids: ['REG-23', 'PRUNE-11'], reason: 'Later work: route services; such a route answers 502.' },
];
