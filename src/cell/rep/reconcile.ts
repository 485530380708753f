/** Makes containers and records agree (diego.md §13.6, "Bulk"). */
import { type ActualLRP, PRESENCE } from '../../model/bbs/messages/actual-lrp.ts';
import { TASK_STATE, type Task } from '../../model/bbs/messages/tasks.ts';
import type { Container } from '../executor/executor.ts';
import type { CellState } from '../state.ts';
import { processLrpContainer } from './process-lrp.ts';
import { processTaskContainer } from './process-task.ts';

/** Looks after one container, when its turn comes. */
export function lookAfter(state: CellState, { allocation }: Container): void {
  const { guid, owner } = allocation;
  const process = owner.lifecycle === 'lrp' ? processLrpContainer : processTaskContainer;
  if (state.work.add(guid, () => process(state, guid))) return;
  state.ports.log.error('rep.queue-full', { guid });
}

function removeRecord(state: CellState, row: ActualLRP): void {
  const { calls, executor, ports, work } = state;
  const own = { key: row.actual_lrp_key, instanceKey: row.actual_lrp_instance_key };
  const { instance_guid } = own.instanceKey;
  work.add(`${instance_guid}/${row.presence}`, async () => {
    if (executor.get(instance_guid) !== undefined) return;
    const isEvacuating = row.presence === PRESENCE.EVACUATING;
    const outcome = await (isEvacuating ? calls.removeEvacuating(own) : calls.remove(own));
    ports.log.info('rep.lrp.removed-record-without-container', {
      'process-guid': own.key.process_guid,
      index: own.key.index,
      'instance-guid': instance_guid,
      ...(outcome.ok ? {} : { error: outcome.error.message }),
    });
  });
}

function failTask(state: CellState, { task_guid }: Task): void {
  const { calls, executor, ports, work } = state;
  work.add(task_guid, async () => {
    if (executor.get(task_guid) !== undefined) return;
    const reason = 'task container does not exist';
    const outcome = await calls.completeTask(task_guid, true, reason, '');
    ports.log.info('rep.task.failed-record-without-container', {
      'task-guid': task_guid,
      ...(outcome.ok ? {} : { error: outcome.error.message }),
    });
  });
}

/** One pass. A list that cannot be had skips it: nothing is removed on a guess. */
export async function reconcile(state: CellState): Promise<void> {
  const { calls, executor, ports } = state;
  const [actuals, tasks] = await Promise.all([calls.actuals(), calls.tasks()]);
  if (!actuals.ok || !tasks.ok) {
    const failed = actuals.ok ? tasks : actuals;
    ports.log.error('rep.bulk-skipped', { ...(failed.ok ? {} : failed.error) });
    return;
  }
  for (const container of executor.list()) lookAfter(state, container);
  for (const row of actuals.value) {
    if (executor.get(row.actual_lrp_instance_key.instance_guid) === undefined) {
      removeRecord(state, row);
    }
  }
  for (const task of tasks.value.tasks) {
    const isOurs = task.state === TASK_STATE.Running;
    if (isOurs && executor.get(task.task_guid) === undefined) failTask(state, task);
  }
}
