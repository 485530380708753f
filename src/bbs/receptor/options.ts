/** The JSON API of 2015 (diego.md §12). */

export interface ReceptorOptions {
  readonly host: string;
  readonly port: number;
  /** HTTP basic authentication; both empty: none. */
  readonly user: string;
  readonly password: string;
  /** Web pages of these origins may call; those of any other are refused. */
  readonly allowedOrigins: readonly string[];
}

export const RECEPTOR_DEFAULTS: ReceptorOptions = {
  host: '127.0.0.1',
  port: 8887,
  user: '',
  password: '',
  allowedOrigins: [],
};

export const RECEPTOR_LIMITS = {
  bodyBytes: 2 * 1024 * 1024,
  connections: 4096,
  /** Event streams at a time. */
  streams: 1024,
  /** Events that wait for one reader (diego.md §10.4). */
  pendingEvents: 1024,
  /** Bytes that wait for one reader. */
  pendingBytes: 16 * 1024 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  /** Of one part of a path. */
  parameterBytes: 4096,
} as const;
