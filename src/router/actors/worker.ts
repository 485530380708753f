import { StartupError } from '../../../machines/kernel/failures.ts';
import type { WorkerEvent } from '../../../machines/router/worker.events.ts';
import { workerMachine } from '../../../machines/router/worker.machine.ts';
import { type ResourceScope, resource } from '../../kernel/resource.ts';
import type { Log, LogLevel } from '../../ports/log.ts';
import type { WorkerThreads } from '../../ports/worker.ts';
import type { RouterState } from '../state.ts';
import type { FromWorker, WorkerInput } from '../workers/messages.ts';
import { shareOf, type WorkerFleet } from '../workers/worker-fleet.ts';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'fatal'];

const levelsOf = (log: Log): LogLevel[] => LEVELS.filter((level) => log.isEnabled(level));

/** What holds per endpoint is divided: no worker sees what the others do (decision 0010). */
function inputOf({ options, ports, engine }: RouterState, { size }: WorkerFleet): WorkerInput {
  const { backends } = options;
  return {
    options: {
      ...options,
      backends: {
        ...backends,
        maxConnections: shareOf(backends.maxConnections, size),
        maxIdleConnectionsPerEndpoint: shareOf(backends.maxIdleConnectionsPerEndpoint, size),
      },
    },
    routerAddress: engine.routerAddress,
    isAccessLogged: ports.accessLines.length > 0,
    logLevels: levelsOf(ports.log),
  };
}

function errorOf({ message, stack, advice }: Extract<FromWorker, { type: 'failed' }>): Error {
  const error = advice === undefined ? new Error(message) : new StartupError(message, advice);
  error.stack = stack;
  return error;
}

/** What a thread says to its actor; the fleet hears it first. */
function sendOn(message: FromWorker, scope: ResourceScope<WorkerEvent>): void {
  switch (message.type) {
    case 'filled':
      scope.send({ type: 'THREAD_FILLED' });
      break;
    case 'listening':
      scope.send({ type: 'THREAD_LISTENING', port: message.port });
      break;
    case 'drained':
      scope.send({ type: 'THREAD_DRAINED' });
      break;
    case 'stopped':
      scope.send({ type: 'THREAD_STOPPED' });
      break;
    case 'failed':
      scope.fail(errorOf(message));
      break;
    default:
      break;
  }
}

/** Owns one thread of the data plane. */
export function workerLogic(state: RouterState, threads: WorkerThreads, index: number) {
  const thread = resource<WorkerEvent, Record<string, never>>((_input, scope) => {
    const { fleet } = state;
    if (fleet === undefined) throw new Error('this router has no workers');
    const started = threads.start(inputOf(state, fleet), {
      onMessage: scope.guard((message) => {
        const heard = message as FromWorker;
        fleet.heard(index, heard);
        sendOn(heard, scope);
      }),
      onError: (error) => scope.fail(error),
      onExit: (code) => scope.fail(new Error(`the thread ended by itself with code ${code}`)),
    });
    fleet.attach(index, started);
    return () => {
      fleet.detach(index);
      started.terminate();
    };
  });
  return workerMachine.provide({
    actors: { thread },
    actions: {
      openPort: () => state.fleet?.post(index, { type: 'open', port: state.fleet.port }),
      closePort: () => state.fleet?.post(index, { type: 'close' }),
      stopThread: () => state.fleet?.post(index, { type: 'stop' }),
    },
  });
}
