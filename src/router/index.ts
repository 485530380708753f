/**
 * Composes the router: the data that outlives its actors, the effects of each machine, and the
 * supervisor's list of children. Nothing else in the project knows how these fit together.
 */
import { createServer as createNetServer, type Server } from 'node:net';
import type { ChildSpec } from '../../machines/kernel/supervisor.machine.ts';
import type { Tell } from '../../machines/kernel/tell.ts';
import { componentRegistryMachine } from '../../machines/router/component-registry.machine.ts';
import { proxyMachine } from '../../machines/router/proxy.machine.ts';
import { prunerMachine } from '../../machines/router/pruner.machine.ts';
import { registrarMachine } from '../../machines/router/registrar.machine.ts';
import { routeTableMachine } from '../../machines/router/route-table.machine.ts';
import type {
  ComponentRegistryEvent,
  ProxyEvent,
  PrunerEvent,
  RegistrarEvent,
  RouterPhase,
  StatusEvent,
} from '../../machines/router/router.events.ts';
import { routerMachine } from '../../machines/router/router.machine.ts';
import { statusMachine } from '../../machines/router/status.machine.ts';
import { type ResourceScope, resource } from '../kernel/resource.ts';
import type { Bus } from '../ports/bus.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { ProcessInfo } from '../ports/process-info.ts';
import type { Random } from '../ports/random.ts';
import { createAccessLog, type LineSink } from './access-log.ts';
import { publishActiveApps } from './active-apps.ts';
import type { EngineContext } from './http/exchange.ts';
import { createTrafficServer, type TrafficServer } from './http/listener.ts';
import { listen } from './listen.ts';
import { RouterMetrics } from './metrics.ts';
import type { RouterOptions } from './options.ts';
import { RegistryIntake } from './registry-intake.ts';
import type { PrometheusSource } from './status/prometheus.ts';
import { createStatusServer } from './status/status-server.ts';
import { varz } from './status/varz.ts';
import { RouteTable } from './table/route-table.ts';
import { createTableLog } from './table-log.ts';

export interface RouterPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly logCounts: Readonly<Record<string, number>>;
  readonly bus: Bus;
  readonly process: ProcessInfo;
  readonly accessLines: readonly LineSink[];
  readonly droppedLogLines: () => number;
  readonly tell: Tell;
  readonly notify: Tell;
  readonly actorRestarts: () => number;
  readonly deadLetters: () => number;
}

/** Endpoints looked at per slice of a sweep; a slice stays far below 20 ms. */
const PRUNE_SLICE_ENDPOINTS = 5000;
const READY_TIMEOUT_MS = 30_000;
const SHUTDOWN_MS = 2000;
/** Beyond drain wait and timeout, for the answers to arrive. */
const DRAIN_GRACE_MS = 5000;

export const ROUTER_NAMES = {
  routeTable: 'router/route-table',
  registrar: 'router/registrar',
  pruner: 'router/pruner',
  proxy: 'router/proxy',
  status: 'router/status',
  componentRegistry: 'router/component-registry',
  lifecycle: 'router/lifecycle',
} as const;

/** What lives as long as the router's supervisor, beside the actors (DESIGN rule 5). */
interface RouterState {
  readonly options: RouterOptions;
  readonly ports: RouterPorts;
  readonly table: RouteTable;
  readonly metrics: RouterMetrics;
  readonly engine: EngineContext;
  readonly id: string;
  readonly startedWallMs: number;
  phase: RouterPhase;
  /** The port is closed and requests in hand finish. */
  isClosing: boolean;
  intake: RegistryIntake | undefined;
  traffic: TrafficServer | undefined;
}

