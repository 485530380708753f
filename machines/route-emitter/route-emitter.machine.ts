/**
 * When all routes are registered again (diego.md §11.2): on the interval that the routers ask for,
 * and when one of them starts. There is no lock: of several emitters each tells the same.
 *
 *   detached → greeting ⟲ 1 s → scheduled ⟲ interval      router.start: jittering → scheduled
 */
import { assign, setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { Tell } from '../kernel/tell.ts';
import type { Audience, RouteEmitterEvent } from './route-emitter.events.ts';

export interface RouteEmitterInput {
  readonly tell: Tell;
  readonly broadcasterName: string;
  readonly audience: Audience;
  readonly isBusConnected: () => boolean;
  /** A number in [0, 1). */
  readonly chance: () => number;
  /** Of the interval; a new router is told everything within so much of it. */
  readonly jitterFactor: number;
  readonly greetIntervalMs: number;
}

interface RouteEmitterContext extends RouteEmitterInput {
  readonly registerIntervalMs: number;
  readonly greetings: number;
}

export const routeEmitterMachine = setup({
  types: {
    context: {} as RouteEmitterContext,
    events: {} as RouteEmitterEvent,
    input: {} as RouteEmitterInput,
  },
  actors: { routerMessages: toBeProvided() },
  delays: {
    greetInterval: ({ context }) => context.greetIntervalMs,
    registerInterval: ({ context }) => context.registerIntervalMs,
    jitter: ({ context }) => context.chance() * context.jitterFactor * context.registerIntervalMs,
  },
  guards: { isBusConnected: ({ context }) => context.isBusConnected() },
  actions: {
    crash,
    publishGreet: () => {},
    logInterval: () => {},
    countGreeting: assign(({ context }) => ({ greetings: context.greetings + 1 })),
    setInterval: assign(({ context, event }) => ({
      registerIntervalMs:
        'registerIntervalMs' in event ? event.registerIntervalMs : context.registerIntervalMs,
    })),
    requestEmit: ({ context }) => {
      const { audience } = context;
      context.tell(context.broadcasterName, { type: 'EMIT_REQUESTED', audience });
    },
  },
}).createMachine({
  id: 'route-emitter',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ ...input, registerIntervalMs: 0, greetings: 0 }),
  on: { RESOURCE_FAILED: { actions: 'crash' } },
  initial: 'open',
  states: {
    open: {
      entry: announceReady(),
      invoke: { id: 'routerMessages', src: 'routerMessages', input: {} },
      initial: 'deciding',
      on: { SHUTDOWN: 'ended' },
      states: {
        deciding: {
          always: [{ guard: 'isBusConnected', target: 'greeting' }, { target: 'detached' }],
        },
        detached: {
          // What was sent meanwhile is lost, and the routers may have pruned everything.
          on: { NATS_CONNECTED: { target: 'greeting', actions: 'requestEmit' } },
        },
        greeting: {
          entry: ['publishGreet', 'countGreeting'],
          after: { greetInterval: { target: 'greeting', reenter: true } },
          on: {
            ROUTER_ANSWERED: { target: 'scheduled', actions: ['setInterval', 'logInterval'] },
            ROUTER_STARTED: { target: 'jittering', actions: ['setInterval', 'logInterval'] },
            NATS_LOST: 'detached',
          },
        },
        scheduled: {
          after: {
            registerInterval: { target: 'scheduled', reenter: true, actions: 'requestEmit' },
          },
          on: {
            ROUTER_STARTED: { target: 'jittering', actions: ['setInterval', 'logInterval'] },
            NATS_LOST: 'detached',
          },
        },
        jittering: {
          // All emitters hear of a new router at the same moment.
          after: { jitter: { target: 'scheduled', actions: 'requestEmit' } },
          on: {
            ROUTER_STARTED: { actions: ['setInterval', 'logInterval'] },
            NATS_LOST: 'detached',
          },
        },
      },
    },
    ended: { type: 'final' },
  },
});
