/**
 * The router's life from start to exit (gorouter.md §7): announce, let the table fill behind a
 * closed port, open, serve; on the way out degrade, keep serving for the load balancer's sake,
 * then close the port and let requests in hand finish.
 *
 *   warming → filling → opening → serving → degraded → closing → stopped
 */
import { assign, setup } from 'xstate';
import { announceReady } from '../kernel/actions.ts';
import type { Tell } from '../kernel/tell.ts';
import type { RouterEvent, RouterPhase } from './router.events.ts';

export interface RouterInput {
  readonly tell: Tell;
  readonly proxyName: string;
  /** Read at start: a restarted router goes on where the one before was. */
  readonly phase: () => RouterPhase;
  /** The registrar may have announced before this actor was there to hear of it. */
  readonly isAnnounced: () => boolean;
  readonly setPhase: (phase: RouterPhase) => void;
  readonly startResponseDelayMs: number;
  readonly drainWaitMs: number;
  readonly drainTimeoutMs: number;
}

interface RouterContext extends RouterInput {
  readonly closeMode: 'drain' | 'fast';
}

/** Beyond the drain timeout the proxy gets this long to report that it is closed. */
const CLOSE_GRACE_MS = 2000;
const OPEN_RETRY_MS = 500;

export const routerMachine = setup({
  types: {
    context: {} as RouterContext,
    events: {} as RouterEvent,
    input: {} as RouterInput,
  },
  delays: {
    startResponseDelay: ({ context }) => context.startResponseDelayMs,
    drainWait: ({ context }) => (context.closeMode === 'drain' ? context.drainWaitMs : 0),
    openRetry: OPEN_RETRY_MS,
    closeDeadline: ({ context }) => context.drainTimeoutMs + CLOSE_GRACE_MS,
  },
  guards: {
    wasServing: ({ context }) => context.phase() === 'serving',
    isAnnounced: ({ context }) => context.isAnnounced(),
    isFast: ({ context }) => context.closeMode === 'fast',
  },
  actions: {
    rememberMode: assign(({ context, event }) => ({
      closeMode: event.type === 'SHUTDOWN' ? event.mode : context.closeMode,
    })),
    markServing: ({ context }) => context.setPhase('serving'),
    markDraining: ({ context }) => context.setPhase('draining'),
    openProxy: ({ context }) => {
      context.tell(context.proxyName, { type: 'OPEN' });
    },
    closeProxy: ({ context }) => {
      const close = { type: 'CLOSE', mode: context.closeMode };
      context.tell(context.proxyName, close);
    },
    logStarted: () => {},
    logDraining: () => {},
    logDrainTimedOut: () => {},
  },
}).createMachine({
  id: 'router',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ ...input, closeMode: 'fast' }),
  initial: 'deciding',
  on: { SHUTDOWN: { target: '.degraded', actions: 'rememberMode' } },
  states: {
    deciding: { always: [{ guard: 'wasServing', target: 'serving' }, { target: 'warming' }] },
    warming: {
      always: { guard: 'isAnnounced', target: 'filling' },
      on: { REGISTRAR_ATTACHED: 'filling' },
    },
    filling: { after: { startResponseDelay: 'opening' } },
    opening: {
      entry: 'openProxy',
      // The proxy may have crashed before it heard, or opened before this actor was there.
      after: { openRetry: { target: 'opening', reenter: true } },
      on: { PROXY_LISTENING: { target: 'serving', actions: 'logStarted' } },
    },
    serving: { entry: ['markServing', announceReady()] },
    degraded: {
      entry: ['markDraining', 'logDraining'],
      always: { guard: 'isFast', target: 'closing' },
      after: { drainWait: 'closing' },
      on: { SHUTDOWN: {} },
    },
    closing: {
      entry: 'closeProxy',
      on: { PROXY_CLOSED: 'stopped', SHUTDOWN: {} },
      after: { closeDeadline: { target: 'stopped', actions: 'logDrainTimedOut' } },
    },
    stopped: { type: 'final' },
  },
});
