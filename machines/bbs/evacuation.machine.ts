/**
 * The life of the EVACUATING row of one index (diego.md §4): an instance that still runs on a cell
 * that empties itself, until its replacement runs elsewhere. What the evacuation wants to happen
 * to the ORDINARY row (`outcome.next`) is a step of actual-lrp.machine.ts in the same transaction.
 *
 *            EVACUATE_RUNNING
 *   absent ──────────────────► evacuating ──► absent   REMOVE_EVACUATING, the replacement's START,
 *                                                      or nothing left to wait for
 */
import { setup } from 'xstate';
import { actionsOf, compileLifecycle, guardsOf } from '../kernel/lifecycle.ts';
import type { EvacuationCommand } from './evacuation.events.ts';
import { evacuationRules } from './evacuation.rules.ts';
import { copyLrpContext, type LrpContext, type LrpSlots, lrpContext } from './lrp.context.ts';

const reject = (error: string) => ({ actions: { type: 'reject', params: { error } } }) as const;

/** §4.2: the same beginning for claimed, stopped and crashed. */
const common = (then: 'thenUnclaim' | 'thenRemove' | 'thenCrash') =>
  [
    // 2015: first the own evacuating row goes, whatever becomes of the rest (§4.1).
    { guard: 'ownsEvacuating2015', target: 'absent', actions: then },
    { guard: 'is2015', actions: then },
    { guard: 'isTargetNone', ...reject('ResourceNotFound') },
    { guard: 'isTargetEvacuating', target: 'absent' },
    { guard: 'isTargetSuspect', actions: 'dropSuspect' },
    { actions: then },
  ] as const;

/** The container goes before its replacement runs (§4.2, RECREATE). */
const RECREATE = [
  { guard: 'isNoneRecreated' },
  { guard: 'isEvacuatingRecreated', target: 'absent' },
  { guard: 'isSuspectRecreated', actions: 'dropSuspect' },
  { guard: 'isOrdinaryRecreated', actions: 'thenUnclaim' },
  { guard: 'isOrdinaryKept', actions: 'keepContainer' },
] as const;

const HANDED_OVER = {
  guard: 'isTargetOrdinary',
  target: 'evacuating',
  actions: ['evacuateOrdinary', 'keepContainer', 'thenUnclaim'],
} as const;

export const evacuationMachine = setup({
  types: {
    context: {} as LrpContext,
    events: {} as EvacuationCommand,
    input: {} as LrpSlots,
  },
  guards: guardsOf<LrpContext, EvacuationCommand, typeof evacuationRules>(evacuationRules),
  actions: actionsOf<LrpContext, EvacuationCommand, typeof evacuationRules>(
    evacuationRules,
    copyLrpContext,
  ),
}).createMachine({
  id: 'evacuation',
  options: { maxIterations: 1000 },
  context: ({ input }) => lrpContext(input),
  initial: 'absent',
  states: {
    absent: {
      entry: 'dropEvacuating',
      on: {
        REMOVE_EVACUATING: [{ guard: 'is2015' }, reject('ResourceNotFound')],
        LOSE_CELL: {},
        EVACUATE_CLAIMED: common('thenUnclaim'),
        EVACUATE_STOPPED: common('thenRemove'),
        EVACUATE_CRASHED: common('thenCrash'),
        EVACUATE_RUNNING: [
          ...RECREATE,
          HANDED_OVER,
          { guard: 'hasNoOrdinary' },
          { guard: 'isReplaced' },
          // The replacement waits for a place: the old instance runs on until it has one.
          { guard: 'isHopeless2015' },
          {
            guard: 'isTargetSuspect',
            target: 'evacuating',
            actions: ['evacuateSuspect', 'keepContainer'],
          },
          { target: 'evacuating', actions: ['evacuateRequested', 'keepContainer'] },
        ],
      },
    },
    evacuating: {
      on: {
        REMOVE_EVACUATING: [
          { guard: 'isOnlyEvacuating', target: 'absent' },
          { guard: 'is2015', ...reject('ActualLRPCannotBeRemoved') },
          reject('ResourceNotFound'),
        ],
        LOSE_CELL: { target: 'absent' },
        EVACUATE_CLAIMED: common('thenUnclaim'),
        EVACUATE_STOPPED: common('thenRemove'),
        EVACUATE_CRASHED: common('thenCrash'),
        EVACUATE_RUNNING: [
          ...RECREATE,
          { guard: 'isHandedOverAlready', actions: ['keepContainer', 'thenUnclaim'] },
          HANDED_OVER,
          { guard: 'isReleased', target: 'absent' },
          { guard: 'isSettled' },
          {
            guard: 'isTargetSuspect',
            actions: ['evacuateSuspect', 'keepContainer'],
          },
          { guard: 'isUnchanged', actions: 'keepContainer' },
          { guard: 'ownsEvacuating', actions: ['evacuateRequested', 'keepContainer'] },
          // Another cell's instance is evacuated here already.
          {},
        ],
      },
    },
  },
});

/** The same machine as the BBS runs it. */
export const evacuationLifecycle = compileLifecycle<LrpContext, EvacuationCommand>(
  evacuationMachine,
  evacuationRules,
);

export const evacuationStateOf = (row: LrpContext['evacuating']): string =>
  row === undefined ? 'absent' : 'evacuating';
