/**
 * Desired LRPs and tasks in the form that the deprecated routes show (diego.md §1.4): r2 knows no
 * image layers, r0 (the first event streams) no cached dependencies and no milliseconds either.
 * Nothing given is changed.
 */
import { Action, DownloadAction, ParallelAction, SerialAction } from './messages/actions.ts';
import {
  type CachedDependency,
  DIGEST_ALGORITHM,
  type ImageLayer,
  LAYER_TYPE,
} from './messages/common.ts';
import type { DesiredLRP } from './messages/desired-lrp.ts';
import type { Task } from './messages/tasks.ts';

const parallel = (actions: readonly Action[]): Action =>
  Action.create({ parallel_action: ParallelAction.create({ actions }) });

const serial = (...actions: readonly Action[]): Action =>
  Action.create({ serial_action: SerialAction.create({ actions }) });

function digestName({ digest_algorithm }: ImageLayer): string {
  if (digest_algorithm === DIGEST_ALGORITHM.SHA256) return 'sha256';
  return digest_algorithm === DIGEST_ALGORITHM.SHA512 ? 'sha512' : '';
}

function dependencyOf(layer: ImageLayer): CachedDependency {
  const { name, url, destination_path, digest_value } = layer;
  const algorithm = digestName(layer);
  return {
    name,
    from: url,
    to: destination_path,
    cache_key: digest_value === '' ? url : `${algorithm}:${digest_value}`,
    log_source: '',
    checksum_algorithm: algorithm,
    checksum_value: digest_value,
  };
}

const ofType = (layers: readonly ImageLayer[], type: number): readonly ImageLayer[] =>
  layers.filter(({ layer_type }) => layer_type === type);

/** Layers that others share are cached; they come before what was cached already. */
const dependenciesOf = (
  layers: readonly ImageLayer[],
  existing: readonly CachedDependency[],
): readonly CachedDependency[] => [
  ...ofType(layers, LAYER_TYPE.SHARED).map(dependencyOf),
  ...existing,
];

/** Layers of one container are downloaded before anything else is done. */
function withDownloads(
  layers: readonly ImageLayer[],
  user: string,
  existing: Action | undefined,
): Action | undefined {
  const downloads = ofType(layers, LAYER_TYPE.EXCLUSIVE).map((layer) => {
    const algorithm = digestName(layer);
    const download_action = DownloadAction.create({
      artifact: layer.name,
      from: layer.url,
      to: layer.destination_path,
      cache_key: `${algorithm}:${layer.digest_value}`,
      user,
      checksum_algorithm: algorithm,
      checksum_value: layer.digest_value,
    });
    return Action.create({ download_action });
  });
  if (downloads.length === 0) return existing;
  return existing === undefined ? parallel(downloads) : serial(parallel(downloads), existing);
}

/** For `/v1/desired_lrps/*.r2`: image layers as cached dependencies and as a part of the setup. */
export function desiredLrpForR2(desired: DesiredLRP): DesiredLRP {
  const { image_layers: layers, legacy_download_user: user } = desired;
  if (layers.length === 0) return desired;
  return {
    ...desired,
    cached_dependencies: dependenciesOf(layers, desired.cached_dependencies),
    setup: withDownloads(layers, user, desired.setup),
    image_layers: [],
  };
}

/** For `/v1/tasks/*.r2` and the r0 event stream; tasks have no setup, so the action downloads. */
export function taskForR2(task: Task): Task {
  const definition = task.task_definition;
  if (definition === undefined || definition.image_layers.length === 0) return task;
  const { image_layers: layers, legacy_download_user: user } = definition;
  return {
    ...task,
    task_definition: {
      ...definition,
      cached_dependencies: dependenciesOf(layers, definition.cached_dependencies),
      action: withDownloads(layers, user, definition.action),
      image_layers: [],
    },
  };
}

const NANOSECONDS_PER_MILLISECOND = 1_000_000n;

const allWithNanoseconds = <T extends { readonly actions: readonly Action[] }>(list: T): T => ({
  ...list,
  actions: list.actions.flatMap((action) => withNanoseconds(action) ?? []),
});

/**
 * Timeouts in nanoseconds too. Two quirks of the original are kept: a try and what emits progress
 * are replaced by what they run, and nothing within a timeout is changed.
 */
function withNanoseconds(action: Action): Action | undefined {
  const { timeout_action, emit_progress_action, try_action } = action;
  if (timeout_action !== undefined) {
    const timeout = timeout_action.timeout_ms * NANOSECONDS_PER_MILLISECOND;
    return { ...action, timeout_action: { ...timeout_action, timeout } };
  }
  const wrapper = emit_progress_action ?? try_action;
  if (wrapper !== undefined) return wrapper.action && withNanoseconds(wrapper.action);
  const { parallel_action, serial_action, codependent_action } = action;
  if (parallel_action !== undefined) {
    return { ...action, parallel_action: allWithNanoseconds(parallel_action) };
  }
  if (serial_action !== undefined) {
    return { ...action, serial_action: allWithNanoseconds(serial_action) };
  }
  if (codependent_action !== undefined) {
    return { ...action, codependent_action: allWithNanoseconds(codependent_action) };
  }
  return action;
}

/** Checksums are lost: the downloads of that time had none. */
function cachedDownloadsOf(desired: DesiredLRP): Action {
  return parallel(
    desired.cached_dependencies.map((dependency) => {
      const download_action = DownloadAction.create({
        artifact: dependency.name,
        from: dependency.from,
        to: dependency.to,
        cache_key: dependency.cache_key,
        log_source: dependency.log_source,
        user: desired.legacy_download_user,
      });
      return Action.create({ download_action });
    }),
  );
}

function setupWithDependencies(desired: DesiredLRP): Action | undefined {
  const setup = desired.setup && withNanoseconds(desired.setup);
  if (desired.cached_dependencies.length === 0) return setup;
  const downloads = cachedDownloadsOf(desired);
  return setup === undefined ? serial(downloads) : serial(downloads, setup);
}

const MILLISECONDS_PER_SECOND = 1000;

/** For the r0 event streams, and for readers of 2015. */
export function desiredLrpForR0(desired: DesiredLRP): DesiredLRP {
  const r2 = desiredLrpForR2(desired);
  // The original cuts to 32 bits first.
  const startTimeoutMs = Number(BigInt.asUintN(32, r2.start_timeout_ms));
  return {
    ...r2,
    setup: setupWithDependencies(r2),
    action: r2.action && withNanoseconds(r2.action),
    monitor: r2.monitor && withNanoseconds(r2.monitor),
    start_timeout: Math.floor(startTimeoutMs / MILLISECONDS_PER_SECOND),
    cached_dependencies: [],
  };
}
