import type { ResourceFailedEvent, ShutdownEvent } from '../kernel/supervisor.events.ts';

export type ImageEvent =
  | ShutdownEvent
  | ResourceFailedEvent
  | { readonly type: 'IMAGE_LOADED'; readonly records: number }
  /** The store's watch ended: what was missed is read anew. */
  | { readonly type: 'IMAGE_OUTDATED'; readonly reason: string };

export type BbsHandlerEvent =
  | ShutdownEvent
  | ResourceFailedEvent
  | { readonly type: 'HANDLER_LISTENING'; readonly port: number };

export type ConvergenceEvent =
  | ShutdownEvent
  | ResourceFailedEvent
  | { readonly type: 'LEADERSHIP_GAINED' }
  | { readonly type: 'LEADERSHIP_LOST' }
  | { readonly type: 'CELL_LOST' }
  | { readonly type: 'PASS_ENDED' };

export type StoreKeeperEvent =
  | ShutdownEvent
  | ResourceFailedEvent
  | { readonly type: 'STORE_OPENED' };
