/** What the actors of the route-emitter share: it outlives them (DESIGN §4 rule 5). */
import type { Tell } from '../../machines/kernel/tell.ts';
import type { Bus } from '../ports/bus.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { ROUTE_EMITTER_LIMITS, type RouteEmitterOptions } from './options.ts';
import { createBbsSource } from './sources/bbs-source.ts';
import type { LrpSource } from './sources/lrp-source.ts';
import { createReceptorSource } from './sources/receptor-source.ts';
import type { Collision } from './table/address-owners.ts';
import type { LrpEvent } from './table/lrp.ts';
import type { MessageRules } from './table/registry-messages.ts';
import { RoutingTable } from './table/routing-table.ts';
import { UnregistrationCache } from './table/unregistration-cache.ts';

export const ROUTE_EMITTER_NAMES = {
  watcher: 'route-emitter/watcher',
  broadcaster: 'route-emitter/broadcaster',
  scheduler: 'route-emitter/scheduler',
  internalScheduler: 'route-emitter/internal-scheduler',
} as const;

export interface RouteEmitterPorts {
  readonly clock: Clock;
  readonly random: Random;
  /** Of source `route-emitter`: messages carry their full names themselves (diego.md §11.11). */
  readonly log: Log;
  readonly bus: Bus;
  readonly notify: Tell;
}

/** As the original counts them (diego.md §11.11). */
export interface RouteEmitterCounts {
  routesTotal: number;
  routesSynced: number;
  routesRegistered: number;
  routesUnregistered: number;
  messagesEmitted: number;
  /** There was no connection: they are gone. */
  messagesLost: number;
  /** Larger than any server takes. */
  messagesRefused: number;
  addressCollisions: number;
  syncs: number;
  lastSyncMs: number;
}

export interface RouteEmitterState {
  readonly options: RouteEmitterOptions;
  readonly ports: RouteEmitterPorts;
  readonly source: LrpSource;
  readonly rules: MessageRules;
  readonly unregistrations: UnregistrationCache;
  readonly counts: RouteEmitterCounts;
  table: RoutingTable;
  /** A sync is under way: events wait in `cachedEvents`, which is bounded. */
  isSyncing: boolean;
  cachedEvents: LrpEvent[];
  /** Tells the lines of one piece of work from those of others: `5.17`. */
  newSession(): string;
  newTable(): RoutingTable;
}

/** The watcher is the fifth part of the original, and its sessions bear that number. */
const WATCHER_SESSION = 5;

export const WATCHER = 'route-emitter.watcher';

function createSource(options: RouteEmitterOptions, { clock, log }: RouteEmitterPorts): LrpSource {
  const { source, cellId, isInternalEnabled, communicationTimeoutMs: timeoutMs } = options;
  if (source.type === 'bbs') {
    return createBbsSource({ ...source, clock, timeoutMs, cellId, isInternalEnabled });
  }
  if (isInternalEnabled) log.warn('route-emitter.no-internal-routes', { source: source.type });
  return createReceptorSource({ ...source, clock, timeoutMs, cellId });
}

export function createRouteEmitterState(
  options: RouteEmitterOptions,
  ports: RouteEmitterPorts,
): RouteEmitterState {
  const counts: RouteEmitterCounts = {
    routesTotal: 0,
    routesSynced: 0,
    routesRegistered: 0,
    routesUnregistered: 0,
    messagesEmitted: 0,
    messagesLost: 0,
    messagesRefused: 0,
    addressCollisions: 0,
    syncs: 0,
    lastSyncMs: 0,
  };
  const onCollision = ({ instanceGuidA, instanceGuidB, address }: Collision): void => {
    counts.addressCollisions += 1;
    ports.log.info(`${WATCHER}.collision-detected-with-endpoint`, {
      instance_guid_a: instanceGuidA,
      instance_guid_b: instanceGuidB,
      Address: address,
    });
  };
  let sessions = 0;
  const { messageStyle: style, isDirectInstanceRoutes, unregistrationSendCount } = options;
  const newTable = (): RoutingTable => new RoutingTable(onCollision);
  return {
    options,
    ports,
    source: createSource(options, ports),
    rules: { style, isDirectInstanceRoutes },
    unregistrations: new UnregistrationCache(
      ROUTE_EMITTER_LIMITS.unregistrations,
      unregistrationSendCount,
    ),
    counts,
    table: newTable(),
    isSyncing: false,
    cachedEvents: [],
    newSession() {
      sessions += 1;
      return `${WATCHER_SESSION}.${sessions}`;
    },
    newTable,
  };
}
