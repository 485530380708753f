/**
 * Decides when routes that nobody refreshed are swept out (gorouter.md §2.6, §3.4).
 *
 * - NATS away and suspension configured: nothing is swept.
 * - NATS back: every endpoint counts as just refreshed, so that each gets a full threshold.
 * - A tick that comes much too late means that this process stood still, and that heartbeats may
 *   wait unread in the socket: it refreshes instead of sweeping (reliability.md §1.3).
 *
 *   waiting → sweeping → waiting      waiting → suspended → freshening (one interval) → waiting
 */
import { assign, setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { PrunerEvent } from './router.events.ts';

export interface PrunerInput {
  readonly nowMs: () => number;
  readonly isBusConnected: () => boolean;
  readonly isSuspendedWithoutNats: boolean;
  readonly pruneIntervalMs: number;
}

/** A busy process is late by this much now and then; that is no standstill. */
const MIN_LATE_MS = 500;

interface PrunerContext extends PrunerInput {
  readonly dueAtMs: number;
  readonly removedEndpoints: number;
}

export const prunerMachine = setup({
  types: {
    context: {} as PrunerContext,
    events: {} as PrunerEvent,
    input: {} as PrunerInput,
  },
  actors: { sweep: toBeProvided() },
  delays: { pruneInterval: ({ context }) => context.pruneIntervalMs },
  guards: {
    isSuspended: ({ context }) => context.isSuspendedWithoutNats && !context.isBusConnected(),
    suspendsWithoutNats: ({ context }) => context.isSuspendedWithoutNats,
    isLate: ({ context }) =>
      context.nowMs() - context.dueAtMs > Math.max(MIN_LATE_MS, context.pruneIntervalMs / 2),
  },
  actions: {
    crash,
    setDue: assign(({ context }) => ({ dueAtMs: context.nowMs() + context.pruneIntervalMs })),
    countRemoved: assign(({ context, event }) => ({
      removedEndpoints:
        context.removedEndpoints + (event.type === 'SWEPT' ? event.removedEndpoints : 0),
    })),
    freshenAll: () => {},
    logSuspended: () => {},
    logLate: () => {},
  },
}).createMachine({
  id: 'pruner',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ ...input, dueAtMs: 0, removedEndpoints: 0 }),
  on: { RESOURCE_FAILED: { actions: 'crash' }, SHUTDOWN: '.ended' },
  initial: 'deciding',
  states: {
    deciding: {
      entry: announceReady(),
      always: [{ guard: 'isSuspended', target: 'suspended' }, { target: 'waiting' }],
    },
    waiting: {
      entry: 'setDue',
      after: {
        pruneInterval: [
          { guard: 'isSuspended', target: 'suspended' },
          { guard: 'isLate', target: 'freshening', actions: 'logLate' },
          { target: 'sweeping' },
        ],
      },
      on: { NATS_LOST: { guard: 'suspendsWithoutNats', target: 'suspended' } },
    },
    sweeping: {
      invoke: { id: 'sweep', src: 'sweep', input: {} },
      on: {
        SWEPT: { target: 'waiting', actions: 'countRemoved' },
        NATS_LOST: { guard: 'suspendsWithoutNats', target: 'suspended' },
      },
    },
    suspended: {
      entry: 'logSuspended',
      after: { pruneInterval: { target: 'suspended', reenter: true } },
      on: { NATS_CONNECTED: 'freshening' },
    },
    freshening: {
      entry: 'freshenAll',
      // The emitters announce themselves meanwhile: the threshold counts from the next tick on.
      after: { pruneInterval: { target: 'waiting', actions: 'freshenAll' } },
      on: { NATS_LOST: { guard: 'suspendsWithoutNats', target: 'suspended' } },
    },
    ended: { type: 'final' },
  },
});
