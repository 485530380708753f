/** What must hold of tasks and desired LRPs after every step. */
import { isDeepStrictEqual } from 'node:util';
import type { DesiredLrpCommand } from '../../machines/bbs/desired-lrp.events.ts';
import type { DesiredLrpContext } from '../../machines/bbs/desired-lrp.rules.ts';
import type { TaskCommand } from '../../machines/bbs/task.events.ts';
import type { TaskContext } from '../../machines/bbs/task.rules.ts';
import { TASK_STATE } from '../../src/model/bbs/messages/tasks.ts';

/** diego.md §6.1: when it was completed is told of what is completed, and of nothing else. */
export function taskProblems(
  before: TaskContext,
  { task, outcome }: TaskContext,
  { now }: TaskCommand,
): readonly string[] {
  const problems: string[] = [];
  if (outcome.error !== undefined && !isDeepStrictEqual(before.task, task)) {
    problems.push('changed although refused');
  }
  if (task === undefined) return problems;
  const isOver = task.state === TASK_STATE.Completed || task.state === TASK_STATE.Resolving;
  if (isOver !== task.first_completed_at > 0n) problems.push('first_completed_at');
  if (task.state === TASK_STATE.Running && task.cell_id === '') problems.push('runs nowhere');
  if (task.updated_at > now || task.updated_at < task.created_at) problems.push('updated_at');
  if (task.rejection_count < (before.task?.rejection_count ?? 0)) problems.push('rejection_count');
  if (before.task !== undefined && task.created_at !== before.task.created_at) {
    problems.push('created_at');
  }
  return problems;
}

/** diego.md §5.1: a new one begins with index 0, and each update adds one. */
export function desiredProblems(
  before: DesiredLrpContext,
  { desired, outcome }: DesiredLrpContext,
  command: DesiredLrpCommand,
): readonly string[] {
  if (desired === undefined) return [];
  const { epoch, index } = desired.modification_tag ?? { epoch: '', index: -1 };
  if (before.desired === undefined) {
    const isNew = command.type === 'DESIRE' && epoch === command.epoch && index === 0;
    return isNew ? [] : ['a new tag'];
  }
  const tag = before.desired.modification_tag;
  const isUpdated = command.type === 'UPDATE' && outcome.error === undefined;
  const wanted = (tag?.index ?? 0) + (isUpdated ? 1 : 0);
  if (!isUpdated && !isDeepStrictEqual(before.desired, desired)) return ['changed for nothing'];
  return epoch === tag?.epoch && index === wanted ? [] : [`tag ${epoch}/${index}`];
}
