/**
 * Tells the routers everything when it is asked to, one round at a time, and repeats
 * unregistrations, which have no answer and may be lost (diego.md §11.2, §11.7). What an event
 * changes is published at once and does not come here.
 *
 *   idle ── EMIT_REQUESTED ─► emitting ── EMISSION_ENDED ─► idle
 */
import { assign, setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { Audience, BroadcasterEvent } from './route-emitter.events.ts';

interface BroadcasterContext {
  readonly audience: Audience;
  /** Waits for the round under way to end. */
  readonly next: Audience | undefined;
  readonly messages: number;
}

const audienceOf = (event: BroadcasterEvent): Audience =>
  event.type === 'EMIT_REQUESTED' ? event.audience : 'router';

export const broadcasterMachine = setup({
  types: { context: {} as BroadcasterContext, events: {} as BroadcasterEvent },
  actors: {
    repeater: toBeProvided(),
    emission: toBeProvided<{ readonly audience: Audience }>(),
  },
  guards: {
    isOtherAudience: ({ context, event }) => audienceOf(event) !== context.audience,
    isNextWaiting: ({ context }) => context.next !== undefined,
  },
  actions: {
    crash,
    rememberAudience: assign(({ event }) => ({ audience: audienceOf(event) })),
    rememberNext: assign(({ event }) => ({ next: audienceOf(event) })),
    takeNext: assign(({ context }) => ({
      audience: context.next ?? context.audience,
      next: undefined,
    })),
    countMessages: assign(({ context, event }) => ({
      messages: context.messages + (event.type === 'EMISSION_ENDED' ? event.messages : 0),
    })),
    repeatUnregistrations: () => {},
    logEmitInProgress: () => {},
  },
}).createMachine({
  id: 'broadcaster',
  options: { maxIterations: 1000 },
  context: { audience: 'router', next: undefined, messages: 0 },
  on: { RESOURCE_FAILED: { actions: 'crash' } },
  initial: 'open',
  states: {
    open: {
      entry: announceReady(),
      invoke: { id: 'repeater', src: 'repeater', input: {} },
      initial: 'idle',
      on: { UNREGISTRATIONS_DUE: { actions: 'repeatUnregistrations' }, SHUTDOWN: 'ended' },
      states: {
        idle: {
          on: { EMIT_REQUESTED: { target: 'emitting', actions: 'rememberAudience' } },
        },
        emitting: {
          invoke: {
            id: 'emission',
            src: 'emission',
            input: ({ context }) => ({ audience: context.audience }),
          },
          on: {
            EMIT_REQUESTED: [
              { guard: 'isOtherAudience', actions: 'rememberNext' },
              { actions: 'logEmitInProgress' },
            ],
            EMISSION_ENDED: [
              {
                guard: 'isNextWaiting',
                target: 'emitting',
                reenter: true,
                actions: ['countMessages', 'takeNext'],
              },
              { target: 'idle', actions: 'countMessages' },
            ],
          },
        },
      },
    },
    ended: { type: 'final' },
  },
});
