/** What is wanted (diego.md §2.3, §2.7). */
import {
  always,
  bool,
  embedded,
  enumeration,
  int32,
  int64,
  mapOf,
  message,
  optional,
  repeated,
  string,
  uint32,
} from '../../protobuf/fields.ts';
import { Action } from './actions.ts';
import {
  CachedDependency,
  CertificateProperties,
  CheckDefinition,
  EnvironmentVariable,
  ErrorMessage,
  FileMessage,
  ImageLayer,
  LogRateLimit,
  MetricTagValue,
  ModificationTag,
  Network,
  type Of,
  ProtoRoutes,
  SecurityGroupRule,
  VolumeMount,
  VolumePlacement,
} from './common.ts';

export const UPDATE_STRATEGY = { ROLLING: 0, RECREATE: 1 } as const;

export const Sidecar = message('Sidecar', {
  action: embedded(1, () => Action),
  disk_mb: int32(2),
  memory_mb: int32(3),
});
export type Sidecar = Of<typeof Sidecar>;

export const DesiredLRP = message('DesiredLRP', {
  process_guid: string(1),
  domain: string(2),
  root_fs: string(3),
  instances: int32(4),
  environment_variables: repeated(embedded(5, () => EnvironmentVariable)),
  setup: embedded(6, () => Action),
  action: embedded(7, () => Action),
  /** Seconds; of 2015. */
  start_timeout: uint32(8),
  monitor: embedded(9, () => Action),
  disk_mb: int32(10),
  memory_mb: int32(11),
  cpu_weight: uint32(12),
  privileged: bool(13),
  ports: repeated(uint32(14)),
  routes: embedded(15, () => ProtoRoutes),
  log_source: string(16),
  log_guid: string(17),
  metrics_guid: string(18),
  annotation: string(19),
  egress_rules: repeated(embedded(20, () => SecurityGroupRule)),
  modification_tag: embedded(21, () => ModificationTag),
  cached_dependencies: repeated(embedded(22, () => CachedDependency)),
  legacy_download_user: string(23),
  trusted_system_certificates_path: string(24),
  volume_mounts: repeated(embedded(25, () => VolumeMount)),
  network: embedded(26, () => Network),
  start_timeout_ms: int64(27),
  PlacementTags: repeated(string(28)),
  max_pids: int32(29),
  certificate_properties: embedded(30, () => CertificateProperties),
  image_username: string(31),
  image_password: string(32),
  check_definition: embedded(33, () => CheckDefinition),
  image_layers: repeated(embedded(34, () => ImageLayer)),
  metric_tags: mapOf(
    35,
    embedded(2, () => MetricTagValue),
  ),
  sidecars: repeated(embedded(36, () => Sidecar)),
  log_rate_limit: embedded(37, () => LogRateLimit),
  volume_mounted_files: repeated(embedded(38, () => FileMessage)),
  update_strategy: enumeration(39, UPDATE_STRATEGY),
});
export type DesiredLRP = Of<typeof DesiredLRP>;

export const DesiredLRPUpdate = message('DesiredLRPUpdate', {
  instances: optional(int32(1)),
  routes: embedded(2, () => ProtoRoutes),
  annotation: optional(string(3)),
  metric_tags: mapOf(
    4,
    embedded(2, () => MetricTagValue),
  ),
  image_username: optional(string(5)),
  image_password: optional(string(6)),
});
export type DesiredLRPUpdate = Of<typeof DesiredLRPUpdate>;

export const DesiredLRPKey = message('DesiredLRPKey', {
  process_guid: string(1),
  domain: string(2),
  log_guid: string(3),
});

export const DesiredLRPResource = message('DesiredLRPResource', {
  memory_mb: int32(1),
  disk_mb: int32(2),
  root_fs: string(3),
  max_pids: int32(4),
});

export const DesiredLRPSchedulingInfo = message('DesiredLRPSchedulingInfo', {
  desired_lrp_key: always(embedded(1, () => DesiredLRPKey)),
  annotation: string(2),
  instances: int32(3),
  desired_lrp_resource: always(embedded(4, () => DesiredLRPResource)),
  routes: always(embedded(5, () => ProtoRoutes)),
  modification_tag: always(embedded(6, () => ModificationTag)),
  volume_placement: embedded(7, () => VolumePlacement),
  PlacementTags: repeated(string(8)),
});
export type DesiredLRPSchedulingInfo = Of<typeof DesiredLRPSchedulingInfo>;

export const DesiredLRPLifecycleResponse = message('DesiredLRPLifecycleResponse', {
  error: embedded(1, () => ErrorMessage),
});

export const DesiredLRPsRequest = message('DesiredLRPsRequest', {
  domain: string(1),
  process_guids: repeated(string(2)),
  app_guids: repeated(string(3)),
});

export const DesiredLRPsResponse = message('DesiredLRPsResponse', {
  error: embedded(1, () => ErrorMessage),
  desired_lrps: repeated(embedded(2, () => DesiredLRP)),
});

export const DesiredLRPByProcessGuidRequest = message('DesiredLRPByProcessGuidRequest', {
  process_guid: string(1),
});

export const DesiredLRPResponse = message('DesiredLRPResponse', {
  error: embedded(1, () => ErrorMessage),
  desired_lrp: embedded(2, () => DesiredLRP),
});

export const DesiredLRPSchedulingInfosResponse = message('DesiredLRPSchedulingInfosResponse', {
  error: embedded(1, () => ErrorMessage),
  desired_lrp_scheduling_infos: repeated(embedded(2, () => DesiredLRPSchedulingInfo)),
});

export const DesiredLRPSchedulingInfoByProcessGuidResponse = message(
  'DesiredLRPSchedulingInfoByProcessGuidResponse',
  {
    error: embedded(1, () => ErrorMessage),
    desired_lrp_scheduling_info: embedded(2, () => DesiredLRPSchedulingInfo),
  },
);

export const DesireLRPRequest = message('DesireLRPRequest', {
  desired_lrp: embedded(1, () => DesiredLRP),
});

export const UpdateDesiredLRPRequest = message('UpdateDesiredLRPRequest', {
  process_guid: string(1),
  update: embedded(2, () => DesiredLRPUpdate),
});

export const RemoveDesiredLRPRequest = message('RemoveDesiredLRPRequest', {
  process_guid: string(1),
});
