/** Tells whoever desired a task that it ended (diego.md §6.3). */

import { createHttpCalls } from '../../clients/http-calls.ts';
import { WorkerPool } from '../../clients/worker-pool.ts';
import type { Task } from '../../model/bbs/messages/tasks.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { BBS_LIMITS, type BbsOptions } from '../options.ts';

/** What is done with the task around the call; the operations provide it. */
export interface CallbackSteps {
  /** False: somebody else has it. */
  resolve(taskGuid: string): Promise<boolean>;
  remove(taskGuid: string): Promise<void>;
}

export interface TaskCallbacks {
  submit(task: Task, steps: CallbackSteps): void;
  idle(): Promise<void>;
}

const WAITING = 65_536;
const isTryAgain = (status: number): boolean => status === 503 || status === 504;

function bodyOf(task: Task): string {
  const annotation = task.task_definition?.annotation ?? '';
  const body = {
    task_guid: task.task_guid,
    failed: task.failed,
    failure_reason: task.failure_reason,
    result: task.result,
    ...(annotation === '' ? {} : { annotation }),
    created_at: 0,
  };
  // A number too large for JavaScript: it is put in as text.
  return JSON.stringify(body).replace('"created_at":0', `"created_at":${task.created_at}`);
}

export function createTaskCallbacks(
  { communicationTimeoutMs, callbackWorkers }: BbsOptions,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): TaskCallbacks {
  const calls = createHttpCalls({ clock, timeoutMs: communicationTimeoutMs, tls: undefined });
  const pool = new WorkerPool(callbackWorkers, WAITING);

  async function run(task: Task, steps: CallbackSteps): Promise<void> {
    const { task_guid } = task;
    const url = task.task_definition?.completion_callback_url ?? '';
    if (!(await steps.resolve(task_guid))) return;
    for (let attempt = 1; attempt <= BBS_LIMITS.callbackAttempts; attempt += 1) {
      const result = await calls.call('POST', url, bodyOf(task));
      if (result.ok && !isTryAgain(result.status)) {
        await steps.remove(task_guid);
        return;
      }
      log.error('bbs.task-callback.failed', { task_guid, attempt, ...result });
      // Refused or unknown: there is nobody to try again (§6.3 step 4).
      if (!result.ok && !result.isTimeout) return;
    }
  }

  return {
    submit(task, steps) {
      if ((task.task_definition?.completion_callback_url ?? '') === '') return;
      if (!pool.add(() => run(task, steps))) log.error('bbs.task-callback.queue-full');
    },
    idle: () => pool.idle(),
  };
}
