import type { ResourceFailedEvent, ShutdownEvent } from '../kernel/supervisor.events.ts';

export type CellEvent =
  | ShutdownEvent
  | ResourceFailedEvent
  /** What an earlier run of this cell left is gone. */
  | { readonly type: 'LEFTOVERS_REAPED'; readonly processes: number; readonly directories: number }
  | { readonly type: 'CELL_LISTENING'; readonly port: number }
  /** Other components see the cell now. */
  | { readonly type: 'PRESENCE_ACQUIRED' }
  | { readonly type: 'PRESENCE_LOST'; readonly reason: string }
  | { readonly type: 'EVACUATION_STARTED' }
  | { readonly type: 'EVACUATION_ENDED' }
  /** Every container is gone, and the BBS was told. */
  | { readonly type: 'CONTAINERS_REMOVED' };

export type EvacuationEvent =
  | ShutdownEvent
  | ResourceFailedEvent
  | { readonly type: 'EVACUATION_REQUESTED' }
  /** Answer to the question whether anything could be moved elsewhere. */
  | { readonly type: 'CELLS_COUNTED'; readonly others: number }
  /** The last container is gone. */
  | { readonly type: 'CONTAINERS_GONE' };
