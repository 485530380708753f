/** Whether a request makes sense by itself, before the store is asked (diego.md §1.1, §3.9). */
import type { MessageType } from '../../protobuf/fields.ts';
import * as actual from '../messages/actual-lrp.ts';
import * as cells from '../messages/cells.ts';
import * as desired from '../messages/desired-lrp.ts';
import * as tasks from '../messages/tasks.ts';
import {
  type DesiredLRPRules,
  desiredLrpProblems,
  updateProblems,
} from './desired-lrp-problems.ts';
import {
  guid,
  NONE,
  notNegative,
  type Problems,
  required,
  requiredText,
} from './field-problems.ts';
import { desireTaskProblems } from './task-problems.ts';

/** What depends on the route that a request came by. */
export interface RequestRules {
  /** On today's `/v1/desired_lrp/desire.r2`, not on the path of 2015. */
  readonly isMetricTagsNeeded: boolean;
  /** On the paths of 2015: a timeout action may be given in nanoseconds. Not by default. */
  readonly isNanosecondTimeoutTaken?: boolean;
}

type ProblemsOf<T> = (request: T, rules: DesiredLRPRules) => Problems;
type Rule = readonly [MessageType<unknown>, ProblemsOf<unknown>];

const rule = <T>(type: MessageType<T>, problemsOf: ProblemsOf<T>): Rule => [
  type as MessageType<unknown>,
  problemsOf as ProblemsOf<unknown>,
];

const keyProblems = (key: actual.ActualLRPKey): Problems => [
  ...requiredText(key.process_guid, 'process_guid'),
  ...notNegative(key.index, 'index'),
  ...requiredText(key.domain, 'domain'),
];

const instanceKeyProblems = (key: actual.ActualLRPInstanceKey): Problems => [
  ...requiredText(key.cell_id, 'cell_id'),
  ...requiredText(key.instance_guid, 'instance_guid'),
];

interface Keyed {
  readonly actual_lrp_key: actual.ActualLRPKey | undefined;
}
interface InstanceKeyed {
  readonly actual_lrp_instance_key: actual.ActualLRPInstanceKey | undefined;
}
interface Addressed {
  readonly actual_lrp_net_info: actual.ActualLRPNetInfo | undefined;
}

const lrpKey = ({ actual_lrp_key }: Keyed): Problems =>
  required(actual_lrp_key, 'actual_lrp_key', keyProblems);

const instanceKey = ({ actual_lrp_instance_key }: InstanceKeyed): Problems =>
  required(actual_lrp_instance_key, 'actual_lrp_instance_key', instanceKeyProblems);

const bothKeys = (request: Keyed & InstanceKeyed): Problems => [
  ...lrpKey(request),
  ...instanceKey(request),
];

const running = (request: Keyed & InstanceKeyed & Addressed): Problems => [
  ...bothKeys(request),
  ...required(request.actual_lrp_net_info, 'actual_lrp_net_info', ({ address }) =>
    requiredText(address, 'address'),
  ),
];

const errorMessage = ({ error_message }: { readonly error_message: string }): Problems =>
  requiredText(error_message, 'error_message');

const processGuid = ({ process_guid }: { readonly process_guid: string }): Problems =>
  requiredText(process_guid, 'process_guid');

const guidAndIndex = (own: { readonly process_guid: string; readonly index: number }): Problems => [
  ...processGuid(own),
  ...notNegative(own.index, 'index'),
];

const taskGuid = ({ task_guid }: { readonly task_guid: string }): Problems =>
  requiredText(task_guid, 'task_guid');

/** Where a task changes its state, its guid has to look like one. */
const changedTask = ({ task_guid }: { readonly task_guid: string }): Problems =>
  guid(task_guid, 'task_guid');

const taskOfCell = (own: { readonly task_guid: string; readonly cell_id: string }): Problems => [
  ...changedTask(own),
  ...requiredText(own.cell_id, 'cell_id'),
];

