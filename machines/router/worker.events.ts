import type { ResourceFailedEvent, ShutdownEvent } from '../kernel/supervisor.events.ts';

export type WorkerEvent =
  | ShutdownEvent
  | ResourceFailedEvent
  /** The thread runs and has the whole table. */
  | { readonly type: 'THREAD_FILLED' }
  | { readonly type: 'THREAD_LISTENING'; readonly port: number }
  | { readonly type: 'THREAD_DRAINED' }
  | { readonly type: 'THREAD_STOPPED' }
  | { readonly type: 'OPEN' }
  | { readonly type: 'CLOSE' };