function createState(options: RouterOptions, ports: RouterPorts): RouterState {
  const { clock, random, log } = ports;
  const metrics = new RouterMetrics(clock);
  const { registry, backends } = options;
  const settings = {
    isHttp2Enabled: registry.isHttp2Enabled,
    dropletStaleThresholdMs: registry.staleThresholdMs,
    sharding: { mode: registry.shardingMode, segments: new Set(registry.isolationSegments) },
    emptyPoolResponse503: registry.emptyPoolResponse503,
    emptyPoolTimeoutMs: registry.emptyPoolTimeoutMs,
  };
  const table = new RouteTable(settings, createTableLog(log.child('registry'), metrics));
  const accessLog = createAccessLog(options.accessLog, ports.accessLines, clock.defer);
  const state: RouterState = {
    options,
    ports,
    table,
    metrics,
    id: `${options.index}-${random.uuid()}`,
    startedWallMs: clock.wallMs(),
    phase: 'starting',
    isClosing: false,
    intake: undefined,
    traffic: undefined,
    engine: {
      options,
      table,
      balancing: {
        defaultAlgorithm: backends.algorithm,
        maxConnectionsPerEndpoint: backends.maxConnections,
        random,
      },
      clock,
      random,
      log: log.child('proxy'),
      metrics,
      accessLog,
      isHealthy: () => state.phase === 'serving',
      isDraining: () => state.isClosing,
      routerAddress: ports.process.localAddress,
    },
  };
  return state;
}

const encode = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** `router.start` and the answer to `router.greet` (gorouter.md §2.2). */
function startMessage({ id, options, ports }: RouterState): Uint8Array {
  return encode({
    id,
    hosts: [ports.process.localAddress],
    minimumRegisterIntervalInSeconds: Math.floor(options.lifecycle.startResponseDelayMs / 1000),
    pruneThresholdInSeconds: Math.floor(options.registry.staleThresholdMs / 1000),
  });
}

function statusSource(state: RouterState): PrometheusSource {
  const { options, ports, table, metrics } = state;
  return {
    metrics,
    table,
    process: ports.process,
    index: options.index,
    uuid: state.id,
    host: `${ports.process.localAddress}:${options.status.port}`,
    credentials: [options.status.user, options.status.password],
    startedWallMs: state.startedWallMs,
    nowMs: ports.clock.nowMs,
    wallMs: ports.clock.wallMs,
    logCounts: ports.logCounts,
    registry: () => state.intake?.counts ?? { received: 0, accepted: 0, rejected: 0, dropped: 0 },
    pendingMessages: () => state.intake?.pending ?? 0,
    actorRestarts: ports.actorRestarts,
    deadLetters: ports.deadLetters,
    droppedLogLines: ports.droppedLogLines,
  };
}

function registrarLogic(state: RouterState) {
  const { bus, clock, log, notify } = state.ports;
  const subscription = resource<RegistrarEvent, Record<string, never>>((_input, scope) => {
    let routes = -1;
    const intake = new RegistryIntake({
      bus,
      clock,
      table: state.table,
      metrics: state.metrics,
      log: log.child('subscriber'),
      guard: scope.guard,
      onGreet: (reply) => bus.publish(reply, startMessage(state)),
      onBatch(counts) {
        scope.send({ type: 'BATCH_APPLIED', counts });
        if (routes === state.table.routeCount) return;
        routes = state.table.routeCount;
        notify(ROUTER_NAMES.routeTable, { type: 'TABLE_CHANGED', routes });
      },
      before: state.intake?.counts,
    });
    state.intake = intake;
    const close = intake.open();
    const stopActiveApps = publishActiveApps(
      state.options.lifecycle.publishActiveAppsIntervalMs,
      state.metrics,
      bus,
      clock,
      scope.guard,
    );
    return () => {
      close();
      stopActiveApps();
    };
  });
  return registrarMachine.provide({
    actors: { subscription },
    actions: {
      publishStart: () => {
        bus.publish('router.start', startMessage(state));
      },
    },
  });
}

function prunerLogic(state: RouterState) {
  const { clock, log } = state.ports;
  const sweep = resource<PrunerEvent, Record<string, never>>((_input, scope) => {
    const cursor = state.table.startPrune();
    const slice = scope.guard(() => {
      state.table.pruneStep(cursor, clock.nowMs(), PRUNE_SLICE_ENDPOINTS);
      if (cursor.isDone) scope.send({ type: 'SWEPT', removedEndpoints: cursor.prunedEndpoints });
      else clock.defer(slice);
    });
    clock.defer(slice);
    return () => {};
  });
  return prunerMachine.provide({
    actors: { sweep },
    actions: {
      freshenAll: () => state.table.freshenAll(clock.nowMs()),
      logSuspended: () => log.child('registry').info('prune-suspended'),
      logLate: () => log.child('registry').warn('prune-late'),
    },
  });
}

