/**
 * Hears `router.*` and announces the router. Messages never come here one by one: the
 * subscription applies them to the table in batches and reports sums (DESIGN §6).
 */
import { assign, setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { Tell } from '../kernel/tell.ts';
import type { RegistrarEvent, RegistryCounts } from './router.events.ts';

export interface RegistrarInput {
  readonly tell: Tell;
  readonly routerName: string;
  readonly isBusConnected: () => boolean;
  /** 0: announce at start and after a reconnect only (gorouter.md §0.1). */
  readonly publishStartMessageIntervalMs: number;
}

interface RegistrarContext extends RegistrarInput {
  readonly counts: RegistryCounts;
}

/** A delay that stands for never; XState has no way to leave `after` out. */
const NEVER_MS = 2 ** 52;

export const registrarMachine = setup({
  types: {
    context: {} as RegistrarContext,
    events: {} as RegistrarEvent,
    input: {} as RegistrarInput,
  },
  actors: { subscription: toBeProvided() },
  delays: {
    announceInterval: ({ context }) => context.publishStartMessageIntervalMs || NEVER_MS,
  },
  guards: { isBusConnected: ({ context }) => context.isBusConnected() },
  actions: {
    crash,
    publishStart: () => {},
    reportAttached: ({ context }) => {
      context.tell(context.routerName, { type: 'REGISTRAR_ATTACHED' });
    },
    addCounts: assign(({ context, event }) => ({
      counts: event.type === 'BATCH_APPLIED' ? event.counts : context.counts,
    })),
  },
}).createMachine({
  id: 'registrar',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({
    ...input,
    counts: { received: 0, accepted: 0, rejected: 0, dropped: 0 },
  }),
  on: { RESOURCE_FAILED: { actions: 'crash' } },
  initial: 'subscribed',
  states: {
    subscribed: {
      // Without NATS too: a router that is restarted during an outage must open its port.
      entry: announceReady(),
      invoke: { id: 'subscription', src: 'subscription', input: {} },
      initial: 'detached',
      on: { BATCH_APPLIED: { actions: 'addCounts' }, SHUTDOWN: 'ended' },
      states: {
        detached: {
          always: { guard: 'isBusConnected', target: 'attached' },
          on: { NATS_CONNECTED: 'attached' },
        },
        attached: {
          entry: ['publishStart', 'reportAttached'],
          after: { announceInterval: { target: 'attached', reenter: true } },
          on: { NATS_LOST: 'detached' },
        },
      },
    },
    ended: { type: 'final' },
  },
});
