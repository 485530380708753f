import type { Tell } from '../../machines/kernel/tell.ts';
import type { RouterPhase } from '../../machines/router/router.events.ts';
import type { Bus } from '../ports/bus.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { ProcessInfo } from '../ports/process-info.ts';
import type { Random } from '../ports/random.ts';
import { ACCESS_FLUSH_MS, createAccessLog, type LineSink } from './access-log.ts';
import type { EngineContext } from './http/exchange.ts';
import type { TrafficServer } from './http/traffic-server.ts';
import { RouterMetrics } from './metrics.ts';
import type { RouterOptions } from './options.ts';
import type { RegistryIntake } from './registry-intake.ts';
import type { PrometheusSource } from './status/prometheus.ts';
import type { StatusPages } from './status/status-server.ts';
import { RouteTable } from './table/route-table.ts';
import { createTableLog } from './table-log.ts';
import { tableSettings } from './table-settings.ts';
import { WorkerFleet, workerCount } from './workers/worker-fleet.ts';

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
  /** Made anew whenever the status port opens. */
  readonly statusPages?: (source: PrometheusSource) => StatusPages | undefined;
}

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
export interface RouterState {
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
  /** The threads that serve the port; undefined when this one does. */
  fleet: WorkerFleet | undefined;
}

/** The actor of one worker. */
export const workerName = (index: number): string => `router/worker-${index}`;

export function createState(options: RouterOptions, ports: RouterPorts): RouterState {
  const { clock, random, log } = ports;
  const metrics = new RouterMetrics(clock);
  const { registry, backends } = options;
  const table = new RouteTable(
    tableSettings(registry),
    createTableLog(log.child('registry'), metrics, clock, registry.registrationMuzzleMs),
    (key) => state.fleet?.changed(key),
  );
  const accessLog = createAccessLog(options.accessLog, ports.accessLines, (fn) =>
    clock.setTimeout(fn, ACCESS_FLUSH_MS),
  );
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
    fleet: undefined,
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
      isDraining: () =>
        state.isClosing ||
        (options.lifecycle.isKeepAliveEndedByDrain && state.phase === 'draining'),
      routerAddress: ports.process.localAddress,
    },
  };
  const size = workerCount(options.engine, options.workers, ports.process.cores);
  if (size > 1) {
    state.fleet = new WorkerFleet({
      size,
      table,
      clock,
      metrics,
      log,
      accessLines: ports.accessLines,
      phase: () => state.phase,
      isClosing: () => state.isClosing,
    });
  }
  return state;
}

export const encode = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** `router.start` and the answer to `router.greet` (gorouter.md §2.2). */
export function startMessage({ id, options, ports }: RouterState): Uint8Array {
  return encode({
    id,
    hosts: [ports.process.localAddress],
    minimumRegisterIntervalInSeconds: Math.floor(options.lifecycle.registerIntervalMs / 1000),
    pruneThresholdInSeconds: Math.floor(options.registry.staleThresholdMs / 1000),
  });
}

export function statusSource(state: RouterState): PrometheusSource {
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
    droppedLogLines: () => ports.droppedLogLines() + (state.fleet?.droppedLines ?? 0),
  };
}
