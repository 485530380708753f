/** What runs in a worker thread: the engine `wire` on the shared port, over a copy of the table. */
import { findStartupError } from '../../../machines/kernel/failures.ts';
import type { RouterPhase } from '../../../machines/router/router.events.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import type { ParentThread } from '../../ports/worker.ts';
import { type AccessLog, createAccessLog } from '../access-log.ts';
import type { EngineContext } from '../http/exchange.ts';
import type { TrafficServer } from '../http/traffic-server.ts';
import { createWireServer } from '../http/wire/wire-server.ts';
import { openTrafficPorts } from '../open-traffic-ports.ts';
import { tableSettings } from '../table-settings.ts';
import type { FromWorker, TableBatch, ToWorker, WorkerInput } from './messages.ts';
import { TableCopy } from './table-copy.ts';
import { WorkerReports } from './worker-reports.ts';

/** How often a draining listener looks whether all is done. */
const DRAIN_LOOK_MS = 20;
const STOP_WAIT_MS = 20;

interface ThreadPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly parent: ParentThread;
}

interface Standing {
  phase: RouterPhase;
  isClosing: boolean;
}

function createEngine(
  { options, routerAddress, isAccessLogged }: WorkerInput,
  { clock, random }: ThreadPorts,
  table: TableCopy,
  reports: WorkerReports,
  standing: Standing,
): EngineContext {
  const sinks = isAccessLogged ? [reports] : [];
  const written = createAccessLog(options.accessLog, sinks, clock.defer);
  const accessLog: AccessLog = {
    add(record) {
      written.add(record);
      reports.touch();
    },
    flush: written.flush,
  };
  return {
    options,
    table,
    balancing: {
      defaultAlgorithm: options.backends.algorithm,
      maxConnectionsPerEndpoint: options.backends.maxConnections,
      random,
    },
    clock,
    random,
    log: reports.log.child('proxy'),
    metrics: reports.metrics,
    accessLog,
    isHealthy: () => standing.phase === 'serving',
    isDraining: () =>
      standing.isClosing ||
      (options.lifecycle.isKeepAliveEndedByDrain && standing.phase === 'draining'),
    routerAddress,
  };
}

/** Does what the main thread says, and tells it what comes of it. */
class WorkerProgram {
  readonly #ports: ThreadPorts;
  readonly #input: WorkerInput;
  readonly #table: TableCopy;
  readonly #reports: WorkerReports;
  readonly #standing: Standing = { phase: 'starting', isClosing: false };
  readonly #engine: EngineContext;
  #traffic: TrafficServer | undefined;
  #isFilled = false;

  constructor(ports: ThreadPorts) {
    const { clock, parent } = ports;
    const input = parent.input as WorkerInput;
    this.#ports = ports;
    this.#input = input;
    this.#reports = new WorkerReports(clock, input.logLevels, (report) => this.#post(report));
    this.#table = new TableCopy(tableSettings(input.options.registry), clock.nowMs, (failure) =>
      this.#reports.addFailure(failure),
    );
    this.#engine = createEngine(input, ports, this.#table, this.#reports, this.#standing);
  }

  start(): void {
    this.#ports.parent.onMessage((message) => this.#take(message as ToWorker));
    this.#post({ type: 'resync' });
  }

  #post(message: FromWorker): void {
    this.#ports.parent.post(message);
  }

  #take(message: ToWorker): void {
    switch (message.type) {
      case 'table':
        this.#applyBatch(message);
        break;
      case 'phase':
        this.#standing.phase = message.phase;
        this.#standing.isClosing = message.isClosing;
        break;
      case 'open':
        this.#open(message.port);
        break;
      case 'close':
        this.#close();
        break;
      case 'cut':
        this.#cut();
        break;
      case 'stop':
        this.#stop();
        break;
      case 'reported':
        this.#reports.reported();
        break;
    }
  }

  #applyBatch(batch: TableBatch): void {
    const applied = this.#table.apply(batch);
    this.#post({ type: 'applied', sequence: batch.sequence });
    if (applied === 'gap') this.#post({ type: 'resync' });
    if (applied !== 'complete' || this.#isFilled) return;
    this.#isFilled = true;
    this.#post({ type: 'filled' });
  }

  #open(port: number): void {
    const traffic = createWireServer(this.#engine);
    this.#traffic = traffic;
    const fail = (error: unknown): void => this.#fail(error);
    const { options } = this.#input;
    openTrafficPorts(options, traffic, { port, isPortShared: true }, { fail }, () =>
      this.#post({ type: 'listening', port }),
    );
  }

  #fail(error: unknown): void {
    const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    // Only some systems spread the connections of one port over several sockets.
    const isUnknownHere = (error as NodeJS.ErrnoException).code === 'ENOTSUP';
    const advice = isUnknownHere ? 'set router.workers to 1' : findStartupError(error)?.advice;
    this.#post({ type: 'failed', message, stack, advice });
  }

  #close(): void {
    const { clock } = this.#ports;
    this.#closePorts();
    const look = (): void => {
      this.#traffic?.closeIdle();
      if (this.#reports.metrics.openRequests > 0) {
        clock.setTimeout(look, DRAIN_LOOK_MS);
        return;
      }
      this.#lastWords();
      this.#post({ type: 'drained' });
    };
    clock.setTimeout(look, 0);
  }

  #closePorts(): void {
    this.#traffic?.server.close();
    this.#traffic?.secureServer?.close();
  }

  #cut(): void {
    this.#closePorts();
    this.#traffic?.cut();
    this.#traffic = undefined;
    this.#lastWords();
  }

  /** What was cut writes its access lines when its sockets have closed. */
  #stop(): void {
    this.#cut();
    this.#ports.clock.setTimeout(() => {
      this.#lastWords();
      this.#post({ type: 'stopped' });
    }, STOP_WAIT_MS);
  }

  #lastWords(): void {
    this.#engine.accessLog.flush();
    this.#reports.flush();
  }
}

/** Runs for the life of the thread. */
export function runWorker(ports: ThreadPorts): void {
  new WorkerProgram(ports).start();
}
