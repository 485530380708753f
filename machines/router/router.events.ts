import type { ResourceFailedEvent, ShutdownEvent } from '../kernel/supervisor.events.ts';
import type { BusStateEvent } from '../messaging/messaging.events.ts';

/** How far the router is; kept outside its actors, so that a restarted one knows (rule 5). */
export type RouterPhase = 'starting' | 'serving' | 'draining';

export type RouterEvent =
  | ShutdownEvent
  | { readonly type: 'REGISTRAR_ATTACHED' }
  | { readonly type: 'PROXY_LISTENING' }
  | { readonly type: 'PROXY_CLOSED' };

export type ProxyEvent =
  | ShutdownEvent
  | ResourceFailedEvent
  | { readonly type: 'OPEN' }
  | { readonly type: 'CLOSE'; readonly mode: 'drain' | 'fast' }
  | { readonly type: 'LISTENING'; readonly port: number }
  | { readonly type: 'DRAINED' };

export interface RegistryCounts {
  readonly received: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly dropped: number;
}

export type RegistrarEvent =
  | ShutdownEvent
  | ResourceFailedEvent
  | BusStateEvent
  | { readonly type: 'BATCH_APPLIED'; readonly counts: RegistryCounts };

export type RouteTableEvent =
  | ShutdownEvent
  | { readonly type: 'TABLE_CHANGED'; readonly routes: number };

export type PrunerEvent =
  | ShutdownEvent
  | ResourceFailedEvent
  | BusStateEvent
  | { readonly type: 'SWEPT'; readonly removedEndpoints: number };

export type StatusEvent =
  | ShutdownEvent
  | ResourceFailedEvent
  | { readonly type: 'STATUS_LISTENING'; readonly port: number };

export type ComponentRegistryEvent = ShutdownEvent | ResourceFailedEvent | BusStateEvent;
