/** All that happens to tasks (diego.md §6). */
import type { TaskCommand } from '../../../machines/bbs/task.events.ts';
import { taskLifecycle, taskStateOf } from '../../../machines/bbs/task.machine.ts';
import { type TaskOutcome, taskContext } from '../../../machines/bbs/task.rules.ts';
import type { BbsError } from '../../model/bbs/errors.ts';
import type { Of } from '../../model/bbs/messages/common.ts';
import {
  type CompleteTaskRequest,
  type DesireTaskRequest,
  Task,
  TaskDefinition,
} from '../../model/bbs/messages/tasks.ts';
import { taskStartRequest } from '../clients/auctioneer-client.ts';
import { taskKey } from '../image/keys.ts';
import type { BbsState } from '../state.ts';
import { commit, put, unchanged } from './commit.ts';

type OwnFields = 'generation' | 'now';
type Fields<C> = C extends TaskCommand ? Omit<C, OwnFields> : never;

interface Stepped {
  readonly task: Task | undefined;
  readonly outcome: TaskOutcome;
  readonly error: BbsError | undefined;
}

/** One step of task.machine.ts, committed; then what it wants of others. */
export async function stepTask(
  state: BbsState,
  guid: string,
  fields: Fields<TaskCommand>,
): Promise<Stepped> {
  const { generation } = state.options;
  const key = taskKey(guid);
  const committed = await state.queue.run(key, () =>
    commit(state, () => {
      const record = state.image.tasks.get(guid);
      const before = record?.message;
      const context = taskContext(before);
      const command = { ...fields, generation, now: state.now() } as TaskCommand;
      taskLifecycle.step(taskStateOf(before), context, command);
      const { task } = context;
      return {
        reply: context,
        compare: [unchanged(key, record)],
        operations:
          task === before
            ? []
            : task === undefined
              ? [{ type: 'delete', key } as const]
              : [put(key, Task, task)],
      };
    }),
  );
  if (!committed.ok) {
    const { task, outcome } = taskContext(state.image.tasks.get(guid)?.message);
    return { task, outcome, error: committed.error };
  }
  const { task, outcome } = committed.reply;
  if (outcome.error === undefined) followUp(state, task, outcome);
  return { task, outcome, error: outcome.error };
}

function followUp(state: BbsState, task: Task | undefined, outcome: TaskOutcome): void {
  if (task === undefined) return;
  if (outcome.isAuctionWanted) state.auctioneer.requestTasks([taskStartRequest(task)]);
  const cell = state.image.cells.get(outcome.cancelOnCell);
  if (cell !== undefined) state.rep.cancelTaskLater(cell, task.task_guid);
  if (outcome.isCallbackWanted) submitCallback(state, task);
}

/** Tells whoever desired the task that it ended, if they left an address (§6.3). */
function submitCallback(state: BbsState, task: Task): void {
  state.callbacks.submit(task, {
    resolve: async (guid) => {
      const { error } = await stepTask(state, guid, { type: 'RESOLVE' });
      return error === undefined;
    },
    remove: async (guid) => {
      await stepTask(state, guid, { type: 'DELETE' });
    },
  });
}

export async function desireTask(
  state: BbsState,
  request: Of<typeof DesireTaskRequest>,
): Promise<BbsError | undefined> {
  const { task_guid, domain, task_definition = TaskDefinition.empty } = request;
  const { error } = await stepTask(state, task_guid, {
    type: 'DESIRE',
    taskGuid: task_guid,
    domain,
    definition: task_definition,
  });
  return error;
}

export async function startTask(
  state: BbsState,
  { task_guid, cell_id }: { readonly task_guid: string; readonly cell_id: string },
): Promise<{ error: BbsError | undefined; should_start: boolean }> {
  const { error, outcome } = await stepTask(state, task_guid, { type: 'START', cellId: cell_id });
  return { error, should_start: error === undefined && outcome.shouldStart };
}

export async function completeTask(
  state: BbsState,
  request: Of<typeof CompleteTaskRequest>,
): Promise<BbsError | undefined> {
  const { task_guid, cell_id, failed, failure_reason, result } = request;
  const { error } = await stepTask(state, task_guid, {
    type: 'COMPLETE',
    cellId: cell_id,
    failed,
    reason: failure_reason,
    result,
  });
  return error;
}
