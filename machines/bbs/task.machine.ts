/**
 * The life of a task (diego.md §6). A lifecycle, not an actor (kernel/lifecycle.ts).
 *
 *           DESIRE          START           COMPLETE              RESOLVE            DELETE
 *   absent ───────► pending ─────► running ──────────► completed ───────► resolving ───────► absent
 *                      ▲  │ REJECT    │                    ▲   ▲               │
 *                      │  └───────────│────────────────────┘   └────DEMOTE─────┘
 *                      └────REJECT────┘     CANCEL, FAIL, EXPIRE, LOSE_CELL
 */
import { setup } from 'xstate';
import { actionsOf, compileLifecycle, guardsOf } from '../kernel/lifecycle.ts';
import type { TaskCommand } from './task.events.ts';
import { copyTaskContext, type TaskContext, taskContext, taskRules } from './task.rules.ts';

const reject = (error: string) => ({ actions: { type: 'reject', params: { error } } }) as const;
const noWay = (from: string, to: string) =>
  ({ actions: { type: 'rejectTransition', params: { from, to } } }) as const;
const enter = (state: string) => ({ type: 'setState', params: { state } }) as const;

const MISSING = reject('ResourceNotFound');
const EXISTS = reject('ResourceExists');
/** Convergence found the task as it was a moment ago. */
const TOO_LATE = reject('ResourceConflict');
const CANCEL = { target: 'completed', actions: 'cancel' } as const;
const FAIL = { target: 'completed', actions: 'fail' } as const;

export const taskMachine = setup({
  types: {
    context: {} as TaskContext,
    events: {} as TaskCommand,
    input: {} as { readonly task: TaskContext['task'] },
  },
  guards: guardsOf<TaskContext, TaskCommand, typeof taskRules>(taskRules),
  actions: actionsOf<TaskContext, TaskCommand, typeof taskRules>(taskRules, copyTaskContext),
}).createMachine({
  id: 'task',
  options: { maxIterations: 1000 },
  context: ({ input }) => taskContext(input.task),
  initial: 'absent',
  states: {
    absent: {
      entry: 'remove',
      on: {
        DESIRE: { target: 'pending', actions: 'create' },
        START: MISSING,
        CANCEL: MISSING,
        FAIL: MISSING,
        COMPLETE: MISSING,
        REJECT: MISSING,
        RESOLVE: MISSING,
        DELETE: MISSING,
        EXPIRE: MISSING,
        LOSE_CELL: MISSING,
        DEMOTE: MISSING,
        PRUNE: MISSING,
      },
    },
    pending: {
      entry: enter('Pending'),
      on: {
        DESIRE: EXISTS,
        START: { target: 'running', actions: 'start' },
        CANCEL,
        FAIL,
        COMPLETE: noWay('Pending', 'Completed'),
        REJECT: [
          { guard: 'isRejectedTooOften', target: 'completed', actions: ['countRejection', 'fail'] },
          { actions: 'countRejection' },
        ],
        RESOLVE: noWay('Pending', 'Resolving'),
        DELETE: noWay('Pending', 'Resolving'),
        EXPIRE: { target: 'completed', actions: 'expire' },
        LOSE_CELL: TOO_LATE,
        DEMOTE: TOO_LATE,
        PRUNE: TOO_LATE,
      },
    },
    running: {
      entry: enter('Running'),
      on: {
        DESIRE: EXISTS,
        START: [{ guard: 'isOnCell' }, noWay('Running', 'Running')],
        CANCEL,
        FAIL,
        COMPLETE: [
          { guard: 'isOnCell', target: 'completed', actions: 'complete' },
          { actions: 'rejectCell' },
        ],
        REJECT: [
          { guard: 'isRejectedTooOften', target: 'completed', actions: ['countRejection', 'fail'] },
          // It keeps its cell_id, as in the original.
          { target: 'pending', actions: 'countRejection' },
        ],
        RESOLVE: noWay('Running', 'Resolving'),
        DELETE: noWay('Running', 'Resolving'),
        EXPIRE: TOO_LATE,
        LOSE_CELL: { target: 'completed', actions: 'loseCell' },
        DEMOTE: TOO_LATE,
        PRUNE: TOO_LATE,
      },
    },
    completed: {
      entry: enter('Completed'),
      on: {
        DESIRE: EXISTS,
        START: noWay('Completed', 'Running'),
        CANCEL: noWay('Completed', 'Completed'),
        FAIL: noWay('Completed', 'Completed'),
        COMPLETE: noWay('Completed', 'Completed'),
        REJECT: [
          { guard: 'isRejectedTooOften', ...noWay('Completed', 'Completed') },
          reject('InvalidRequest'),
        ],
        RESOLVE: { target: 'resolving', actions: 'stampUpdated' },
        DELETE: noWay('Completed', 'Resolving'),
        EXPIRE: TOO_LATE,
        LOSE_CELL: TOO_LATE,
        DEMOTE: { actions: 'wantCallback' },
        PRUNE: { target: 'absent' },
      },
    },
    resolving: {
      entry: enter('Resolving'),
      on: {
        DESIRE: EXISTS,
        START: noWay('Resolving', 'Running'),
        CANCEL: noWay('Resolving', 'Completed'),
        FAIL: noWay('Resolving', 'Completed'),
        COMPLETE: noWay('Resolving', 'Completed'),
        REJECT: [
          { guard: 'isRejectedTooOften', ...noWay('Resolving', 'Completed') },
          reject('InvalidRequest'),
        ],
        RESOLVE: noWay('Resolving', 'Resolving'),
        DELETE: { target: 'absent' },
        EXPIRE: TOO_LATE,
        LOSE_CELL: TOO_LATE,
        DEMOTE: { target: 'completed', actions: 'wantCallback' },
        PRUNE: { target: 'absent' },
      },
    },
  },
});

/** The same machine as the BBS runs it. */
export const taskLifecycle = compileLifecycle<TaskContext, TaskCommand>(taskMachine, taskRules);

const STATES = ['absent', 'pending', 'running', 'completed', 'resolving'] as const;

/** A record with a number that no state has counts as completed: convergence prunes it. */
export const taskStateOf = (task: TaskContext['task']): string =>
  task === undefined ? 'absent' : (STATES[task.state] ?? 'completed');
