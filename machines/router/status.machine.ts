/** The status port: health, routes, varz, metrics (gorouter.md §6.3 to §6.5). */
import { assign, setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { StatusEvent } from './router.events.ts';

export const statusMachine = setup({
  types: {
    context: {} as { readonly port: number },
    events: {} as StatusEvent,
  },
  actors: { server: toBeProvided() },
  actions: {
    crash,
    rememberPort: assign(({ context, event }) => ({
      port: event.type === 'STATUS_LISTENING' ? event.port : context.port,
    })),
  },
}).createMachine({
  id: 'status',
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
          on: { STATUS_LISTENING: { target: 'listening', actions: 'rememberPort' } },
        },
        listening: { entry: announceReady() },
      },
    },
    closed: { type: 'final' },
  },
});
