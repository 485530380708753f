/** Requests of 2015 in today's form: all times become milliseconds (diego.md §2.2, §2.3). */
import type { Action } from './messages/actions.ts';
import type { DesiredLRP } from './messages/desired-lrp.ts';
import type { TaskDefinition } from './messages/tasks.ts';

const NANOSECONDS_PER_MS = 1_000_000n;
const MS_PER_SECOND = 1000;

const within = <T extends { readonly action: Action | undefined }>(own: T): T => ({
  ...own,
  action: own.action && actionFrom2015(own.action),
});

const withinAll = <T extends { readonly actions: readonly Action[] }>(own: T): T => ({
  ...own,
  actions: own.actions.map(actionFrom2015),
});

function actionFrom2015(action: Action): Action {
  const { timeout_action: timeout } = action;
  return {
    ...action,
    timeout_action:
      timeout &&
      within(
        timeout.timeout_ms === 0n
          ? { ...timeout, timeout_ms: timeout.timeout / NANOSECONDS_PER_MS }
          : timeout,
      ),
    emit_progress_action: action.emit_progress_action && within(action.emit_progress_action),
    try_action: action.try_action && within(action.try_action),
    parallel_action: action.parallel_action && withinAll(action.parallel_action),
    serial_action: action.serial_action && withinAll(action.serial_action),
    codependent_action: action.codependent_action && withinAll(action.codependent_action),
  };
}

export const desiredLrpFrom2015 = (desired: DesiredLRP): DesiredLRP => ({
  ...desired,
  setup: desired.setup && actionFrom2015(desired.setup),
  action: desired.action && actionFrom2015(desired.action),
  monitor: desired.monitor && actionFrom2015(desired.monitor),
  start_timeout_ms:
    desired.start_timeout_ms === 0n
      ? BigInt(desired.start_timeout * MS_PER_SECOND)
      : desired.start_timeout_ms,
});

export const taskFrom2015 = (definition: TaskDefinition): TaskDefinition => ({
  ...definition,
  action: definition.action && actionFrom2015(definition.action),
});
