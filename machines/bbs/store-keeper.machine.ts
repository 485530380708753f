/** Keeps the store of records open; a disk or server that fails crashes it, and it opens anew. */
import { setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { StoreKeeperEvent } from './bbs.events.ts';

export const storeKeeperMachine = setup({
  types: { context: {} as Record<string, never>, events: {} as StoreKeeperEvent },
  actors: { store: toBeProvided() },
  actions: { crash },
}).createMachine({
  id: 'store-keeper',
  options: { maxIterations: 1000 },
  context: {},
  on: { RESOURCE_FAILED: { actions: 'crash' }, SHUTDOWN: '.ended' },
  initial: 'kept',
  states: {
    kept: {
      invoke: { id: 'store', src: 'store', input: {} },
      initial: 'opening',
      states: {
        opening: { on: { STORE_OPENED: 'open' } },
        open: { entry: announceReady() },
      },
    },
    ended: { type: 'final' },
  },
});
