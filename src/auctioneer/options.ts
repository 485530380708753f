import type { TlsOptions } from '../clients/tls-options.ts';

/** Whose rules hold where the two eras differ (diego.md §13.2). */
export type AuctionGeneration = 'today' | '2015';

export interface AuctioneerLockOptions {
  /** host:port of Locket. */
  readonly address: string;
  readonly tls: TlsOptions | undefined;
  readonly ttlMs: number;
  readonly retryMs: number;
  /** Tells this auctioneer from its rivals; empty: made up at the start. */
  readonly owner: string;
}

export interface AuctioneerOptions {
  readonly host: string;
  readonly port: number;
  /** Mutual TLS of the own port; undefined: plain HTTP. */
  readonly tls: TlsOptions | undefined;
  readonly bbsUrl: string;
  readonly bbsTls: TlsOptions | undefined;
  readonly repTls: TlsOptions | undefined;
  readonly generation: AuctionGeneration;
  /** Of one GET /state. */
  readonly cellStateTimeoutMs: number;
  /** Of one call to the BBS, or of one POST /work. */
  readonly communicationTimeoutMs: number;
  /** What a container that still starts adds to the score of its cell. */
  readonly startingContainerWeight: number;
  /** Containers that may start at a time, over all cells; 0: no limit. */
  readonly startingContainerCountMaximum: number;
  /** What each step of a cell's index adds to its score. */
  readonly binPackFirstFitWeight: number;
  /** Undefined: there is no other auctioneer. */
  readonly lock: AuctioneerLockOptions | undefined;
}

export const AUCTIONEER_DEFAULTS = {
  host: '127.0.0.1',
  port: 9016,
  tls: undefined,
  bbsTls: undefined,
  repTls: undefined,
  generation: 'today',
  cellStateTimeoutMs: 10_000,
  communicationTimeoutMs: 10_000,
  startingContainerWeight: 0.25,
  startingContainerCountMaximum: 0,
  binPackFirstFitWeight: 0,
  lock: undefined,
} as const satisfies Omit<AuctioneerOptions, 'bbsUrl'>;

export const AUCTIONEER_LIMITS = {
  /** Of one request for auctions. */
  bodyBytes: 16 * 1024 * 1024,
  connections: 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  /** Instances, and tasks, that wait for the next auction. */
  waitingLrps: 65_536,
  waitingTasks: 65_536,
  /** Of one GET /state: a cell with 10 000 instances has 3 MB. */
  stateBytes: 32 * 1024 * 1024,
  /** Calls to cells at a time. */
  cellCalls: 64,
  cells: 4096,
  /** Rounds of GET /state while not one cell answers (diego.md §13.2). */
  stateAttempts: 4,
  /** Calls to the BBS at a time, about what found no place. */
  reports: 32,
  retryPauseMs: 1000,
  /** Work on placements per turn. */
  sliceMs: 8,
} as const;
