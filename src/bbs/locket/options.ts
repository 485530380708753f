/** How Locket serves, and what it takes from one client (diego.md §8). */

import type { TlsOptions } from '../../clients/tls-options.ts';

export interface LocketOptions {
  readonly host: string;
  readonly port: number;
  /** Mutual TLS; undefined: plain HTTP/2, for the loopback only. */
  readonly tls: TlsOptions | undefined;
}

export const LOCKET_DEFAULTS: LocketOptions = { host: '127.0.0.1', port: 8891, tls: undefined };

export const LOCKET_LIMITS = {
  /** Of one request, and of one lock or presence with it. */
  messageBytes: 512 * 1024,
  /** Of an answer: FetchAll gives every presence at once. */
  answerBytes: 64 * 1024 * 1024,
  connections: 4096,
  /** A connection over which nothing came by then is closed. */
  silentMs: 10_000,
  /** Calls at a time on one connection. */
  streams: 256,
  /** Memory that one connection may hold for frames that wait. */
  sessionMegabytes: 16,
  /** Of one key or owner: a key of the store is no longer than this. */
  nameBytes: 1000,
  /** A year: longer than any lock lives, short enough for every clock. */
  ttlSeconds: 31_536_000,
  /** Tries of one Lock or Release while others change the same key. */
  attempts: 50,
} as const;
