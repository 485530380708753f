/** Runs a task to its end and takes its result away. */
import { TASK_STATE, type Task, type TaskDefinition } from '../../model/bbs/messages/tasks.ts';
import { cancelTask, deleteTask, desireTask, fetchTask, upsertDomain } from './bbs-calls.ts';
import { failed, timedOut } from './failure.ts';
import { withoutControls } from './output.ts';
import { followLogs, type LogLine, recentLogs } from './read-logs.ts';
import { CLI_LIMITS, type Session } from './session.ts';

export interface TaskRun {
  readonly taskGuid: string;
  readonly definition: TaskDefinition;
  readonly timeoutMs: number;
  /** What the task and its cell write, line by line; the text is safe for a terminal. */
  readonly onLine: (text: string, line: LogLine) => void;
}

async function untilCompleted(session: Session, { taskGuid, timeoutMs }: TaskRun): Promise<Task> {
  const endMs = session.clock.nowMs() + timeoutMs;
  let rejection = '';
  for (;;) {
    const task = await fetchTask(session, taskGuid);
    if (task === undefined) throw failed(`the task ${taskGuid} is gone`);
    const { state, rejection_reason: reason } = task;
    if (state === TASK_STATE.Completed || state === TASK_STATE.Resolving) return task;
    if (reason !== '' && reason !== rejection && state === TASK_STATE.Pending) {
      session.out.progress(`  waiting for a cell: ${reason}`);
      rejection = reason;
    }
    if (session.clock.nowMs() >= endMs) {
      await cancelTask(session, taskGuid);
      throw timedOut(`the task did not end within ${timeoutMs / 1000} s, and was cancelled`);
    }
    if (session.isInterrupted()) {
      await cancelTask(session, taskGuid);
      throw failed('interrupted; the task was cancelled');
    }
    await session.sleep(CLI_LIMITS.pollMs);
  }
}

/** Resolves with the task as it ended, well or not. Its output comes while it runs. */
export async function runTask(session: Session, run: TaskRun): Promise<Task> {
  const { taskGuid, definition, onLine } = run;
  await upsertDomain(session);
  await desireTask(session, taskGuid, definition);
  const shown = new Set<string>();
  const show = (line: LogLine): void => {
    const key = `${line.instanceGuid} ${line.sequence}`;
    if (shown.has(key)) return;
    shown.add(key);
    onLine(withoutControls(line.text), line);
  };
  const following = followLogs(session, definition.log_guid, show);
  try {
    const task = await untilCompleted(session, run);
    following.stop();
    // The last words may not have come over the stream yet.
    for (const line of await recentLogs(session, definition.log_guid)) show(line);
    return task;
  } finally {
    following.stop();
    await deleteTask(session, taskGuid);
  }
}
