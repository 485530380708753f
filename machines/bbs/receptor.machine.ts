/** The port of the JSON API of 2015 (diego.md §12). */
import { assign, setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { ReceptorEvent } from './receptor.events.ts';

export const receptorMachine = setup({
  types: {
    context: {} as { readonly port: number },
    events: {} as ReceptorEvent,
  },
  actors: { server: toBeProvided() },
  actions: {
    crash,
    rememberPort: assign(({ context, event }) => ({
      port: event.type === 'RECEPTOR_LISTENING' ? event.port : context.port,
    })),
  },
}).createMachine({
  id: 'receptor',
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
          on: { RECEPTOR_LISTENING: { target: 'listening', actions: 'rememberPort' } },
        },
        listening: { entry: announceReady() },
      },
    },
    closed: { type: 'final' },
  },
});
