/** The upload action (diego.md §2.2). */
import { realpath } from 'node:fs/promises';
import type { UploadAction } from '../../../model/bbs/messages/actions.ts';
import type { Of } from '../../../model/bbs/messages/common.ts';
import { EXECUTOR_LIMITS } from '../options.ts';
import { CANCELLED, failure, type StepResult, type StepScope, SUCCEEDED, say } from './step.ts';
import { limitTransfer, sendFile, sizeText, TransferError, transferReason } from './transfer.ts';

/** The file itself, below the root: a link out of it is refused. */
export async function ownFile(root: string, path: string): Promise<string> {
  const [real, realRoot] = [await realpath(path), await realpath(root)];
  if (!real.startsWith(`${realRoot}/`)) throw new TransferError('the file is outside');
  return real;
}

export async function runUpload(
  action: Of<typeof UploadAction>,
  scope: StepScope,
): Promise<StepResult> {
  const { artifact, from, to, log_source } = action;
  const { paths } = scope.workspace;
  if (artifact !== '') say(scope, log_source, `Uploading ${artifact}...`);
  const { clock } = scope.context.ports;
  const limit = limitTransfer(clock, scope.signal, EXECUTOR_LIMITS.uploadTimeoutMs);
  try {
    const path = await ownFile(paths.root, paths.inside(from));
    const { bytes } = await sendFile(path, to, limit);
    if (artifact !== '') say(scope, log_source, `Uploaded ${artifact} (${sizeText(bytes)})`);
    return SUCCEEDED;
  } catch (error) {
    if (scope.signal.aborted) return CANCELLED;
    const reason = `Uploading failed: ${transferReason(error, limit)}`;
    say(scope, log_source, reason, 'err');
    return failure(reason);
  } finally {
    limit.release();
  }
}
