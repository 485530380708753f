import type { ResourceFailedEvent, ShutdownEvent } from '../kernel/supervisor.events.ts';
import type { BusStateEvent } from '../messaging/messaging.events.ts';

/** Which routers a message is for: those of HTTP, or the service discovery of internal routes. */
export type Audience = 'router' | 'service-discovery';

/** A router told how often it wants to be told. */
interface Greeting {
  readonly registerIntervalMs: number;
}

export type RouteEmitterEvent =
  | ShutdownEvent
  | ResourceFailedEvent
  | BusStateEvent
  /** The answer to a greeting. */
  | ({ readonly type: 'ROUTER_ANSWERED' } & Greeting)
  /** A router has just started and knows no routes. */
  | ({ readonly type: 'ROUTER_STARTED' } & Greeting);

export type SyncWatcherEvent =
  | ShutdownEvent
  | ResourceFailedEvent
  | { readonly type: 'EVENT_SOURCE_OPENED' }
  | { readonly type: 'EVENT_SOURCE_LOST'; readonly reason: string }
  | { readonly type: 'SYNC_REQUESTED' }
  | { readonly type: 'SYNC_SUCCEEDED'; readonly tookMs: number }
  | { readonly type: 'SYNC_FAILED'; readonly reason: string };

export type BroadcasterEvent =
  | ShutdownEvent
  | ResourceFailedEvent
  | { readonly type: 'EMIT_REQUESTED'; readonly audience: Audience }
  | { readonly type: 'EMISSION_ENDED'; readonly messages: number }
  | { readonly type: 'UNREGISTRATIONS_DUE' };
