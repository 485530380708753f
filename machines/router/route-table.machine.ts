/**
 * The watcher of the route table. The table itself is plain data that lives beside the actors
 * (rule 5): it outlives each of them, and the proxy reads it without a word.
 */
import { assign, setup } from 'xstate';
import { announceReady } from '../kernel/actions.ts';
import type { RouteTableEvent } from './router.events.ts';

export interface RouteTableInput {
  /** Routes there are now: the table outlives its watcher. */
  readonly routes: () => number;
}

export const routeTableMachine = setup({
  types: {
    context: {} as { readonly routes: number },
    events: {} as RouteTableEvent,
    input: {} as RouteTableInput,
  },
  actions: {
    rememberRoutes: assign(({ context, event }) => ({
      routes: event.type === 'TABLE_CHANGED' ? event.routes : context.routes,
    })),
  },
}).createMachine({
  id: 'route-table',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ routes: input.routes() }),
  initial: 'deciding',
  on: { SHUTDOWN: '.ended' },
  states: {
    deciding: {
      entry: announceReady(),
      always: [{ guard: ({ context }) => context.routes > 0, target: 'filled' }, 'empty'],
    },
    empty: {
      on: {
        TABLE_CHANGED: [
          {
            guard: ({ event }) => event.routes > 0,
            target: 'filled',
            actions: 'rememberRoutes',
          },
          { actions: 'rememberRoutes' },
        ],
      },
    },
    filled: {
      on: {
        TABLE_CHANGED: [
          {
            guard: ({ event }) => event.routes === 0,
            target: 'empty',
            actions: 'rememberRoutes',
          },
          { actions: 'rememberRoutes' },
        ],
      },
    },
    ended: { type: 'final' },
  },
});
