/** Work that ends (diego.md §2.9). */
import {
  bool,
  embedded,
  enumeration,
  int32,
  int64,
  mapOf,
  message,
  repeated,
  string,
  uint32,
} from '../../protobuf/fields.ts';
import { Action } from './actions.ts';
import {
  CachedDependency,
  CertificateProperties,
  EnvironmentVariable,
  ErrorMessage,
  FileMessage,
  ImageLayer,
  LogRateLimit,
  MetricTagValue,
  Network,
  type Of,
  SecurityGroupRule,
  VolumeMount,
} from './common.ts';

export const TASK_STATE = {
  Invalid: 0,
  Pending: 1,
  Running: 2,
  Completed: 3,
  Resolving: 4,
} as const;

export const TaskDefinition = message('TaskDefinition', {
  root_fs: string(1),
  environment_variables: repeated(embedded(2, () => EnvironmentVariable)),
  action: embedded(3, () => Action),
  disk_mb: int32(4),
  memory_mb: int32(5),
  cpu_weight: uint32(6),
  privileged: bool(7),
  log_source: string(8),
  log_guid: string(9),
  metrics_guid: string(10),
  result_file: string(11),
  completion_callback_url: string(12),
  annotation: string(13),
  egress_rules: repeated(embedded(14, () => SecurityGroupRule)),
  cached_dependencies: repeated(embedded(15, () => CachedDependency)),
  legacy_download_user: string(16),
  trusted_system_certificates_path: string(17),
  volume_mounts: repeated(embedded(18, () => VolumeMount)),
  network: embedded(19, () => Network),
  placement_tags: repeated(string(20)),
  max_pids: int32(21),
  certificate_properties: embedded(22, () => CertificateProperties),
  image_username: string(23),
  image_password: string(24),
  image_layers: repeated(embedded(25, () => ImageLayer)),
  log_rate_limit: embedded(26, () => LogRateLimit),
  metric_tags: mapOf(
    27,
    embedded(2, () => MetricTagValue),
  ),
  volume_mounted_files: repeated(embedded(28, () => FileMessage)),
});
export type TaskDefinition = Of<typeof TaskDefinition>;

export const Task = message('Task', {
  task_definition: embedded(1, () => TaskDefinition),
  task_guid: string(2),
  domain: string(3),
  created_at: int64(4),
  updated_at: int64(5),
  first_completed_at: int64(6),
  state: enumeration(7, TASK_STATE),
  cell_id: string(8),
  result: string(9),
  failed: bool(10),
  failure_reason: string(11),
  rejection_count: int32(12),
  rejection_reason: string(13),
});
export type Task = Of<typeof Task>;

const error = embedded(1, () => ErrorMessage);
const task_guid = string(1);

export const DesireTaskRequest = message('DesireTaskRequest', {
  task_definition: embedded(1, () => TaskDefinition),
  task_guid: string(2),
  domain: string(3),
});

export const StartTaskRequest = message('StartTaskRequest', { task_guid, cell_id: string(2) });
export const StartTaskResponse = message('StartTaskResponse', { error, should_start: bool(2) });
export const FailTaskRequest = message('FailTaskRequest', { task_guid, failure_reason: string(2) });
export const RejectTaskRequest = message('RejectTaskRequest', {
  task_guid,
  rejection_reason: string(2),
});
export const TaskGuidRequest = message('TaskGuidRequest', { task_guid });

export const CompleteTaskRequest = message('CompleteTaskRequest', {
  task_guid,
  cell_id: string(2),
  failed: bool(3),
  failure_reason: string(4),
  result: string(5),
});

export const TaskLifecycleResponse = message('TaskLifecycleResponse', { error });
export const TasksRequest = message('TasksRequest', { domain: string(1), cell_id: string(2) });

export const TasksResponse = message('TasksResponse', {
  error,
  tasks: repeated(embedded(2, () => Task)),
});

export const TaskByGuidRequest = message('TaskByGuidRequest', { task_guid });
export const TaskResponse = message('TaskResponse', { error, task: embedded(2, () => Task) });

/** Nanoseconds; of 2015, when an own process told the BBS to converge. */
export const ConvergeTasksRequest = message('ConvergeTasksRequest', {
  kick_task_duration: int64(1),
  expire_pending_task_duration: int64(2),
  expire_completed_task_duration: int64(3),
});
export const ConvergeTasksResponse = message('ConvergeTasksResponse', { error });
