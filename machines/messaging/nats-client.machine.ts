/**
 * The connection to NATS. The client library dials and redials; this machine says what that means:
 * who may publish, and who has to announce himself again (gorouter.md §2.5, §2.6).
 *
 *   connecting → connected ⇄ reconnecting        any → draining → closed
 */
import { assign, setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { Tell } from '../kernel/tell.ts';
import type { BusStateEvent, NatsClientEvent } from './messaging.events.ts';

export interface NatsClientInput {
  readonly tell: Tell;
  /** Names of the actors that hear NATS_CONNECTED and NATS_LOST. */
  readonly listeners: readonly string[];
  /** Time for a drain before the connection is cut. */
  readonly drainTimeoutMs: number;
}

interface NatsClientContext extends NatsClientInput {
  readonly server: string;
  readonly reconnects: number;
}

function tellAll(context: NatsClientContext, type: BusStateEvent['type']): void {
  for (const name of context.listeners) context.tell(name, { type });
}

export const natsClientMachine = setup({
  types: {
    context: {} as NatsClientContext,
    events: {} as NatsClientEvent,
    input: {} as NatsClientInput,
  },
  actors: { connection: toBeProvided(), drain: toBeProvided() },
  delays: { drainTimeout: ({ context }) => context.drainTimeoutMs },
  actions: {
    crash,
    rememberServer: assign(({ context, event }) => ({
      server: event.type === 'CONNECTION_OPENED' ? event.server : context.server,
    })),
    countReconnect: assign(({ context }) => ({ reconnects: context.reconnects + 1 })),
    tellConnected: ({ context }) => tellAll(context, 'NATS_CONNECTED'),
    tellLost: ({ context }) => tellAll(context, 'NATS_LOST'),
    logLost: () => {},
    logStillLost: () => {},
    logReconnected: () => {},
  },
}).createMachine({
  id: 'nats-client',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ ...input, server: '', reconnects: 0 }),
  on: { RESOURCE_FAILED: { actions: 'crash' } },
  initial: 'open',
  states: {
    open: {
      invoke: { id: 'connection', src: 'connection', input: {} },
      initial: 'connecting',
      states: {
        connecting: {
          // A client that crashed could not say that the connection is gone.
          entry: 'tellLost',
          on: { CONNECTION_OPENED: { target: 'connected', actions: 'rememberServer' } },
        },
        connected: {
          entry: [announceReady(), 'tellConnected'],
          on: { CONNECTION_LOST: { target: 'reconnecting', actions: ['logLost', 'tellLost'] } },
        },
        reconnecting: {
          on: {
            CONNECTION_OPENED: {
              target: 'connected',
              actions: ['rememberServer', 'countReconnect', 'logReconnected'],
            },
            CONNECTION_STILL_LOST: { actions: 'logStillLost' },
          },
        },
        draining: {
          invoke: { id: 'drain', src: 'drain', input: {} },
          on: { CONNECTION_DRAINED: '#nats-client.closed' },
          after: { drainTimeout: '#nats-client.closed' },
        },
      },
      on: { SHUTDOWN: '.draining' },
    },
    closed: { type: 'final' },
  },
});
