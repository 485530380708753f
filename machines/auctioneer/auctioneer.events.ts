import type { ResourceFailedEvent, ShutdownEvent } from '../kernel/supervisor.events.ts';

/** What happens to the auctioneer (diego.md §13.1, §13.2). */
export type AuctioneerEvent =
  | ShutdownEvent
  | ResourceFailedEvent
  /** This one of several auctioneers is to work, or no longer. */
  | { readonly type: 'LOCK_ACQUIRED' }
  | { readonly type: 'LOCK_LOST' }
  | { readonly type: 'AUCTIONEER_LISTENING'; readonly port: number }
  /** From the BBS of this node, or from the HTTP port. */
  | { readonly type: 'LRP_AUCTION_REQUESTED'; readonly requests: readonly unknown[] }
  | { readonly type: 'TASK_AUCTION_REQUESTED'; readonly requests: readonly unknown[] }
  | { readonly type: 'CELLS_FETCHED'; readonly cells: number }
  | { readonly type: 'CELLS_NOT_FETCHED' }
  | { readonly type: 'STATES_FETCHED'; readonly cells: number }
  | { readonly type: 'AUCTIONS_SCHEDULED'; readonly placed: number; readonly failed: number }
  | { readonly type: 'WORK_COMMITTED'; readonly refused: number }
  | { readonly type: 'FAILURES_REPORTED' };
