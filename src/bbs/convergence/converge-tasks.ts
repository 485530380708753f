/** One pass over all tasks (diego.md §6.4). */
import type { Generation } from '../../../machines/bbs/lrp.context.ts';
import { TASK_STATE, type Task } from '../../model/bbs/messages/tasks.ts';
import { taskStartRequest } from '../clients/auctioneer-client.ts';
import { stepTask } from '../operations/tasks.ts';
import type { BbsState } from '../state.ts';

/** Nanoseconds; zero: as configured. */
export interface TaskDurations {
  readonly kick_task_duration: bigint;
  readonly expire_pending_task_duration: bigint;
  readonly expire_completed_task_duration: bigint;
}

export type TaskAction = {
  readonly type: 'EXPIRE' | 'LOSE_CELL' | 'DEMOTE' | 'PRUNE' | 'AUCTION';
  readonly task: Task;
};

interface TaskSnapshot {
  readonly generation: Generation;
  readonly now: bigint;
  readonly durations: TaskDurations;
  readonly tasks: Iterable<Task>;
  readonly isCellRegistered: (cellId: string) => boolean;
}

/** What one task needs; pure. */
function actionsOf(task: Task, snapshot: TaskSnapshot): TaskAction['type'][] {
  const { generation, now, durations, isCellRegistered } = snapshot;
  // 2015 compares with "not before", today with "older than".
  const isOver = (since: bigint, duration: bigint): boolean =>
    generation === '2015' ? since + duration <= now : since + duration < now;
  const isKicked = isOver(task.updated_at, durations.kick_task_duration);
  const isOld = isOver(task.first_completed_at, durations.expire_completed_task_duration);
  switch (task.state) {
    case TASK_STATE.Pending:
      if (isOver(task.created_at, durations.expire_pending_task_duration)) return ['EXPIRE'];
      return generation === 'today' || isKicked ? ['AUCTION'] : [];
    case TASK_STATE.Running:
      return isCellRegistered(task.cell_id) ? [] : ['LOSE_CELL'];
    case TASK_STATE.Completed:
      if (isOld) return ['PRUNE'];
      return isKicked ? ['DEMOTE'] : [];
    case TASK_STATE.Resolving:
      if (isOld && (generation === '2015' || isKicked)) return ['PRUNE'];
      return isKicked ? ['DEMOTE'] : [];
    default:
      // Nobody knows what it is: it is cleared away.
      return ['PRUNE'];
  }
}

function planTasks(snapshot: TaskSnapshot): TaskAction[] {
  const actions: TaskAction[] = [];
  for (const task of snapshot.tasks) {
    for (const type of actionsOf(task, snapshot)) actions.push({ type, task });
  }
  return actions;
}

const NS_PER_MS = 1_000_000n;

function durationsOf({ options }: BbsState, given: TaskDurations): TaskDurations {
  const { kickTaskMs, expirePendingTaskMs, expireCompletedTaskMs } = options;
  const or = (ns: bigint, ms: number): bigint => (ns > 0n ? ns : BigInt(ms) * NS_PER_MS);
  return {
    kick_task_duration: or(given.kick_task_duration, kickTaskMs),
    expire_pending_task_duration: or(given.expire_pending_task_duration, expirePendingTaskMs),
    expire_completed_task_duration: or(given.expire_completed_task_duration, expireCompletedTaskMs),
  };
}

const AS_CONFIGURED: TaskDurations = {
  kick_task_duration: 0n,
  expire_pending_task_duration: 0n,
  expire_completed_task_duration: 0n,
};

export async function convergeTasks(
  state: BbsState,
  durations: TaskDurations = AS_CONFIGURED,
): Promise<number> {
  const { image } = state;
  const actions = planTasks({
    generation: state.options.generation,
    now: state.now(),
    durations: durationsOf(state, durations),
    tasks: [...image.tasks.values()].map(({ message }) => message),
    isCellRegistered: (cellId) => image.cells.has(cellId),
  });
  const auctions: Task[] = [];
  for (const { type, task } of actions) {
    if (type === 'AUCTION') auctions.push(task);
    // A task that has moved on meanwhile refuses the command, and nothing is lost.
    else await stepTask(state, task.task_guid, { type });
  }
  state.auctioneer.requestTasks(auctions.map(taskStartRequest));
  return actions.length;
}
