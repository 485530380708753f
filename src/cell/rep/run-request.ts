/** From what is desired to what a container does (diego.md §13.4). Pure. */
import { Action } from '../../model/bbs/messages/actions.ts';
import type { DesiredLRP } from '../../model/bbs/messages/desired-lrp.ts';
import type { Task, TaskDefinition } from '../../model/bbs/messages/tasks.ts';
import type { RunRequest } from '../executor/executor.ts';

/** Sidecars live and die with the process (vizzini: "sidecar crash crashes LRP"). */
function withSidecars(action: Action, { sidecars }: DesiredLRP): Action {
  const others = sidecars.flatMap((sidecar) => sidecar.action ?? []);
  if (others.length === 0) return action;
  return Action.create({
    codependent_action: { actions: [action, ...others], log_source: '' },
  });
}

/** Of 2015 in seconds, of today in milliseconds. */
const startTimeoutOf = ({ start_timeout, start_timeout_ms }: DesiredLRP): number =>
  start_timeout_ms > 0n ? Number(start_timeout_ms) : start_timeout * 1000;

/** Without a limit of its own that of the cell holds. */
const logRateOf = ({ log_rate_limit: limit }: Pick<DesiredLRP, 'log_rate_limit'>) =>
  limit === undefined ? {} : { logBytesPerSecond: Number(limit.bytes_per_second) };

/** Undefined: there is nothing to run. */
export function lrpRunRequest(desired: DesiredLRP): RunRequest | undefined {
  if (desired.action === undefined) return undefined;
  return {
    environment: desired.environment_variables,
    cachedDependencies: desired.cached_dependencies,
    setup: desired.setup,
    action: withSidecars(desired.action, desired),
    monitor: desired.monitor,
    checks: desired.check_definition,
    startTimeoutMs: startTimeoutOf(desired),
    containerPorts: desired.ports,
    logGuid: desired.log_guid,
    logSource: desired.log_source,
    memoryMb: desired.memory_mb,
    ...logRateOf(desired),
  };
}

const runTask = (definition: TaskDefinition, action: Action): RunRequest => ({
  environment: definition.environment_variables,
  cachedDependencies: definition.cached_dependencies,
  setup: undefined,
  action,
  monitor: undefined,
  checks: undefined,
  startTimeoutMs: 0,
  containerPorts: [],
  logGuid: definition.log_guid,
  logSource: definition.log_source,
  memoryMb: definition.memory_mb,
  ...logRateOf(definition),
});

/** Undefined: there is nothing to run. */
export function taskRunRequest({ task_definition }: Task): RunRequest | undefined {
  if (task_definition?.action === undefined) return undefined;
  return runTask(task_definition, task_definition.action);
}
