import type { ResourceFailedEvent, ShutdownEvent } from '../kernel/supervisor.events.ts';

/** What happens to the port of the JSON API. */
export type ReceptorEvent =
  | ShutdownEvent
  | ResourceFailedEvent
  | { readonly type: 'RECEPTOR_LISTENING'; readonly port: number };
