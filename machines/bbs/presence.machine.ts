/** Locket's port: locks, and the presences of cells (diego.md §8). */
import { assign, setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { PresenceEvent } from './presence.events.ts';

export const presenceMachine = setup({
  types: {
    context: {} as { readonly port: number },
    events: {} as PresenceEvent,
  },
  actors: { server: toBeProvided() },
  actions: {
    crash,
    rememberPort: assign(({ context, event }) => ({
      port: event.type === 'LOCKET_LISTENING' ? event.port : context.port,
    })),
  },
}).createMachine({
  id: 'presence',
  options: { maxIterations: 1000 },
  context: { port: 0 },
  on: { RESOURCE_FAILED: { actions: 'crash' } },
  initial: 'open',
  states: {
    open: {
      invoke: { id: 'server', src: 'server', input: {} },
      initial: 'opening',
      on: { SHUTDOWN: 'closed' },
      states: {
        opening: {
          on: { LOCKET_LISTENING: { target: 'listening', actions: 'rememberPort' } },
        },
        listening: { entry: announceReady() },
      },
    },
    closed: { type: 'final' },
  },
});
