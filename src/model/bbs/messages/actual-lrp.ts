/** What runs (diego.md §2.5, §2.6). */
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
  uint64,
} from '../../protobuf/fields.ts';
import { ErrorMessage, ModificationTag, type Of } from './common.ts';

export const PRESENCE = { ORDINARY: 0, EVACUATING: 1, SUSPECT: 2 } as const;
export const PREFERRED_ADDRESS = { UNKNOWN: 0, INSTANCE: 1, HOST: 2 } as const;
export type ActualLRPState = 'UNCLAIMED' | 'CLAIMED' | 'RUNNING' | 'CRASHED';

export const ActualLRPKey = message('ActualLRPKey', {
  process_guid: string(1),
  index: int32(2),
  domain: string(3),
});
export type ActualLRPKey = Of<typeof ActualLRPKey>;

export const ActualLRPInstanceKey = message('ActualLRPInstanceKey', {
  instance_guid: string(1),
  cell_id: string(2),
});
export type ActualLRPInstanceKey = Of<typeof ActualLRPInstanceKey>;

export const PortMapping = message('PortMapping', {
  container_port: uint32(1),
  host_port: uint32(2),
  container_tls_proxy_port: uint32(3),
  host_tls_proxy_port: uint32(4),
});

export const ActualLRPNetInfo = message('ActualLRPNetInfo', {
  address: string(1),
  ports: repeated(embedded(2, () => PortMapping)),
  instance_address: string(3),
  preferred_address: enumeration(4, PREFERRED_ADDRESS),
  instance_ipv6_address: string(5),
});
export type ActualLRPNetInfo = Of<typeof ActualLRPNetInfo>;

export const ActualLRPInternalRoute = message('ActualLRPInternalRoute', { hostname: string(1) });

export const ActualLRP = message('ActualLRP', {
  actual_lrp_key: always(embedded(1, () => ActualLRPKey)),
  actual_lrp_instance_key: always(embedded(2, () => ActualLRPInstanceKey)),
  actual_lrp_net_info: always(embedded(3, () => ActualLRPNetInfo)),
  crash_count: int32(4),
  crash_reason: string(5),
  state: string(6),
  placement_error: string(7),
  since: int64(8),
  modification_tag: always(embedded(9, () => ModificationTag)),
  presence: enumeration(10, PRESENCE),
  actual_lrp_internal_routes: repeated(embedded(11, () => ActualLRPInternalRoute)),
  metric_tags: mapOf(12, string(2)),
  routable: optional(bool(13)),
  availability_zone: string(14),
});
export type ActualLRP = Of<typeof ActualLRP>;

export const ActualLRPGroup = message('ActualLRPGroup', {
  instance: embedded(1, () => ActualLRP),
  evacuating: embedded(2, () => ActualLRP),
});
export type ActualLRPGroup = Of<typeof ActualLRPGroup>;

/** An actual LRP without its keys, in events. Some numbers differ from ActualLRP's. */
export const ActualLRPInfo = message('ActualLRPInfo', {
  actual_lrp_net_info: always(embedded(3, () => ActualLRPNetInfo)),
  crash_count: int32(4),
  crash_reason: string(5),
  state: string(6),
  placement_error: string(7),
  since: int64(8),
  modification_tag: always(embedded(9, () => ModificationTag)),
  presence: enumeration(10, PRESENCE),
  Routable: optional(bool(11)),
  availability_zone: string(12),
});
export type ActualLRPInfo = Of<typeof ActualLRPInfo>;

const error = embedded(1, () => ErrorMessage);
const actual_lrp_key = embedded(1, () => ActualLRPKey);
const actual_lrp_instance_key = embedded(2, () => ActualLRPInstanceKey);
const actual_lrp_net_info = embedded(3, () => ActualLRPNetInfo);

export const ActualLRPLifecycleResponse = message('ActualLRPLifecycleResponse', { error });

export const ActualLRPsRequest = message('ActualLRPsRequest', {
  domain: string(1),
  cell_id: string(2),
  process_guid: string(3),
  index: optional(int32(4)),
});

