/** Rules of the parts of a container, shared by desired LRPs and tasks (diego.md §5.2). */
import {
  type CachedDependency,
  type Check,
  type CheckDefinition,
  DIGEST_ALGORITHM,
  type ImageLayer,
  LAYER_TYPE,
  MEDIA_TYPE,
  METRIC_TAG_DYNAMIC_VALUE,
  type MetricTags,
  type MetricTagValue,
  type VolumeMount,
} from '../messages/common.ts';
import type { Sidecar } from '../messages/desired-lrp.ts';
import { type ActionRules, checksumProblems, requiredActionProblems } from './action-problems.ts';
import {
  invalidField,
  invalidWhen,
  NONE,
  notNegative,
  type Problems,
  requiredText,
  within,
} from './field-problems.ts';

export const cachedDependencyProblems = (own: CachedDependency): Problems =>
  within('cached_dependency', [
    ...requiredText(own.from, 'from'),
    ...requiredText(own.to, 'to'),
    ...checksumProblems(own),
  ]);

/** The number stands for something; 0 stands for invalid. */
const isNamed = (names: Readonly<Record<string, number>>, value: number): boolean =>
  value !== 0 && Object.values(names).includes(value);

function imageLayerProblems(layer: ImageLayer): Problems {
  const { digest_algorithm: algorithm, digest_value: value } = layer;
  const isDigestNeeded = layer.layer_type === LAYER_TYPE.EXCLUSIVE;
  const isNoAlgorithm = algorithm === DIGEST_ALGORITHM.DigestAlgorithmInvalid;
  return within('image_layer', [
    ...requiredText(layer.url, 'url'),
    ...requiredText(layer.destination_path, 'destination_path'),
    ...invalidWhen(!isNamed(LAYER_TYPE, layer.layer_type), 'layer_type'),
    ...invalidWhen(!isNamed(MEDIA_TYPE, layer.media_type), 'media_type'),
    ...invalidWhen((value !== '' || isDigestNeeded) && isNoAlgorithm, 'digest_algorithm'),
    ...invalidWhen((!isNoAlgorithm || isDigestNeeded) && value === '', 'digest_value'),
    // Said twice when there is a value without an algorithm, as in the original.
    ...invalidWhen(value !== '' && !isNamed(DIGEST_ALGORITHM, algorithm), 'digest_algorithm'),
  ]);
}

export function imageLayersProblems(layers: readonly ImageLayer[], downloadUser: string): Problems {
  const isUserNeeded = layers.some(({ layer_type }) => layer_type === LAYER_TYPE.EXCLUSIVE);
  return [
    ...layers.flatMap(imageLayerProblems),
    ...invalidWhen(isUserNeeded && downloadUser === '', 'legacy_download_user'),
  ];
}

/** Both or neither: the missing one is named. */
export function imageCredentialProblems(username: string, password: string): Problems {
  if (username === '') return invalidWhen(password !== '', 'image_username');
  return invalidWhen(password === '', 'image_password');
}

function volumeMountProblems({ driver, mode, shared, dedicated }: VolumeMount): Problems {
  return [
    ...(driver === '' ? ['invalid volume_mount driver'] : NONE),
    ...(mode === 'r' || mode === 'rw' ? NONE : ['invalid volume_mount mode']),
    ...(shared?.volume_id === '' ? ['invalid volume_mount volume id'] : NONE),
    ...(dedicated?.mounter_id === '' ? ['invalid volume_mount mounter id'] : NONE),
  ];
}

export const volumeMountsProblems = (mounts: readonly VolumeMount[]): Problems =>
  mounts.flatMap(volumeMountProblems);

const MAX_PORT = 65_535;

function checkProblems({ tcp_check, http_check }: Check): Problems {
  if (tcp_check !== undefined && http_check !== undefined) return [invalidField('check')];
  const port = (http_check ?? tcp_check)?.port ?? 0;
  return invalidWhen(port < 1 || port > MAX_PORT, 'port');
}

export const checkDefinitionProblems = ({ checks, readiness_checks }: CheckDefinition): Problems =>
  within('check_definition', [...checks, ...readiness_checks].flatMap(checkProblems));

const sidecarProblems = (sidecar: Sidecar, rules: ActionRules): Problems => [
  ...requiredActionProblems(sidecar.action, rules),
  ...notNegative(sidecar.memory_mb, 'memory_mb'),
  ...notNegative(sidecar.disk_mb, 'disk_mb'),
];

export const sidecarsProblems = (sidecars: readonly Sidecar[], rules: ActionRules): Problems =>
  within(
    'sidecars',
    sidecars.flatMap((sidecar) => sidecarProblems(sidecar, rules)),
  );

/** Exactly one of the two kinds. */
function metricTagProblems({ static: text, dynamic }: MetricTagValue): Problems {
  const isDynamic = isNamed(METRIC_TAG_DYNAMIC_VALUE, dynamic);
  if ((text !== '') !== isDynamic) return NONE;
  return [invalidField('static'), invalidField('dynamic')];
}

/** `metricsGuid` may be empty: then it need not be among the tags. */
export function metricTagsProblems(tags: MetricTags, metricsGuid: string): Problems {
  const isOther = tags.size > 0 && metricsGuid !== '';
  return within('metric_tags', [
    ...[...tags.values()].flatMap(metricTagProblems),
    ...invalidWhen(
      isOther && tags.get('source_id')?.static !== metricsGuid,
      'source_id should match metrics_guid',
    ),
  ]);
}

/** Bytes per second; -1 stands for no limit. */
export const isBadLogRateLimit = (
  limit: { readonly bytes_per_second: bigint } | undefined,
): boolean => limit !== undefined && limit.bytes_per_second < -1n;
