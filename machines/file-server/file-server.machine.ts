/** The port over which droplets come and go. */
import { assign, setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { FileServerEvent } from './file-server.events.ts';

export const fileServerMachine = setup({
  types: {
    context: {} as { readonly port: number },
    events: {} as FileServerEvent,
  },
  actors: { server: toBeProvided() },
  actions: {
    crash,
    rememberPort: assign(({ context, event }) => ({
      port: event.type === 'FILE_SERVER_LISTENING' ? event.port : context.port,
    })),
  },
}).createMachine({
  id: 'file-server',
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
          on: { FILE_SERVER_LISTENING: { target: 'listening', actions: 'rememberPort' } },
        },
        listening: { entry: announceReady() },
      },
    },
    closed: { type: 'final' },
  },
});
