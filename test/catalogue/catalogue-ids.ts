/** The black-box catalogue (gorouter.md §10): every id that a test or a reason must stand for. */
export interface CatalogueGroup {
  readonly name: string;
  readonly about: string;
  /** Ids go from `<name>-1` to this number. */
  readonly size: number;
  /** What the ids stand for where the reference gives prose without numbers, in its order. */
  readonly items?: readonly string[];
}

const numbered = (name: string, about: string, size: number): CatalogueGroup => ({
  name,
  about,
  size,
});

const listed = (name: string, about: string, items: readonly string[]): CatalogueGroup => ({
  name,
  about,
  size: items.length,
  items,
});

export const CATALOGUE: readonly CatalogueGroup[] = [
  numbered('CFG', 'configuration', 29),
  numbered('NATS', 'messaging', 26),
  numbered('REG', 'registry and matching', 31),
  numbered('PRUNE', 'stale endpoints', 11),
  numbered('LB', 'choice of the endpoint', 13),
  numbered('STK', 'sticky sessions', 17),
  numbered('PRX', 'proxying', 31),
  numbered('ERR', 'errors of the router', 14),
  numbered('RETRY', 'attempts', 13),
  listed('TLSB', 'TLS to endpoints', [
    'name in the SAN',
    'name in the CN only',
    'SAN matches, CN does not',
    'IP in the SAN only',
    'unknown CA',
    'expired',
    'client certificate demanded',
    'plain endpoint',
    'no common cipher',
    'handshake hangs',
    'pruned after a failure',
    'WebSocket',
  ]),
  listed('TLSF', 'TLS from clients', [
    'versions',
    'https to the app',
    'SNI',
    'client certificates',
    'metadata rules',
    'ECDSA',
    'ALPN',
  ]),
  // Rows of §5.5: {no/no, sanitize, force} … in the order scheme, force, sanitize, sent value.
  numbered('XFP', 'X-Forwarded-Proto; 1 to 12 over http, 13 to 24 over https', 24),
  numbered('XFCC', 'X-Forwarded-Client-Cert; 1 to 3 over http, 4 to 9 over TLS', 46),
  numbered('RS', 'route services', 14),
  numbered('WS', 'upgrades', 10),
  numbered('100C', 'Expect: 100-continue', 2),
  numbered('LIM', 'limits', 3),
  numbered('LOG', 'access log', 12),
  numbered('ADM', 'admin endpoints', 7),
  numbered('LIFE', 'start, drain, stop', 10),
  numbered('MET', 'metrics', 8),
  numbered('W3C', 'W3C trace context', 8),
  numbered('B3', 'B3 trace headers', 7),
  listed('RAPI', 'routing API as a source of routes', [
    'fetch registers',
    'a fetch without a route unregisters it',
    'events',
    'token',
    'stream error',
    'down at start',
    'no authentication',
    'UAA without TLS',
    'parallel fetch',
    'fetch per interval',
  ]),
  numbered('O', 'extras of 2013', 11),
];

export const CATALOGUE_IDS: readonly string[] = CATALOGUE.flatMap(({ name, size }) =>
  Array.from({ length: size }, (_, index) => `${name}-${index + 1}`),
);
