import type { ResourceFailedEvent, ShutdownEvent } from '../kernel/supervisor.events.ts';

/** What everybody who depends on the bus hears from the NATS client. */
export type BusStateEvent = { readonly type: 'NATS_CONNECTED' } | { readonly type: 'NATS_LOST' };

export type NatsClientEvent =
  | ShutdownEvent
  | ResourceFailedEvent
  | { readonly type: 'CONNECTION_OPENED'; readonly server: string }
  | { readonly type: 'CONNECTION_LOST' }
  | { readonly type: 'CONNECTION_STILL_LOST' }
  | { readonly type: 'CONNECTION_DRAINED' };

export type NatsBrokerEvent =
  | ShutdownEvent
  | ResourceFailedEvent
  | { readonly type: 'BROKER_LISTENING'; readonly port: number };
