/**
 * The traffic port. It owns the listening sockets; requests themselves are plain functions
 * (rule 1). A restart while the router serves opens again at once.
 *
 *   waiting → open(opening → serving → draining) → closed
 */
import { assign, setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { Tell } from '../kernel/tell.ts';
import type { ProxyEvent, RouterPhase } from './router.events.ts';

export interface ProxyInput {
  readonly tell: Tell;
  readonly routerName: string;
  readonly phase: () => RouterPhase;
  readonly drainTimeoutMs: number;
}

interface ProxyContext extends ProxyInput {
  readonly port: number;
}

export const proxyMachine = setup({
  types: {
    context: {} as ProxyContext,
    events: {} as ProxyEvent,
    input: {} as ProxyInput,
  },
  actors: { listener: toBeProvided(), drain: toBeProvided() },
  delays: { drainTimeout: ({ context }) => context.drainTimeoutMs },
  guards: {
    wasServing: ({ context }) => context.phase() === 'serving',
    isFastClose: ({ event }) => event.type === 'CLOSE' && event.mode === 'fast',
  },
  actions: {
    crash,
    rememberPort: assign(({ context, event }) => ({
      port: event.type === 'LISTENING' ? event.port : context.port,
    })),
    reportListening: ({ context }) => {
      context.tell(context.routerName, { type: 'PROXY_LISTENING' });
    },
    reportClosed: ({ context }) => {
      context.tell(context.routerName, { type: 'PROXY_CLOSED' });
    },
    /** WebSockets hear that the server goes away (close code 1001); the rest is cut. */
    cutConnections: () => {},
    logDrainTimedOut: () => {},
  },
}).createMachine({
  id: 'proxy',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ ...input, port: 0 }),
  on: { RESOURCE_FAILED: { actions: 'crash' } },
  initial: 'deciding',
  states: {
    deciding: { always: [{ guard: 'wasServing', target: 'open' }, { target: 'waiting' }] },
    waiting: {
      entry: announceReady(),
      on: {
        OPEN: 'open',
        CLOSE: { target: 'closed', actions: 'reportClosed' },
        SHUTDOWN: 'ended',
      },
    },
    open: {
      invoke: { id: 'listener', src: 'listener', input: {} },
      initial: 'opening',
      on: {
        CLOSE: [
          { guard: 'isFastClose', target: 'closed', actions: ['cutConnections', 'reportClosed'] },
          { target: '.draining' },
        ],
        SHUTDOWN: { target: 'ended', actions: 'cutConnections' },
      },
      states: {
        opening: {
          on: {
            LISTENING: {
              target: 'serving',
              actions: ['rememberPort', 'reportListening', announceReady()],
            },
          },
        },
        serving: { on: { OPEN: { actions: 'reportListening' } } },
        draining: {
          invoke: { id: 'drain', src: 'drain', input: {} },
          on: { DRAINED: { target: '#proxy.closed', actions: 'reportClosed' } },
          after: {
            drainTimeout: {
              target: '#proxy.closed',
              actions: ['logDrainTimedOut', 'cutConnections', 'reportClosed'],
            },
          },
        },
      },
    },
    closed: { on: { SHUTDOWN: 'ended' } },
    ended: { type: 'final' },
  },
});
