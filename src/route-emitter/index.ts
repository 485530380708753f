/**
 * Composes the route-emitter: the data that outlives its actors, and the supervisor's list of
 * children. It reads LRPs from a BBS and tells routers where they run (diego.md §11).
 */
import type { ChildSpec } from '../../machines/kernel/supervisor.machine.ts';
import type { RouteEmitterInput } from '../../machines/route-emitter/route-emitter.machine.ts';
import type { SyncWatcherInput } from '../../machines/route-emitter/sync-watcher.machine.ts';
import { broadcasterLogic } from './actors/broadcaster.ts';
import { schedulerLogic } from './actors/scheduler.ts';
import { watcherLogic } from './actors/watcher.ts';
import { ROUTE_EMITTER_LIMITS, type RouteEmitterOptions } from './options.ts';
import {
  createRouteEmitterState,
  ROUTE_EMITTER_NAMES,
  type RouteEmitterPorts,
  type RouteEmitterState,
} from './state.ts';

export interface RouteEmitter {
  readonly state: RouteEmitterState;
  readonly children: readonly ChildSpec[];
}

/** They have to hear of NATS: `natsClientInput` takes these names. */
export const ROUTE_EMITTER_NATS_LISTENERS: readonly string[] = [
  ROUTE_EMITTER_NAMES.scheduler,
  ROUTE_EMITTER_NAMES.internalScheduler,
];

const READY_TIMEOUT_MS = 30_000;
const SHUTDOWN_MS = 2000;

/** The actors in start order: who asks for an emission comes after the one who does it. */
export function createRouteEmitter(
  options: RouteEmitterOptions,
  ports: RouteEmitterPorts,
): RouteEmitter {
  const state = createRouteEmitterState(options, ports);
  const { bus, random, notify } = ports;
  const child = (id: string, name: string, logic: ChildSpec['logic'], input?: unknown) =>
    ({
      id,
      name,
      logic,
      input,
      restart: 'permanent',
      readyTimeoutMs: READY_TIMEOUT_MS,
      shutdownMs: SHUTDOWN_MS,
    }) as const;
  const watcherInput: SyncWatcherInput = {
    syncIntervalMs: options.syncIntervalMs,
    retryIntervalMs: ROUTE_EMITTER_LIMITS.syncRetryMs,
  };
  const scheduler = (audience: RouteEmitterInput['audience'], id: string, name: string) =>
    child(id, name, schedulerLogic(state, audience), {
      tell: notify,
      broadcasterName: ROUTE_EMITTER_NAMES.broadcaster,
      audience,
      isBusConnected: () => bus.isConnected,
      chance: random.next,
      jitterFactor: options.jitterFactor,
      greetIntervalMs: ROUTE_EMITTER_LIMITS.greetIntervalMs,
    } satisfies RouteEmitterInput);
  const children: ChildSpec[] = [
    child('broadcaster', ROUTE_EMITTER_NAMES.broadcaster, broadcasterLogic(state)),
    child('watcher', ROUTE_EMITTER_NAMES.watcher, watcherLogic(state), watcherInput),
    scheduler('router', 'scheduler', ROUTE_EMITTER_NAMES.scheduler),
  ];
  if (options.isInternalEnabled) {
    const { internalScheduler } = ROUTE_EMITTER_NAMES;
    children.push(scheduler('service-discovery', 'internal-scheduler', internalScheduler));
  }
  return { state, children };
}

/** As createRouteEmitter, where nobody looks at the state. */
export const createRouteEmitterChildren = (
  options: RouteEmitterOptions,
  ports: RouteEmitterPorts,
): readonly ChildSpec[] => createRouteEmitter(options, ports).children;
