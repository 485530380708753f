/**
 * The embedded NATS server, used when no `nats.servers` is configured. It owns its socket in one
 * resource: leaving `open` for any reason frees the port (cfv1.md §10).
 */
import { assign, setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { NatsBrokerEvent } from './messaging.events.ts';

export const natsBrokerMachine = setup({
  types: {
    context: {} as { readonly port: number },
    events: {} as NatsBrokerEvent,
  },
  actors: { server: toBeProvided() },
  actions: {
    crash,
    rememberPort: assign(({ context, event }) => ({
      port: event.type === 'BROKER_LISTENING' ? event.port : context.port,
    })),
  },
}).createMachine({
  id: 'nats-broker',
  options: { maxIterations: 1000 },
  context: { port: 0 },
  on: { RESOURCE_FAILED: { actions: 'crash' } },
  initial: 'open',
  states: {
    open: {
      invoke: { id: 'server', src: 'server', input: {} },
      initial: 'opening',
      states: {
        opening: {
          on: { BROKER_LISTENING: { target: 'listening', actions: 'rememberPort' } },
        },
        listening: { entry: announceReady() },
      },
      on: { SHUTDOWN: 'closed' },
    },
    closed: { type: 'final' },
  },
});
