import type { TlsOptions } from '../clients/tls-options.ts';

/** Where LRPs are read from. */
export type SourceOptions =
  | { readonly type: 'bbs'; readonly url: string; readonly tls: TlsOptions | undefined }
  /** The JSON API of 2015 (diego.md §12); user and password stand in the URL. */
  | { readonly type: 'receptor'; readonly url: string };

export interface RouteEmitterOptions {
  readonly source: SourceOptions;
  /** Only instances of this cell; empty: of all (diego.md §11.1). */
  readonly cellId: string;
  /**
   * `per-hostname`: of today. `per-endpoint`: of 2015, all hostnames of an endpoint in one message
   * that has fewer fields (diego.md §11.9).
   */
  readonly messageStyle: 'per-hostname' | 'per-endpoint';
  /** Address the container itself, where the LRP does not say which address to use. */
  readonly isDirectInstanceRoutes: boolean;
  /** Tell the service discovery of internal routes. */
  readonly isInternalEnabled: boolean;
  readonly syncIntervalMs: number;
  /** Of the register interval: a router that has just started is told within so much of it. */
  readonly jitterFactor: number;
  readonly unregistrationIntervalMs: number;
  /** How often an unregistration is repeated. */
  readonly unregistrationSendCount: number;
  /** Of one request to the BBS. */
  readonly communicationTimeoutMs: number;
  /** Plain listener that answers 200 to anything; undefined: none. */
  readonly health: { readonly host: string; readonly port: number } | undefined;
}

export const ROUTE_EMITTER_LIMITS = {
  /** Between two greetings, and before the event stream is opened again. */
  greetIntervalMs: 1000,
  resubscribeMs: 1000,
  /** After a sync that failed. */
  syncRetryMs: 5000,
  /** Longest stretch of work before others get their turn. */
  sliceMs: 8,
  /** An interval above this is no answer of a router. */
  registerIntervalMs: 86_400_000,
  /** Events that wait for the end of a sync; what comes after makes another sync. */
  cachedEvents: 250_000,
  /** LRPs whose routes are being asked for, and events that wait for such an answer. */
  refreshes: 256,
  eventsPerRefresh: 1024,
  /** Unregistrations that are repeated; further ones are sent once. */
  unregistrations: 250_000,
  /** What a NATS server takes by default is a little more. */
  messageBytes: 1_000_000,
  /** Messages in one debug line. */
  loggedMessages: 1000,
} as const;
