/**
 * Runs the convergence passes (diego.md §7): on an interval, and when a cell is lost. One node of a
 * cluster does it, the elected leader.
 *
 *   following ── LEADERSHIP_GAINED ─► waiting ⇄ converging      LEADERSHIP_LOST ─► following
 */
import { assign, setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { ConvergenceEvent } from './bbs.events.ts';

export interface ConvergenceInput {
  readonly convergeIntervalMs: number;
  /** Who has just begun to lead looks sooner: much may have happened while nobody did. */
  readonly firstPassMs: number;
}

interface ConvergenceContext extends ConvergenceInput {
  readonly passes: number;
  /** A cell was lost during a pass, which may have looked before. */
  readonly isPassWanted: boolean;
}

export const convergenceMachine = setup({
  types: {
    context: {} as ConvergenceContext,
    events: {} as ConvergenceEvent,
    input: {} as ConvergenceInput,
  },
  actors: { candidacy: toBeProvided(), pass: toBeProvided() },
  delays: {
    convergeInterval: ({ context }) =>
      context.passes === 0
        ? Math.min(context.firstPassMs, context.convergeIntervalMs)
        : context.convergeIntervalMs,
  },
  guards: { isPassWanted: ({ context }) => context.isPassWanted },
  actions: {
    crash,
    wantPass: assign({ isPassWanted: true }),
    forgetWant: assign({ isPassWanted: false }),
    countPass: assign(({ context }) => ({ passes: context.passes + 1 })),
  },
}).createMachine({
  id: 'convergence',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ ...input, passes: 0, isPassWanted: false }),
  on: { RESOURCE_FAILED: { actions: 'crash' }, SHUTDOWN: '.ended' },
  initial: 'candidate',
  states: {
    candidate: {
      entry: announceReady(),
      invoke: { id: 'candidacy', src: 'candidacy', input: {} },
      initial: 'following',
      on: { LEADERSHIP_LOST: '.following' },
      states: {
        following: { on: { LEADERSHIP_GAINED: 'waiting' } },
        waiting: {
          after: { convergeInterval: 'converging' },
          on: { CELL_LOST: 'converging' },
        },
        converging: {
          entry: 'forgetWant',
          invoke: { id: 'pass', src: 'pass', input: {} },
          on: {
            CELL_LOST: { actions: 'wantPass' },
            PASS_ENDED: [
              {
                guard: 'isPassWanted',
                target: 'converging',
                reenter: true,
                actions: 'countPass',
              },
              { target: 'waiting', actions: 'countPass' },
            ],
          },
        },
      },
    },
    ended: { type: 'final' },
  },
});
