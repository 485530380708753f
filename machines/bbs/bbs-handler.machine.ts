/** Owns the port of the BBS API. The requests themselves never come here (DESIGN §4 rule 1). */
import { assign, setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { BbsHandlerEvent } from './bbs.events.ts';

export const bbsHandlerMachine = setup({
  types: {
    context: {} as { readonly port: number },
    events: {} as BbsHandlerEvent,
  },
  actors: { server: toBeProvided() },
  actions: {
    crash,
    setPort: assign(({ context, event }) => ({
      port: event.type === 'HANDLER_LISTENING' ? event.port : context.port,
    })),
  },
}).createMachine({
  id: 'bbs-handler',
  options: { maxIterations: 1000 },
  context: { port: 0 },
  on: { RESOURCE_FAILED: { actions: 'crash' }, SHUTDOWN: '.ended' },
  initial: 'open',
  states: {
    open: {
      invoke: { id: 'server', src: 'server', input: {} },
      initial: 'opening',
      states: {
        opening: { on: { HANDLER_LISTENING: { target: 'serving', actions: 'setPort' } } },
        serving: { entry: announceReady() },
      },
    },
    ended: { type: 'final' },
  },
});
