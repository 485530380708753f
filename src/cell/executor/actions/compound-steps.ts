/** Actions made of actions (diego.md §13.5). */
import type {
  Action,
  EmitProgressAction,
  TimeoutAction,
} from '../../../model/bbs/messages/actions.ts';
import type { Of } from '../../../model/bbs/messages/common.ts';
import { durationText } from '../duration-text.ts';
import { branch, CANCELLED, failure, type StepResult, type StepScope, say } from './step.ts';

export type RunStep = (action: Action | undefined, scope: StepScope) => Promise<StepResult>;

const NANOSECONDS_PER_MS = 1_000_000n;

/** Milliseconds today, nanoseconds in 2015. */
const timeoutMsOf = ({ timeout_ms, timeout }: Of<typeof TimeoutAction>): number =>
  timeout_ms > 0n ? Number(timeout_ms) : Number(timeout / NANOSECONDS_PER_MS);

export async function runTimeout(
  run: RunStep,
  action: Of<typeof TimeoutAction>,
  scope: StepScope,
): Promise<StepResult> {
  const { clock } = scope.context.ports;
  const timeoutMs = timeoutMsOf(action);
  const own = branch(scope);
  let isOver = false;
  const timer = clock.setTimeout(() => {
    isOver = true;
    own.cancel();
  }, timeoutMs);
  const result = await run(action.action, own.scope);
  clock.clearTimeout(timer);
  if (scope.signal.aborted) return CANCELLED;
  return isOver ? failure(`exceeded ${durationText(timeoutMs)} timeout`) : result;
}

export async function runProgress(
  run: RunStep,
  action: Of<typeof EmitProgressAction>,
  scope: StepScope,
): Promise<StepResult> {
  const { log_source, start_message, success_message, failure_message_prefix } = action;
  say(scope, log_source, start_message);
  const result = await run(action.action, scope);
  if (result.ok) say(scope, log_source, success_message);
  else if (failure_message_prefix !== '') {
    const tail = result.isCancelled ? '' : `: ${result.reason}`;
    say(scope, log_source, `${failure_message_prefix}${tail}`, 'err');
  }
  return result;
}

/** A failure counts as success; a cancellation does not. */
export async function runTry(
  run: RunStep,
  action: Action | undefined,
  scope: StepScope,
): Promise<StepResult> {
  const result = await run(action, scope);
  return result.ok || result.isCancelled ? result : { ok: true };
}

/** One after the other, up to the first that fails. */
export async function runSerial(
  run: RunStep,
  actions: readonly Action[],
  scope: StepScope,
): Promise<StepResult> {
  for (const action of actions) {
    if (scope.signal.aborted) return CANCELLED;
    const result = await run(action, scope);
    if (!result.ok) return result;
  }
  return { ok: true };
}

const reasonsOf = (results: readonly StepResult[]): string =>
  results.flatMap((own) => (own.ok || own.isCancelled ? [] : [own.reason])).join('; ');

/** All at once; waits for every one of them. */
export async function runParallel(
  run: RunStep,
  actions: readonly Action[],
  scope: StepScope,
): Promise<StepResult> {
  const results = await Promise.all(actions.map((action) => run(action, scope)));
  if (scope.signal.aborted) return CANCELLED;
  return results.every(({ ok }) => ok) ? { ok: true } : failure(reasonsOf(results));
}

/** All at once; the first that ends takes the others with it, and that is a failure. */
export async function runCodependent(
  run: RunStep,
  actions: readonly Action[],
  scope: StepScope,
): Promise<StepResult> {
  const own = branch(scope);
  const results = await Promise.all(
    actions.map(async (action) => {
      const result = await run(action, own.scope);
      own.cancel();
      return result;
    }),
  );
  if (scope.signal.aborted) return CANCELLED;
  const reasons = reasonsOf(results);
  return failure(reasons === '' ? 'Codependent step exited' : reasons);
}
