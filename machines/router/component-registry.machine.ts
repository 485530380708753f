/**
 * `vcap.component.announce` once NATS and status port are there, and an answer to every
 * `vcap.component.discover` (gorouter.md §2.8, cfv1.md §2.2).
 */
import { setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { ComponentRegistryEvent } from './router.events.ts';

export interface ComponentRegistryInput {
  readonly isBusConnected: () => boolean;
}

export const componentRegistryMachine = setup({
  types: {
    context: {} as ComponentRegistryInput,
    events: {} as ComponentRegistryEvent,
    input: {} as ComponentRegistryInput,
  },
  actors: { responder: toBeProvided() },
  guards: { isBusConnected: ({ context }) => context.isBusConnected() },
  actions: { crash, announce: () => {} },
}).createMachine({
  id: 'component-registry',
  options: { maxIterations: 1000 },
  context: ({ input }) => input,
  on: { RESOURCE_FAILED: { actions: 'crash' } },
  initial: 'subscribed',
  states: {
    subscribed: {
      invoke: { id: 'responder', src: 'responder', input: {} },
      entry: announceReady(),
      initial: 'silent',
      on: { SHUTDOWN: 'ended' },
      states: {
        silent: {
          always: { guard: 'isBusConnected', target: 'announced' },
          on: { NATS_CONNECTED: 'announced' },
        },
        announced: { entry: 'announce' },
      },
    },
    ended: { type: 'final' },
  },
});
