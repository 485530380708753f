/**
 * One worker of the data plane: a thread that listens on the traffic port beside the others and
 * has its own copy of the table. It opens only when that copy is whole, so a worker that comes
 * back never answers 404 for a route that there is. A crash costs the requests of this thread.
 *
 *   filling → idle → opening → serving → draining → drained      any → stopping → ended
 */
import { assign, setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { Tell } from '../kernel/tell.ts';
import type { WorkerEvent } from './worker.events.ts';

export interface WorkerMachineInput {
  readonly tell: Tell;
  readonly proxyName: string;
  /** Whether the proxy has the port open: a worker that comes back opens by itself. */
  readonly isOpenWanted: () => boolean;
  /** For the thread to say its last words. */
  readonly stopTimeoutMs: number;
}

interface WorkerContext extends WorkerMachineInput {
  /** 0 until the thread listens. */
  readonly port: number;
}

export const workerMachine = setup({
  types: {
    context: {} as WorkerContext,
    events: {} as WorkerEvent,
    input: {} as WorkerMachineInput,
  },
  actors: { thread: toBeProvided() },
  delays: { stopTimeout: ({ context }) => context.stopTimeoutMs },
  guards: { isOpenWanted: ({ context }) => context.isOpenWanted() },
  actions: {
    crash,
    openPort: () => {},
    closePort: () => {},
    stopThread: () => {},
    rememberPort: assign(({ context, event }) => ({
      port: event.type === 'THREAD_LISTENING' ? event.port : context.port,
    })),
    reportListening: ({ context }) => {
      context.tell(context.proxyName, { type: 'LISTENING', port: context.port });
    },
  },
}).createMachine({
  id: 'worker',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ ...input, port: 0 }),
  on: { RESOURCE_FAILED: { actions: 'crash' } },
  initial: 'alive',
  states: {
    alive: {
      invoke: { id: 'thread', src: 'thread', input: {} },
      initial: 'filling',
      on: { SHUTDOWN: '.stopping' },
      states: {
        filling: {
          on: {
            THREAD_FILLED: [
              { guard: 'isOpenWanted', target: 'opening', actions: announceReady() },
              { target: 'idle', actions: announceReady() },
            ],
          },
        },
        idle: { on: { OPEN: 'opening' } },
        opening: {
          entry: 'openPort',
          on: {
            THREAD_LISTENING: {
              target: 'serving',
              actions: ['rememberPort', 'reportListening'],
            },
            CLOSE: 'draining',
          },
        },
        serving: {
          // A proxy that was restarted asks again.
          on: { OPEN: { actions: 'reportListening' }, CLOSE: 'draining' },
        },
        draining: {
          entry: 'closePort',
          on: { THREAD_DRAINED: 'drained' },
        },
        drained: {},
        stopping: {
          entry: 'stopThread',
          on: { THREAD_STOPPED: '#worker.ended', SHUTDOWN: {} },
          after: { stopTimeout: '#worker.ended' },
        },
      },
    },
    ended: { type: 'final' },
  },
});
