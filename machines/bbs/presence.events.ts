import type { ResourceFailedEvent, ShutdownEvent } from '../kernel/supervisor.events.ts';

/** What happens to the port of locks and presences. */
export type PresenceEvent =
  | ShutdownEvent
  | ResourceFailedEvent
  | { readonly type: 'LOCKET_LISTENING'; readonly port: number };
