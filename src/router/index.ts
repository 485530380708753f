/**
 * Composes the router: the data that outlives its actors, and the supervisor's list of children.
 * The effects of each machine are in `actors/`, one file each.
 */
import type { ChildSpec } from '../../machines/kernel/supervisor.machine.ts';
import { routeTableMachine } from '../../machines/router/route-table.machine.ts';
import type { RouterPhase } from '../../machines/router/router.events.ts';
import { createWorkerThreads } from '../adapters/worker/worker-threads.ts';
import { componentRegistryLogic } from './actors/component-registry.ts';
import { fleetProxyLogic } from './actors/fleet-proxy.ts';
import { lifecycleLogic } from './actors/lifecycle.ts';
import { proxyLogic } from './actors/proxy.ts';
import { prunerLogic } from './actors/pruner.ts';
import { registrarLogic } from './actors/registrar.ts';
import { statusLogic } from './actors/status.ts';
import { workerLogic } from './actors/worker.ts';
import type { RouterOptions } from './options.ts';
import {
  createState,
  ROUTER_NAMES,
  type RouterPorts,
  type RouterState,
  workerName,
} from './state.ts';
import { WORKER_LIMITS } from './workers/messages.ts';

export { ROUTER_NAMES } from './state.ts';

const WORKER_ENTRY = new URL('../node/router-worker.ts', import.meta.url);

const READY_TIMEOUT_MS = 30_000;
const SHUTDOWN_MS = 2000;
/** Beyond drain wait and timeout, for the answers to arrive. */
const DRAIN_GRACE_MS = 5000;

type MakeChild = (id: string, name: string, logic: ChildSpec['logic'], input: unknown) => ChildSpec;

function workerChildren(state: RouterState, child: MakeChild): ChildSpec[] {
  const { tell } = state.ports;
  const workerThreads = createWorkerThreads(WORKER_ENTRY);
  return Array.from({ length: state.fleet?.size ?? 0 }, (_none, index) =>
    child(`worker-${index}`, workerName(index), workerLogic(state, workerThreads, index), {
      tell,
      proxyName: ROUTER_NAMES.proxy,
      isOpenWanted: () => state.fleet?.wish === 'open',
      stopTimeoutMs: WORKER_LIMITS.stopMs,
    }),
  );
}

function proxyOf(state: RouterState): ChildSpec['logic'] {
  return state.fleet === undefined ? proxyLogic(state) : fleetProxyLogic(state, state.fleet);
}

/** The router's actors in start order; the lifecycle is last, so it is the first to be stopped. */
export function createRouterChildren(options: RouterOptions, ports: RouterPorts): ChildSpec[] {
  const state = createState(options, ports);
  const { tell, notify, bus, clock } = ports;
  const phase = () => state.phase;
  const isBusConnected = () => bus.isConnected;
  const { lifecycle, registry } = options;
  const drainTimeoutMs = lifecycle.drainTimeoutMs;
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
  return [
    child('route-table', ROUTER_NAMES.routeTable, routeTableMachine, {
      routes: () => state.table.routeCount,
    }),
    child('registrar', ROUTER_NAMES.registrar, registrarLogic(state), {
      tell: notify,
      routerName: ROUTER_NAMES.lifecycle,
      isBusConnected,
      publishStartMessageIntervalMs: lifecycle.publishStartMessageIntervalMs,
    }),
    child('pruner', ROUTER_NAMES.pruner, prunerLogic(state), {
      nowMs: clock.nowMs,
      isBusConnected,
      isSuspendedWithoutNats: registry.suspendPruningIfNatsUnavailable,
      pruneIntervalMs: registry.pruneIntervalMs,
    }),
    ...workerChildren(state, child),
    child('proxy', ROUTER_NAMES.proxy, proxyOf(state), {
      tell,
      routerName: ROUTER_NAMES.lifecycle,
      phase,
      drainTimeoutMs,
    }),
    child('status', ROUTER_NAMES.status, statusLogic(state)),
    child('component-registry', ROUTER_NAMES.componentRegistry, componentRegistryLogic(state), {
      isBusConnected,
    }),
    {
      ...child('lifecycle', ROUTER_NAMES.lifecycle, lifecycleLogic(state), {
        tell,
        proxyName: ROUTER_NAMES.proxy,
        phase,
        isAnnounced: isBusConnected,
        setPhase: (next: RouterPhase) => {
          state.phase = next;
          state.fleet?.tellPhase();
        },
        startResponseDelayMs: lifecycle.startResponseDelayMs,
        drainWaitMs: lifecycle.drainWaitMs,
        drainTimeoutMs,
      }),
      readyTimeoutMs: lifecycle.startResponseDelayMs + READY_TIMEOUT_MS,
      shutdownMs: lifecycle.drainWaitMs + drainTimeoutMs + DRAIN_GRACE_MS,
    },
  ];
}