const ACTUAL_RULES: readonly Rule[] = [
  rule(actual.ActualLRPsByProcessGuidsRequest, ({ process_guids }) =>
    process_guids.length === 0 ? ['process_guids must not be empty'] : NONE,
  ),
  rule(actual.ActualLRPGroupsByProcessGuidRequest, processGuid),
  rule(actual.ActualLRPGroupByProcessGuidAndIndexRequest, guidAndIndex),
  rule(actual.ClaimActualLRPRequest, (own) => [...processGuid(own), ...instanceKey(own)]),
  rule(actual.StartActualLRPRequest, running),
  rule(actual.CrashActualLRPRequest, bothKeys),
  rule(actual.FailActualLRPRequest, (own) => [...lrpKey(own), ...errorMessage(own)]),
  rule(actual.RetireActualLRPRequest, lrpKey),
  rule(actual.RemoveActualLRPRequest, guidAndIndex),
  rule(actual.EvacuateClaimedActualLRPRequest, bothKeys),
  rule(actual.EvacuateStoppedActualLRPRequest, bothKeys),
  rule(actual.EvacuateCrashedActualLRPRequest, (own) => [...bothKeys(own), ...errorMessage(own)]),
  rule(actual.EvacuateRunningActualLRPRequest, running),
  rule(actual.RemoveEvacuatingActualLRPRequest, bothKeys),
];

function updateRequestProblems({
  process_guid,
  update,
}: {
  readonly process_guid: string;
  readonly update: desired.DesiredLRPUpdate | undefined;
}): Problems {
  const guidProblems = processGuid({ process_guid });
  // Without an update the original panics, once the guid is right.
  if (update === undefined && guidProblems.length > 0) return guidProblems;
  return [...guidProblems, ...required(update, 'update', updateProblems)];
}

const DESIRED_RULES: readonly Rule[] = [
  rule(desired.DesiredLRPByProcessGuidRequest, processGuid),
  rule(desired.DesireLRPRequest, ({ desired_lrp }, rules) =>
    required(desired_lrp, 'desired_lrp', (own) => desiredLrpProblems(own, rules)),
  ),
  rule(desired.UpdateDesiredLRPRequest, updateRequestProblems),
  rule(desired.RemoveDesiredLRPRequest, processGuid),
  rule(cells.UpsertDomainRequest, ({ domain }) => requiredText(domain, 'domain')),
];

const TASK_RULES: readonly Rule[] = [
  rule(tasks.DesireTaskRequest, desireTaskProblems),
  rule(tasks.StartTaskRequest, taskOfCell),
  rule(tasks.CompleteTaskRequest, taskOfCell),
  rule(tasks.FailTaskRequest, (own) => [
    ...changedTask(own),
    ...requiredText(own.failure_reason, 'failure_reason'),
  ]),
  rule(tasks.RejectTaskRequest, (own) => [
    ...changedTask(own),
    // The name of the other request's field, as in the original.
    ...requiredText(own.rejection_reason, 'failure_reason'),
  ]),
  rule(tasks.TaskGuidRequest, taskGuid),
  rule(tasks.TaskByGuidRequest, taskGuid),
];

const RULES: ReadonlyMap<MessageType<unknown>, ProblemsOf<unknown>> = new Map([
  ...ACTUAL_RULES,
  ...DESIRED_RULES,
  ...TASK_RULES,
]);

/**
 * What is wrong with a request, as the text of an InvalidRequest error: all problems in the
 * original's order, joined by ", ". Undefined: nothing, or the message has no rules.
 * Where the original panics (an absent update, an empty nested action) there is a text too.
 */
export function requestProblem(
  type: MessageType<unknown>,
  request: unknown,
  rules: RequestRules,
): string | undefined {
  const problems = RULES.get(type)?.(request, { isNanosecondTimeoutTaken: false, ...rules });
  return problems === undefined || problems.length === 0 ? undefined : problems.join(', ');
}

const KEPT: ReadonlyMap<string, boolean> = new Map([
  [actual.EvacuateClaimedActualLRPRequest.name, true],
  [actual.EvacuateRunningActualLRPRequest.name, true],
  [actual.EvacuateCrashedActualLRPRequest.name, false],
  [actual.EvacuateStoppedActualLRPRequest.name, false],
]);

/**
 * `keep_container` of the answer to a request that is not even looked at (diego.md §1.4): the same
 * whether its body cannot be decoded or its validation fails. Undefined: no such field there.
 */
export const keepContainerWhenRefused = (type: MessageType<unknown>): boolean | undefined =>
  KEPT.get(type.name);
