/** What the parts of the auctioneer share, and what outlives its actor. */
import type { BbsClient } from '../clients/bbs-client.ts';
import type { HttpCalls } from '../clients/http-calls.ts';
import type { CellPresence } from '../model/bbs/messages/cells.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { AuctioneerOptions } from './options.ts';
import type { CellState } from './schedule/cell-state.ts';
import type { Scheduler } from './schedule/scheduler.ts';
import type { WaitingAuctions } from './waiting-auctions.ts';

export interface AuctioneerPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Sums since the start (diego.md §13.2). */
export interface AuctioneerCounts {
  lrpAuctionsStarted: number;
  lrpAuctionsFailed: number;
  taskAuctionsStarted: number;
  taskAuctionsFailed: number;
  failedCellStateRequests: number;
  /** Requests that found no room, and were left to the convergence of the BBS. */
  dropped: number;
}

export interface FetchedCell {
  readonly state: CellState;
  readonly repUrl: string;
}

/** The auction under way. A crash loses it, and the BBS asks anew. */
export interface Auction {
  presences: readonly CellPresence[];
  cells: readonly FetchedCell[];
  scheduler: Scheduler | undefined;
}

export interface AuctioneerState {
  readonly options: AuctioneerOptions;
  readonly ports: AuctioneerPorts;
  readonly waiting: WaitingAuctions;
  readonly counts: AuctioneerCounts;
  readonly bbs: BbsClient;
  readonly states: HttpCalls;
  readonly work: HttpCalls;
}
