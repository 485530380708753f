/** The supervision tree of one process (DESIGN §4): which components run, and in which order. */
import type { ChildSpec } from '../../machines/kernel/supervisor.machine.ts';
import type { ControlPlaneOptions } from '../config/bbs-options.ts';
import type { NatsOptions } from '../config/nats-options.ts';
import { createNodeInspector } from '../inspector/index.ts';
import type { InspectorSettings } from '../inspector/options.ts';
import type { ActorSystem, TreeNode } from '../kernel/actor-system.ts';
import { createBusHub } from '../messaging/bus-hub.ts';
import { createNatsBroker, createNatsClient, natsClientInput } from '../messaging/index.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { ProcessInfo } from '../ports/process-info.ts';
import type { ProcessRunner } from '../ports/process-runner.ts';
import type { Random } from '../ports/random.ts';
import type { LineSink } from '../router/access-log.ts';
import { createRouterChildren, ROUTER_NAMES } from '../router/index.ts';
import type { RouterOptions } from '../router/options.ts';
import type { PrometheusSource } from '../router/status/prometheus.ts';
import { varz } from '../router/status/varz.ts';
import { type AppOptions, appChildren, appNatsListeners } from './app-children.ts';
import { controlPlaneChildren } from './control-plane.ts';
import { createTree, type Supervision } from './tree.ts';

export interface NodePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly logCounts: Readonly<Record<string, number>>;
  readonly process: ProcessInfo;
  readonly processes: ProcessRunner;
  readonly accessLines: readonly LineSink[];
  readonly droppedLogLines: () => number;
}

export interface NodeOptions {
  readonly router: RouterOptions;
  readonly nats: NatsOptions;
  /** Store and BBS; undefined: a router alone. */
  readonly controlPlane?: ControlPlaneOptions | undefined;
  /** What runs apps; undefined: nothing of it. */
  readonly apps?: AppOptions | undefined;
  /** Where files are; needed with a control plane and with apps. */
  readonly dataDir?: string;
  /** Undefined: off. */
  readonly inspector?: InspectorSettings | undefined;
  /** Restarts that a supervisor puts up with; the default suits production. */
  readonly supervision?: Supervision | undefined;
}

export const NODE_LIMITS = {
  natsConnectTimeoutMs: 5000,
  natsConnectRetryWaitMs: 100,
  natsReconnectWaitMs: 2000,
  natsDrainTimeoutMs: 2000,
  readyTimeoutMs: 60_000,
  messagingShutdownMs: 5000,
} as const;

const countRestarts = (tree: TreeNode | undefined): number =>
  (tree?.children ?? []).reduce((sum, child) => sum + child.restarts + countRestarts(child), 0);

/** `listeners`: names of the actors that hear of NATS. */
export function messagingChildren(
  options: NatsOptions,
  ports: Pick<NodePorts, 'clock' | 'random' | 'log'>,
  notify: ActorSystem['notify'],
  hub: ReturnType<typeof createBusHub>,
  listeners: readonly string[],
): ChildSpec[] {
  const { embedded, user, password, token } = options;
  const isEmbedded = options.servers.length === 0;
  const common = {
    restart: 'permanent',
    readyTimeoutMs: NODE_LIMITS.readyTimeoutMs,
    shutdownMs: NODE_LIMITS.messagingShutdownMs,
  } as const;
  const servers = isEmbedded ? [`${embedded.host}:${embedded.port}`] : options.servers;
  const clientOptions = {
    ...options,
    servers,
    name: 'troupe',
    connectTimeoutMs: NODE_LIMITS.natsConnectTimeoutMs,
    connectRetryWaitMs: NODE_LIMITS.natsConnectRetryWaitMs,
    // The embedded server comes back within milliseconds, one elsewhere takes its time.
    reconnectWaitMs: isEmbedded ? 100 : NODE_LIMITS.natsReconnectWaitMs,
    drainTimeoutMs: NODE_LIMITS.natsDrainTimeoutMs,
  };
  const client: ChildSpec = {
    id: 'nats-client',
    name: 'messaging/nats-client',
    logic: createNatsClient(clientOptions, hub, ports),
    input: natsClientInput(notify, listeners, clientOptions),
    ...common,
  };
  if (!isEmbedded) return [client];
  const authorization = {
    ...(user === '' ? {} : { user, password }),
    ...(token === '' ? {} : { token }),
  };
  const broker: ChildSpec = {
    id: 'nats-broker',
    name: 'messaging/nats-broker',
    logic: createNatsBroker(
      {
        host: embedded.host,
        port: embedded.port,
        authorization,
        ...(embedded.monitorPort === 0 ? {} : { monitor: { port: embedded.monitorPort } }),
      },
      { ...ports, log: ports.log.child('nats-broker') },
    ),
    ...common,
  };
  return [broker, client];
}

/** The inspector sees the whole tree, so it is made when the tree stands. */
const inspectorPages =
  (
    settings: InspectorSettings | undefined,
    { clock, log }: NodePorts,
    system: () => ActorSystem | undefined,
  ) =>
  (source: PrometheusSource) => {
    const tree = system();
    if (settings === undefined || tree === undefined) return undefined;
    const router = { table: source.table, figures: () => varz(source) };
    const own = { clock, log: log.child('inspector') };
    return createNodeInspector({ system: tree, bbsUrl: settings.bbsUrl, router, ...own });
  };

/** Builds the tree; nothing runs before `start()`. */
export function createNode(options: NodeOptions, ports: NodePorts): ActorSystem {
  const { clock, random, log } = ports;
  const hub = createBusHub();
  const readyTimeoutMs = NODE_LIMITS.readyTimeoutMs + options.router.lifecycle.startResponseDelayMs;
  const { supervision, apps, dataDir = '.' } = options;
  return createTree({ clock, log, random, supervision, readyTimeoutMs }, (tools) => {
    const { supervisor, tell, notify, system } = tools;
    const routerChildren = createRouterChildren(options.router, {
      ...ports,
      statusPages: inspectorPages(options.inspector, ports, system),
      bus: hub,
      tell,
      notify,
      actorRestarts: () => countRestarts(system()?.tree()),
      deadLetters: () =>
        Object.values(system()?.deadLetters.counts ?? {}).reduce((sum, count) => sum + count, 0),
    });
    const controlPlane =
      options.controlPlane === undefined
        ? []
        : controlPlaneChildren(options.controlPlane, { ...ports, notify, dataDir }, supervisor);
    const { registrar, pruner, componentRegistry } = ROUTER_NAMES;
    const appNames = apps === undefined ? [] : appNatsListeners(apps);
    const listeners = [registrar, pruner, componentRegistry, ...appNames];
    const messaging = messagingChildren(options.nats, ports, notify, hub, listeners);
    return [
      supervisor('messaging', 'rest_for_one', messaging),
      // Not rest_for_one: its actors meet in the table, and the crash of one that hears messages
      // must not cut the requests of the one that proxies (docs/decisions/0003).
      supervisor('router', 'one_for_one', routerChildren),
      ...controlPlane,
      ...(apps === undefined
        ? []
        : appChildren(apps, ports, { bus: hub, tell, notify, dataDir }, supervisor)),
    ];
  });
}
