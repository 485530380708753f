/** What is wrong with a task that is desired (diego.md §6.2). */
import type { Of } from '../messages/common.ts';
import type { DesireTaskRequest, TaskDefinition } from '../messages/tasks.ts';
import { type ActionRules, requiredActionProblems } from './action-problems.ts';
import {
  cachedDependencyProblems,
  imageCredentialProblems,
  imageLayersProblems,
  isBadLogRateLimit,
} from './container-problems.ts';
import { cpuWeightProblems } from './desired-lrp-problems.ts';
import { egressProblems } from './egress-problems.ts';
import {
  annotation,
  guid,
  invalidWhen,
  notNegative,
  type Problems,
  required,
  requiredText,
  rootFs,
} from './field-problems.ts';

const definitionProblems = (definition: TaskDefinition, rules: ActionRules): Problems => [
  ...rootFs(definition.root_fs),
  ...requiredActionProblems(definition.action, rules),
  ...notNegative(definition.memory_mb, 'memory_mb'),
  ...notNegative(definition.disk_mb, 'disk_mb'),
  ...invalidWhen(isBadLogRateLimit(definition.log_rate_limit), 'log_rate_limit'),
  ...notNegative(definition.max_pids, 'max_pids'),
  ...cpuWeightProblems(definition.cpu_weight),
  ...annotation(definition.annotation),
  // Without the details that a desired LRP's get.
  ...definition.egress_rules.flatMap((rule) =>
    invalidWhen(egressProblems(rule).length > 0, 'egress_rules'),
  ),
  ...imageCredentialProblems(definition.image_username, definition.image_password),
  ...definition.cached_dependencies.flatMap(cachedDependencyProblems),
  ...imageLayersProblems(definition.image_layers, definition.legacy_download_user),
];

export const desireTaskProblems = (
  request: Of<typeof DesireTaskRequest>,
  rules: ActionRules,
): Problems => [
  ...guid(request.task_guid, 'task_guid'),
  ...requiredText(request.domain, 'domain'),
  ...required(request.task_definition, 'task_definition', (definition) =>
    definitionProblems(definition, rules),
  ),
];
