/** What a container does (diego.md §2.2). */
import {
  bool,
  embedded,
  int64,
  type MessageType,
  message,
  optional,
  repeated,
  string,
  uint64,
} from '../../protobuf/fields.ts';
import { EnvironmentVariable, FileMessage, type Of } from './common.ts';

/** At most one is set. Spelled out, since actions contain actions. */
export interface Action {
  readonly download_action: Of<typeof DownloadAction> | undefined;
  readonly upload_action: Of<typeof UploadAction> | undefined;
  readonly run_action: Of<typeof RunAction> | undefined;
  readonly timeout_action: Of<typeof TimeoutAction> | undefined;
  readonly emit_progress_action: Of<typeof EmitProgressAction> | undefined;
  readonly try_action: Of<typeof TryAction> | undefined;
  readonly parallel_action: Of<typeof ParallelAction> | undefined;
  readonly serial_action: Of<typeof SerialAction> | undefined;
  readonly codependent_action: Of<typeof CodependentAction> | undefined;
}

const action = (): MessageType<Action> => Action;

export const DownloadAction = message('DownloadAction', {
  artifact: string(1),
  from: string(2),
  to: string(3),
  cache_key: string(4),
  log_source: string(5),
  user: string(6),
  checksum_algorithm: string(7),
  checksum_value: string(8),
});

export const UploadAction = message('UploadAction', {
  artifact: string(1),
  from: string(2),
  to: string(3),
  log_source: string(4),
  user: string(5),
});

export const ResourceLimits = message('ResourceLimits', {
  nofile: optional(uint64(1)),
  nproc: optional(uint64(2)),
});

export const RunAction = message('RunAction', {
  path: string(1),
  args: repeated(string(2)),
  dir: string(3),
  env: repeated(embedded(4, () => EnvironmentVariable)),
  resource_limits: embedded(5, () => ResourceLimits),
  user: string(6),
  log_source: string(7),
  suppress_log_output: bool(8),
  volume_mounted_files: repeated(embedded(9, () => FileMessage)),
});

export const TimeoutAction = message('TimeoutAction', {
  action: embedded(1, action),
  /** Nanoseconds; of 2015, ignored today. */
  timeout: int64(2),
  log_source: string(3),
  timeout_ms: int64(4),
});

export const EmitProgressAction = message('EmitProgressAction', {
  action: embedded(1, action),
  start_message: string(2),
  success_message: string(3),
  failure_message_prefix: string(4),
  log_source: string(5),
});

export const TryAction = message('TryAction', {
  action: embedded(1, action),
  log_source: string(2),
});

const members = { actions: repeated(embedded(1, action)), log_source: string(2) };
export const ParallelAction = message('ParallelAction', members);
export const SerialAction = message('SerialAction', members);
export const CodependentAction = message('CodependentAction', members);

export const Action: MessageType<Action> = message('Action', {
  download_action: embedded(1, () => DownloadAction),
  upload_action: embedded(2, () => UploadAction),
  run_action: embedded(3, () => RunAction),
  timeout_action: embedded(4, () => TimeoutAction),
  emit_progress_action: embedded(5, () => EmitProgressAction),
  try_action: embedded(6, () => TryAction),
  parallel_action: embedded(7, () => ParallelAction),
  serial_action: embedded(8, () => SerialAction),
  codependent_action: embedded(9, () => CodependentAction),
});
