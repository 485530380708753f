import type { Generation } from '../../machines/bbs/lrp.context.ts';
import type { TlsOptions } from '../clients/tls-options.ts';

export interface BbsOptions {
  readonly host: string;
  readonly port: number;
  /** Plain listener that answers 200 to anything; undefined: none (diego.md §1.1). */
  readonly health: { readonly host: string; readonly port: number } | undefined;
  /** Mutual TLS; undefined: plain HTTP. */
  readonly tls: TlsOptions | undefined;
  /** Rules of today, or of 2015 where they differ (docs/COMPATIBILITY.md). */
  readonly generation: Generation;
  /** Where auction requests go by HTTP; empty: to the auctioneer of this node. */
  readonly auctioneerAddress: string;
  readonly auctioneerTls: TlsOptions | undefined;
  readonly repTls: TlsOptions | undefined;
  readonly convergeIntervalMs: number;
  readonly kickTaskMs: number;
  readonly expirePendingTaskMs: number;
  readonly expireCompletedTaskMs: number;
  readonly maxTaskRetries: number;
  /** Of one request to a cell, to the auctioneer or of a callback. */
  readonly communicationTimeoutMs: number;
  readonly callbackWorkers: number;
  /** Other nodes write into the same store: what is refused is looked up there again. */
  readonly isStoreShared: boolean;
}

export const BBS_LIMITS = {
  bodyBytes: 16 * 1024 * 1024,
  /** Events that wait for one subscriber (diego.md §10.4). */
  pendingEvents: 1024,
  subscribers: 4096,
  connections: 10_000,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  /** Of one desired LRP: more would not fit into memory, and is a slip of the pen. */
  instances: 100_000,
  /** Rows created or removed by one transaction. */
  transactionRows: 32,
  writeAttempts: 50,
  /** Stops of one retired instance (§3.7). */
  stopAttempts: 5,
  /** Calls to cells under way at a time; more wait. */
  repCalls: 256,
  repCallsWaiting: 65_536,
  /** Auction requests that wait for the auctioneer. */
  auctionsWaiting: 65_536,
  auctionAttempts: 3,
  callbackAttempts: 3,
  convergenceWorkers: 20,
  /** From the election of a leader to its first convergence pass. */
  firstPassMs: 2000,
  /** Age at which an UNCLAIMED row is offered again (§7). */
  staleUnclaimedMs: 30_000,
} as const;
