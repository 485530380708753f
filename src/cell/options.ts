import type { TlsOptions } from '../clients/tls-options.ts';

/** How a cell serves, and what it has to give (diego.md §13.3, §13.7). */
export interface CellOptions {
  readonly cellId: string;
  readonly zone: string;
  /** Of the rep API. */
  readonly host: string;
  readonly port: number;
  /** Under which other components reach the rep API; empty: host and port. */
  readonly repUrl: string;
  readonly bbsUrl: string;
  readonly bbsTls: TlsOptions | undefined;
  /** host:port */
  readonly locketAddress: string;
  readonly locketTls: TlsOptions | undefined;
  /** Names of root file systems that are taken as `preloaded:NAME`. */
  readonly preloadedRootFs: readonly string[];
  readonly placementTags: readonly string[];
  readonly optionalPlacementTags: readonly string[];
  /** Between two comparisons of containers and records. */
  readonly pollingIntervalMs: number;
  readonly evacuationPollingIntervalMs: number;
  readonly evacuationTimeoutMs: number;
  /** The presence runs out by then when the cell is gone. */
  readonly presenceTtlMs: number;
  /** Of one request to the BBS. */
  readonly communicationTimeoutMs: number;
  /** For all containers to end when the cell stops; more are killed. */
  readonly stopTimeoutMs: number;
  /** `POST /sim/reset` ends every container: for tests only. */
  readonly isResettable: boolean;
}

export const CELL_LIMITS = {
  bodyBytes: 4 * 1024 * 1024,
  connections: 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  /** Containers looked after at a time; one has at most one operation under way. */
  operations: 32,
  operationsWaiting: 65_536,
  /** Items of one POST /work. */
  workItems: 10_000,
  /** Readers of logs at a time, and lines that wait for one of them. */
  logReaders: 256,
  logLinesWaiting: 4096,
  /** A draining node waits this long for the list of cells. */
  lookTimeoutMs: 5000,
} as const;
