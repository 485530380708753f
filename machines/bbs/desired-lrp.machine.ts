/**
 * The life of a desired LRP (diego.md §5): what it wants of its indices stands in the outcome, and
 * is done by steps of actual-lrp.machine.ts. A lifecycle, not an actor (kernel/lifecycle.ts).
 *
 *            DESIRE             UPDATE
 *   absent ─────────► desired ◄────────┐
 *      ▲                 │  └──────────┘
 *      └─────────────────┘
 *            REMOVE
 */
import { setup } from 'xstate';
import { actionsOf, compileLifecycle, guardsOf } from '../kernel/lifecycle.ts';
import type { DesiredLrpCommand } from './desired-lrp.events.ts';
import {
  copyDesiredLrpContext,
  type DesiredLrpContext,
  desiredLrpContext,
  desiredLrpRules,
} from './desired-lrp.rules.ts';

const reject = (error: string) => ({ actions: { type: 'reject', params: { error } } }) as const;

export const desiredLrpMachine = setup({
  types: {
    context: {} as DesiredLrpContext,
    events: {} as DesiredLrpCommand,
    input: {} as { readonly desired: DesiredLrpContext['desired'] },
  },
  guards: guardsOf<DesiredLrpContext, DesiredLrpCommand, typeof desiredLrpRules>(desiredLrpRules),
  actions: actionsOf<DesiredLrpContext, DesiredLrpCommand, typeof desiredLrpRules>(
    desiredLrpRules,
    copyDesiredLrpContext,
  ),
}).createMachine({
  id: 'desired-lrp',
  options: { maxIterations: 1000 },
  context: ({ input }) => desiredLrpContext(input.desired),
  initial: 'absent',
  states: {
    absent: {
      entry: 'remove',
      on: {
        DESIRE: { target: 'desired', actions: 'create' },
        UPDATE: reject('ResourceNotFound'),
        REMOVE: reject('ResourceNotFound'),
      },
    },
    desired: {
      on: {
        DESIRE: reject('ResourceExists'),
        // The tag grows even if nothing else changes (§5.1).
        UPDATE: [
          { guard: 'isScaledUp', actions: ['createMissing', 'tellCells', 'update'] },
          { guard: 'isScaledDown', actions: ['stopExtra', 'tellCells', 'update'] },
          { actions: ['tellCells', 'update'] },
        ],
        REMOVE: { target: 'absent', actions: 'stopAll' },
      },
    },
  },
});

/** The same machine as the BBS runs it. */
export const desiredLrpLifecycle = compileLifecycle<DesiredLrpContext, DesiredLrpCommand>(
  desiredLrpMachine,
  desiredLrpRules,
);

export const desiredLrpStateOf = (desired: DesiredLrpContext['desired']): string =>
  desired === undefined ? 'absent' : 'desired';