export const ActualLRPsResponse = message('ActualLRPsResponse', {
  error,
  actual_lrps: repeated(embedded(2, () => ActualLRP)),
});

export const ActualLRPsByProcessGuidsRequest = message('ActualLRPsByProcessGuidsRequest', {
  process_guids: repeated(string(1)),
});

export const ActualLRPsByProcessGuidsResponse = message('ActualLRPsByProcessGuidsResponse', {
  error,
  actual_lrps: repeated(embedded(2, () => ActualLRP)),
});

export const ActualLRPGroupsRequest = message('ActualLRPGroupsRequest', {
  domain: string(1),
  cell_id: string(2),
});

export const ActualLRPGroupsResponse = message('ActualLRPGroupsResponse', {
  error,
  actual_lrp_groups: repeated(embedded(2, () => ActualLRPGroup)),
});

export const ActualLRPGroupsByProcessGuidRequest = message('ActualLRPGroupsByProcessGuidRequest', {
  process_guid: string(1),
});

export const ActualLRPGroupByProcessGuidAndIndexRequest = message(
  'ActualLRPGroupByProcessGuidAndIndexRequest',
  { process_guid: string(1), index: int32(2) },
);

export const ActualLRPGroupResponse = message('ActualLRPGroupResponse', {
  error,
  actual_lrp_group: embedded(2, () => ActualLRPGroup),
});

export const ClaimActualLRPRequest = message('ClaimActualLRPRequest', {
  process_guid: string(1),
  index: int32(2),
  actual_lrp_instance_key: embedded(3, () => ActualLRPInstanceKey),
});

export const StartActualLRPRequest = message('StartActualLRPRequest', {
  actual_lrp_key,
  actual_lrp_instance_key,
  actual_lrp_net_info,
  actual_lrp_internal_routes: repeated(embedded(4, () => ActualLRPInternalRoute)),
  metric_tags: mapOf(5, string(2)),
  Routable: optional(bool(6)),
  availability_zone: string(7),
});

export const CrashActualLRPRequest = message('CrashActualLRPRequest', {
  actual_lrp_key,
  actual_lrp_instance_key,
  error_message: string(3),
});

export const FailActualLRPRequest = message('FailActualLRPRequest', {
  actual_lrp_key,
  error_message: string(2),
});

export const RetireActualLRPRequest = message('RetireActualLRPRequest', { actual_lrp_key });

export const RemoveActualLRPRequest = message('RemoveActualLRPRequest', {
  process_guid: string(1),
  index: int32(2),
  actual_lrp_instance_key: embedded(3, () => ActualLRPInstanceKey),
});

export const EvacuationResponse = message('EvacuationResponse', {
  error,
  keep_container: bool(2),
});

const bothKeys = { actual_lrp_key, actual_lrp_instance_key };
export const EvacuateClaimedActualLRPRequest = message('EvacuateClaimedActualLRPRequest', bothKeys);
export const EvacuateStoppedActualLRPRequest = message('EvacuateStoppedActualLRPRequest', bothKeys);
export const RemoveEvacuatingActualLRPRequest = message(
  'RemoveEvacuatingActualLRPRequest',
  bothKeys,
);

export const EvacuateCrashedActualLRPRequest = message('EvacuateCrashedActualLRPRequest', {
  ...bothKeys,
  error_message: string(3),
});

export const EvacuateRunningActualLRPRequest = message('EvacuateRunningActualLRPRequest', {
  ...bothKeys,
  actual_lrp_net_info,
  /** Seconds; of 2015. */
  ttl: uint64(4),
  actual_lrp_internal_routes: repeated(embedded(5, () => ActualLRPInternalRoute)),
  metric_tags: mapOf(6, string(2)),
  Routable: optional(bool(7)),
  availability_zone: string(8),
});

export const RemoveEvacuatingActualLRPResponse = message('RemoveEvacuatingActualLRPResponse', {
  error,
});

export const ConvergeLRPsResponse = message('ConvergeLRPsResponse', { error });
