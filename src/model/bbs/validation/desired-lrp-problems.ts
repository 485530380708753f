/** What is wrong with a desired LRP or with a change of one (diego.md §5.2). */
import type { ProtoRoutes } from '../messages/common.ts';
import type { DesiredLRP, DesiredLRPUpdate } from '../messages/desired-lrp.ts';
import { type ActionRules, actionProblems, requiredActionProblems } from './action-problems.ts';
import {
  cachedDependencyProblems,
  checkDefinitionProblems,
  imageCredentialProblems,
  imageLayersProblems,
  isBadLogRateLimit,
  metricTagsProblems,
  sidecarsProblems,
  volumeMountsProblems,
} from './container-problems.ts';
import { egressProblems } from './egress-problems.ts';
import {
  annotation,
  guid,
  invalidField,
  invalidWhen,
  NONE,
  notNegative,
  type Problems,
  requiredText,
  rootFs,
  within,
} from './field-problems.ts';

export interface DesiredLRPRules extends ActionRules {
  /** Today's desire wants at least one metric tag; in 2015 there were none. */
  readonly isMetricTagsNeeded: boolean;
}

const MAX_ROUTES_BYTES = 128 * 1024;
const MAX_CPU_WEIGHT = 100;
const MAX_MOUNTED_BYTES = 1024 * 1024;

function routesProblems(routes: ProtoRoutes | undefined): Problems {
  let sizeBytes = 0;
  for (const value of routes?.routes.values() ?? []) sizeBytes += value.length;
  return invalidWhen(sizeBytes > MAX_ROUTES_BYTES, 'routes');
}

export const cpuWeightProblems = (cpuWeight: number): Problems =>
  invalidWhen(cpuWeight > MAX_CPU_WEIGHT, 'cpu_weight');

function mountedFilesProblems({ volume_mounted_files }: DesiredLRP): Problems {
  const sizeBytes = volume_mounted_files.reduce(
    (sum, { content }) => sum + Buffer.byteLength(content),
    0,
  );
  return invalidWhen(sizeBytes > MAX_MOUNTED_BYTES, 'volumeMountedFiles');
}

/** What the scheduler needs to know; mounted files, domain and root_fs are looked at twice. */
const schedulingProblems = (desired: DesiredLRP): Problems => [
  ...mountedFilesProblems(desired),
  ...requiredText(desired.domain, 'domain'),
  ...requiredText(desired.root_fs, 'rootfs'),
  ...rootFs(desired.root_fs),
  ...notNegative(desired.instances, 'instances'),
  ...notNegative(desired.memory_mb, 'memory_mb'),
  ...notNegative(desired.disk_mb, 'disk_mb'),
  ...invalidWhen(isBadLogRateLimit(desired.log_rate_limit), 'log_rate_limit_bytes_per_second'),
  ...annotation(desired.annotation),
  ...notNegative(desired.max_pids, 'max_pids'),
  ...routesProblems(desired.routes),
];

function stepProblems(desired: DesiredLRP, rules: ActionRules): Problems {
  const { setup, monitor } = desired;
  return [
    ...(setup === undefined ? NONE : within('setup', actionProblems(setup, rules))),
    ...requiredActionProblems(desired.action, rules),
    ...(monitor === undefined ? NONE : within('monitor', actionProblems(monitor, rules))),
  ];
}

const environmentProblems = ({ environment_variables }: DesiredLRP): Problems =>
  environment_variables.flatMap(({ name }) =>
    name === '' ? ['invalid field: name cannot be blank'] : NONE,
  );

function tagsProblems(desired: DesiredLRP, { isMetricTagsNeeded }: DesiredLRPRules): Problems {
  if (desired.metric_tags.size > 0) {
    return metricTagsProblems(desired.metric_tags, desired.metrics_guid);
  }
  return isMetricTagsNeeded ? [invalidField('metric_tags')] : NONE;
}

/** What the cell needs to know. */
const runProblems = (desired: DesiredLRP, rules: DesiredLRPRules): Problems => [
  ...requiredText(desired.domain, 'domain'),
  ...guid(desired.process_guid, 'process_guid'),
  ...mountedFilesProblems(desired),
  ...stepProblems(desired, rules),
  ...environmentProblems(desired),
  ...desired.egress_rules.flatMap((rule) => within('egress_rules', egressProblems(rule))),
  ...cpuWeightProblems(desired.cpu_weight),
  ...desired.cached_dependencies.flatMap(cachedDependencyProblems),
  ...imageLayersProblems(desired.image_layers, desired.legacy_download_user),
  ...tagsProblems(desired, rules),
  ...sidecarsProblems(desired.sidecars, rules),
  ...volumeMountsProblems(desired.volume_mounts),
  ...imageCredentialProblems(desired.image_username, desired.image_password),
  ...(desired.check_definition === undefined
    ? NONE
    : checkDefinitionProblems(desired.check_definition)),
  ...invalidWhen(isBadLogRateLimit(desired.log_rate_limit), 'log_rate_limit'),
];

export const desiredLrpProblems = (desired: DesiredLRP, rules: DesiredLRPRules): Problems => [
  ...schedulingProblems(desired),
  ...runProblems(desired, rules),
];

export const updateProblems = (update: DesiredLRPUpdate): Problems => [
  ...notNegative(update.instances ?? 0, 'instances'),
  ...annotation(update.annotation ?? ''),
  ...routesProblems(update.routes),
  ...metricTagsProblems(update.metric_tags, ''),
  ...imageCredentialProblems(update.image_username ?? '', update.image_password ?? ''),
];
