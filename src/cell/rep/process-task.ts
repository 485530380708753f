/** What the BBS is told of a task's container (diego.md §13.6). */
import type { Container } from '../executor/executor.ts';
import type { CellState } from '../state.ts';
import type { Outcome } from './bbs-calls.ts';
import { taskRunRequest } from './run-request.ts';

const isGone = (outcome: Outcome<unknown>): boolean =>
  !outcome.ok &&
  ['InvalidStateTransition', 'ResourceNotFound', 'RunningOnDifferentCell'].includes(
    outcome.error.type,
  );

function note({ ports }: CellState, what: string, guid: string, outcome: Outcome<unknown>): void {
  if (outcome.ok) return;
  ports.log.info(`rep.task.${what}-refused`, { 'task-guid': guid, ...outcome.error });
}

async function drop({ executor, resultFiles }: CellState, guid: string): Promise<void> {
  await executor.remove(guid);
  resultFiles.delete(guid);
}

async function startAndRun(state: CellState, guid: string): Promise<void> {
  const { calls, executor } = state;
  const started = await calls.startTask(guid);
  note(state, 'start', guid, started);
  if (isGone(started)) await drop(state, guid);
  if (!started.ok || !started.value.should_start) return;
  const answer = await calls.task(guid);
  note(state, 'get', guid, answer);
  const task = answer.ok ? answer.value.task : undefined;
  const request = task && taskRunRequest(task);
  state.resultFiles.set(guid, task?.task_definition?.result_file ?? '');
  if (request !== undefined && executor.run(guid, request) === undefined) return;
  const reason = 'failed to run container';
  note(state, 'complete', guid, await calls.completeTask(guid, true, reason, ''));
  await drop(state, guid);
}

async function complete(state: CellState, guid: string, container: Container): Promise<void> {
  const { calls, executor } = state;
  const { result } = container;
  const isFailed = result?.isFailed !== false;
  let reason = result?.failureReason ?? '';
  if (isFailed && result?.isRetryable === true) {
    note(state, 'reject', guid, await calls.rejectTask(guid, reason));
    await drop(state, guid);
    return;
  }
  let text: string | undefined = '';
  const file = state.resultFiles.get(guid) ?? '';
  if (!isFailed && file !== '') text = await executor.resultFile(guid, file);
  if (text === undefined) reason = 'failed to fetch result';
  const hasFailed = isFailed || text === undefined;
  const completed = await calls.completeTask(guid, hasFailed, reason, text ?? '');
  note(state, 'complete', guid, completed);
  if (!completed.ok && completed.error.type === 'InvalidStateTransition') {
    const again = await calls.completeTask(guid, true, 'invalid state transition', '');
    note(state, 'complete', guid, again);
  }
  // Without a word of the BBS the result is kept: the next pass tells it again.
  if (!completed.ok && completed.error.type === 'Unreachable') return;
  await drop(state, guid);
}

/** `guid` is looked up now: what was true when the work was added may be over. */
export async function processTaskContainer(state: CellState, guid: string): Promise<void> {
  const container = state.executor.get(guid);
  if (container?.allocation.owner.lifecycle !== 'task') return;
  if (container.state === 'reserved') await startAndRun(state, guid);
  else if (container.state === 'completed') await complete(state, guid, container);
  else {
    const started = await state.calls.startTask(guid);
    note(state, 'start', guid, started);
    if (isGone(started)) await drop(state, guid);
  }
}
