/** The guards and effects of task.machine.ts, by name. */
import {
  type BbsError,
  bbsError,
  invalidStateTransition,
  type PlainErrorType,
  runningOnDifferentCell,
} from '../../src/model/bbs/errors.ts';
import { TASK_STATE, Task } from '../../src/model/bbs/messages/tasks.ts';
import { truncated } from '../../src/model/bbs/rows.ts';
import type { Rules } from '../kernel/lifecycle.ts';
import type { TaskCommand } from './task.events.ts';

export interface TaskOutcome {
  error: BbsError | undefined;
  shouldStart: boolean;
  isAuctionWanted: boolean;
  /** The cell that is to be told that its task was cancelled; empty: none. */
  cancelOnCell: string;
  /** The completion callback is due. */
  isCallbackWanted: boolean;
}

export interface TaskContext {
  task: Task | undefined;
  outcome: TaskOutcome;
}

const NO_TASK_OUTCOME: TaskOutcome = {
  error: undefined,
  shouldStart: false,
  isAuctionWanted: false,
  cancelOnCell: '',
  isCallbackWanted: false,
};

export const taskContext = (task: Task | undefined): TaskContext => ({
  task,
  outcome: { ...NO_TASK_OUTCOME },
});

export const copyTaskContext = ({ task, outcome }: TaskContext): TaskContext => ({
  task,
  outcome: { ...outcome },
});

type CommandOf<T extends TaskCommand['type']> = Extract<TaskCommand, { readonly type: T }>;
const as = <T extends TaskCommand['type']>(command: TaskCommand, _type: T) =>
  command as CommandOf<T>;

function change(draft: TaskContext, fields: Partial<Task>): void {
  if (draft.task !== undefined) draft.task = { ...draft.task, ...fields };
}

/** What every completion sets (§6.1). */
function complete(draft: TaskContext, { now }: TaskCommand, fields: Partial<Task>): void {
  change(draft, { updated_at: now, first_completed_at: now, ...fields });
  draft.outcome.isCallbackWanted = true;
}

const CANCELLED = 'task was cancelled';
const EXPIRED = 'not started within time limit';
const CELL_LOST = 'cell disappeared before completion';

export const taskRules = {
  guards: {
    isOnCell: ({ task }, command) => task?.cell_id === as(command, 'START').cellId,
    /** The count before this rejection decides (§6.1). */
    isRejectedTooOften: ({ task }, command) =>
      (task?.rejection_count ?? 0) >= as(command, 'REJECT').maxRetries,
  },
  effects: {
    reject: ({ outcome }, _command, { error }) => {
      outcome.error = bbsError(error as PlainErrorType);
    },
    rejectTransition: ({ outcome }, _command, { from = '', to = '' }) => {
      outcome.error = invalidStateTransition(from, to);
    },
    rejectCell: ({ task, outcome }, command) => {
      const { cellId } = as(command, 'COMPLETE');
      outcome.error = runningOnDifferentCell(task?.cell_id ?? '', cellId);
    },
    setState: (draft, _command, { state }) =>
      change(draft, { state: TASK_STATE[state as keyof typeof TASK_STATE] }),
    create: (draft, command) => {
      const { taskGuid, domain, definition, now } = as(command, 'DESIRE');
      draft.task = Task.create({
        task_definition: definition,
        task_guid: taskGuid,
        domain,
        created_at: now,
        updated_at: now,
      });
      draft.outcome.isAuctionWanted = true;
    },
    remove: (draft) => {
      draft.task = undefined;
    },
    start: (draft, command) => {
      change(draft, { cell_id: as(command, 'START').cellId, updated_at: command.now });
      draft.outcome.shouldStart = true;
    },
    cancel: (draft, command) => {
      draft.outcome.cancelOnCell = draft.task?.cell_id ?? '';
      complete(draft, command, { failed: true, failure_reason: CANCELLED, cell_id: '' });
    },
    fail: (draft, command) =>
      complete(draft, command, {
        failed: true,
        failure_reason: truncated(as(command, 'FAIL').reason),
        cell_id: '',
      }),
    complete: (draft, command) => {
      const { failed, reason, result } = as(command, 'COMPLETE');
      complete(draft, command, {
        failed,
        failure_reason: truncated(reason),
        result,
        cell_id: '',
      });
    },
    countRejection: (draft, command) =>
      change(draft, {
        rejection_count: (draft.task?.rejection_count ?? 0) + 1,
        rejection_reason: truncated(as(command, 'REJECT').reason),
        updated_at: command.now,
      }),
    stampUpdated: (draft, { now }) => change(draft, { updated_at: now }),
    expire: (draft, command) => {
      complete(draft, command, { failed: true, failure_reason: EXPIRED, cell_id: '' });
      // Its callback waits for a later pass (§6.3).
      draft.outcome.isCallbackWanted = false;
    },
    loseCell: (draft, command) => {
      const cell = command.generation === '2015' ? { cell_id: '' } : {};
      complete(draft, command, { failed: true, failure_reason: CELL_LOST, ...cell });
      draft.outcome.isCallbackWanted = false;
    },
    wantCallback: ({ outcome }) => {
      outcome.isCallbackWanted = true;
    },
  },
} as const satisfies Rules<TaskContext, TaskCommand>;
