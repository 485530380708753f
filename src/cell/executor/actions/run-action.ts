/** Does what an action says (diego.md §2.2, §13.5). */
import type { Action } from '../../../model/bbs/messages/actions.ts';
import { EXECUTOR_LIMITS } from '../options.ts';
import {
  runCodependent,
  runParallel,
  runProgress,
  runSerial,
  runTimeout,
  runTry,
} from './compound-steps.ts';
import { runDownload } from './download.ts';
import { runProcess } from './run-process.ts';
import { CANCELLED, failure, type StepResult, type StepScope, sourceOf } from './step.ts';
import { runUpload } from './upload.ts';

const under = (scope: StepScope, source: string): StepScope => ({
  ...scope,
  source: sourceOf(scope, source),
});

function runCompound(action: Action, scope: StepScope, depth: number): Promise<StepResult> {
  const { timeout_action, emit_progress_action, try_action } = action;
  const { serial_action, parallel_action, codependent_action } = action;
  const run = (inner: Action | undefined, own: StepScope) => runNested(inner, own, depth + 1);
  if (timeout_action !== undefined) {
    return runTimeout(run, timeout_action, under(scope, timeout_action.log_source));
  }
  if (emit_progress_action !== undefined) {
    return runProgress(run, emit_progress_action, under(scope, emit_progress_action.log_source));
  }
  if (try_action !== undefined) {
    return runTry(run, try_action.action, under(scope, try_action.log_source));
  }
  if (serial_action !== undefined) {
    return runSerial(run, serial_action.actions, under(scope, serial_action.log_source));
  }
  if (parallel_action !== undefined) {
    return runParallel(run, parallel_action.actions, under(scope, parallel_action.log_source));
  }
  if (codependent_action !== undefined) {
    const own = under(scope, codependent_action.log_source);
    return runCodependent(run, codependent_action.actions, own);
  }
  return Promise.resolve(failure('the action is empty'));
}

async function runNested(
  action: Action | undefined,
  scope: StepScope,
  depth: number,
): Promise<StepResult> {
  if (scope.signal.aborted) return CANCELLED;
  if (action === undefined) return failure('the action is empty');
  if (depth > EXECUTOR_LIMITS.actionDepth) return failure('the actions are nested too deeply');
  const { download_action, upload_action, run_action } = action;
  if (download_action !== undefined) return await runDownload(download_action, scope);
  if (upload_action !== undefined) return await runUpload(upload_action, scope);
  if (run_action !== undefined) return await runProcess(run_action, scope);
  return await runCompound(action, scope, depth);
}

/** Never rejects: what goes wrong is a reason. */
export const runAction = (action: Action, scope: StepScope): Promise<StepResult> =>
  runNested(action, scope, 0);