function proxyLogic(state: RouterState) {
  const { log, clock } = state.ports;
  const { host, port } = state.options;
  const listener = resource<ProxyEvent, Record<string, never>>((_input, scope) => {
    const traffic = createTrafficServer(state.engine);
    state.traffic = traffic;
    const advice = 'stop the other program, or set router.port';
    const close = listen(traffic.server, { what: 'router', host, port, advice }, scope, (bound) =>
      scope.send({ type: 'LISTENING', port: bound }),
    );
    return () => {
      close();
      traffic.cut();
      state.engine.accessLog.flush();
    };
  });
  const drain = resource<ProxyEvent, Record<string, never>>((_input, scope) => {
    const traffic = state.traffic;
    const look = scope.guard(() => {
      traffic?.closeIdle();
      if (state.metrics.openRequests === 0) scope.send({ type: 'DRAINED' });
      else timer = clock.setTimeout(look, DRAIN_LOOK_MS);
    });
    state.isClosing = true;
    traffic?.server.close();
    let timer = clock.setTimeout(look, 0);
    return () => clock.clearTimeout(timer);
  });
  return proxyMachine.provide({
    actors: { listener, drain },
    actions: {
      cutConnections: () => state.traffic?.cut(),
      logDrainTimedOut: () => log.warn('router.drain.timed-out'),
    },
  });
}

/** How often a draining listener looks whether all is done. */
const DRAIN_LOOK_MS = 20;

function statusLogic(state: RouterState) {
  const { status } = state.options;
  const server = resource<StatusEvent, Record<string, never>>((_input, scope) => {
    const source = statusSource(state);
    const created = createStatusServer(
      {
        user: status.user,
        password: status.password,
        isHealthy: state.engine.isHealthy,
        source,
        clock: state.ports.clock,
      },
      scope.guard,
    );
    const advice = 'stop the other program, or set router.status.port';
    const where = { what: 'status', host: status.host, port: status.port, advice };
    const close = listen(created, where, scope, (port) =>
      scope.send({ type: 'STATUS_LISTENING', port }),
    );
    const closeRoutes = listenForRoutes(state, created, scope);
    return () => {
      close();
      closeRoutes();
    };
  });
  return statusMachine.provide({ actors: { server } });
}

/** The second port of today's original; it answers from the same server. */
function listenForRoutes(state: RouterState, status: Server, scope: ResourceScope<StatusEvent>) {
  const port = state.options.status.routesPort;
  if (port === undefined) return () => {};
  const second = createNetServer((socket) => status.emit('connection', socket));
  const advice = 'stop the other program, or set status.routes.port';
  const where = { what: 'routes', host: '127.0.0.1', port, advice };
  return listen(second, where, scope, () => {});
}

function componentRegistryLogic(state: RouterState) {
  const { bus, clock } = state.ports;
  const describe = () => varz(statusSource(state));
  const responder = resource<ComponentRegistryEvent, Record<string, never>>((_input, scope) =>
    bus.subscribe(
      'vcap.component.discover',
      scope.guard(({ reply }) => {
        if (reply !== '') bus.publish(reply, encode(describe()));
      }),
    ),
  );
  return componentRegistryMachine.provide({
    actors: { responder },
    actions: {
      announce: () => {
        clock.defer(() => bus.publish('vcap.component.announce', encode(describe())));
      },
    },
  });
}

function lifecycleLogic(state: RouterState) {
  const { log } = state.ports;
  return routerMachine.provide({
    actions: {
      logStarted: () => log.info('gorouter.started'),
      logDraining: () => log.info('gorouter-draining'),
      logDrainTimedOut: () => log.warn('router.drain.timed-out'),
    },
  });
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
    child('route-table', ROUTER_NAMES.routeTable, routeTableMachine),
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
    child('proxy', ROUTER_NAMES.proxy, proxyLogic(state), {
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
