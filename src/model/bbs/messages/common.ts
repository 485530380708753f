/** Messages that several others use (diego.md §2.1, §2.4). */
import {
  bool,
  bytes,
  embedded,
  enumeration,
  int32,
  int64,
  type MessageType,
  mapOf,
  message,
  repeated,
  string,
  uint32,
  uint64,
} from '../../protobuf/fields.ts';
import { ERROR_TYPES } from '../errors.ts';

/** The TypeScript type of a message. */
export type Of<M> = M extends MessageType<infer T> ? T : never;

export const ErrorMessage = message('Error', {
  type: enumeration(1, ERROR_TYPES),
  message: string(2),
});
export type ErrorMessage = Of<typeof ErrorMessage>;

/** For requests without a body and for bodies that are never read. */
export const Nothing = message('', {});

export const ErrorResponse = message('ErrorResponse', { error: embedded(1, () => ErrorMessage) });

export const ModificationTag = message('ModificationTag', { epoch: string(1), index: uint32(2) });
export type ModificationTag = Of<typeof ModificationTag>;

export const EnvironmentVariable = message('EnvironmentVariable', {
  name: string(1),
  value: string(2),
});
export type EnvironmentVariable = Of<typeof EnvironmentVariable>;

export const PingResponse = message('PingResponse', { available: bool(1) });

export const FileMessage = message('File', { path: string(1), content: string(2) });

export const LogRateLimit = message('LogRateLimit', { bytes_per_second: int64(1) });

export const METRIC_TAG_DYNAMIC_VALUE = {
  DynamicValueInvalid: 0,
  INDEX: 1,
  INSTANCE_GUID: 2,
} as const;

export const MetricTagValue = message('MetricTagValue', {
  static: string(1),
  dynamic: enumeration(2, METRIC_TAG_DYNAMIC_VALUE),
});
export type MetricTagValue = Of<typeof MetricTagValue>;
export type MetricTags = ReadonlyMap<string, MetricTagValue>;

export const Network = message('Network', { properties: mapOf(1, string(2)) });

export const CertificateProperties = message('CertificateProperties', {
  organizational_unit: repeated(string(1)),
});

export const CachedDependency = message('CachedDependency', {
  name: string(1),
  from: string(2),
  to: string(3),
  cache_key: string(4),
  log_source: string(5),
  checksum_algorithm: string(6),
  checksum_value: string(7),
});
export type CachedDependency = Of<typeof CachedDependency>;

export const LAYER_TYPE = { LayerTypeInvalid: 0, SHARED: 1, EXCLUSIVE: 2 } as const;
export const MEDIA_TYPE = { MediaTypeInvalid: 0, TGZ: 1, TAR: 2, ZIP: 3 } as const;
export const DIGEST_ALGORITHM = { DigestAlgorithmInvalid: 0, SHA256: 1, SHA512: 2 } as const;

export const ImageLayer = message('ImageLayer', {
  name: string(1),
  url: string(2),
  destination_path: string(3),
  layer_type: enumeration(4, LAYER_TYPE),
  media_type: enumeration(5, MEDIA_TYPE),
  digest_algorithm: enumeration(6, DIGEST_ALGORITHM),
  digest_value: string(7),
});
export type ImageLayer = Of<typeof ImageLayer>;

export const TCPCheck = message('TCPCheck', {
  port: uint32(1),
  connect_timeout_ms: uint64(2),
  interval_ms: uint64(3),
});

export const HTTPCheck = message('HTTPCheck', {
  port: uint32(1),
  request_timeout_ms: uint64(2),
  path: string(3),
  interval_ms: uint64(4),
});

export const Check = message('Check', {
  tcp_check: embedded(1, () => TCPCheck),
  http_check: embedded(2, () => HTTPCheck),
});
export type Check = Of<typeof Check>;

export const CheckDefinition = message('CheckDefinition', {
  checks: repeated(embedded(1, () => Check)),
  log_source: string(2),
  readiness_checks: repeated(embedded(3, () => Check)),
});
export type CheckDefinition = Of<typeof CheckDefinition>;

export const PortRange = message('PortRange', { start: uint32(1), end: uint32(2) });
export const ICMPInfo = message('ICMPInfo', { type: int32(1), code: int32(2) });

export const SecurityGroupRule = message('SecurityGroupRule', {
  protocol: string(1),
  destinations: repeated(string(2)),
  ports: repeated(uint32(3)),
  port_range: embedded(4, () => PortRange),
  icmp_info: embedded(5, () => ICMPInfo),
  log: bool(6),
  annotations: repeated(string(7)),
});
export type SecurityGroupRule = Of<typeof SecurityGroupRule>;

export const SharedDevice = message('SharedDevice', {
  volume_id: string(1),
  mount_config: string(2),
});

export const DedicatedDevice = message('DedicatedDevice', {
  mounter_id: string(1),
  mount_config: string(2),
  device_config: string(3),
});

export const VolumeMount = message('VolumeMount', {
  driver: string(1),
  container_dir: string(3),
  mode: string(6),
  shared: embedded(7, () => SharedDevice),
  dedicated: embedded(8, () => DedicatedDevice),
});
export type VolumeMount = Of<typeof VolumeMount>;

export const VolumePlacement = message('VolumePlacement', { driver_names: repeated(string(1)) });

/** Each value is JSON text of the one who reads that key: `cf-router`, `tcp-router` … */
export const ProtoRoutes = message('ProtoRoutes', { routes: mapOf(1, bytes(2)) });
export type ProtoRoutes = Of<typeof ProtoRoutes>;
