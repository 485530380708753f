/**
 * Messages of the BBS with the fields that the route-emitter reads. The decoder passes over all
 * others, which is most of the work for a quarter of a million records.
 */
import {
  ActualLRPInstanceKey,
  ActualLRPKey,
  ActualLRPNetInfo,
  PRESENCE,
} from '../../model/bbs/messages/actual-lrp.ts';
import {
  MetricTagValue,
  ModificationTag,
  type Of,
  ProtoRoutes,
} from '../../model/bbs/messages/common.ts';
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
} from '../../model/protobuf/fields.ts';

export const RunningLRP = message('ActualLRP', {
  actual_lrp_key: always(embedded(1, () => ActualLRPKey)),
  actual_lrp_instance_key: always(embedded(2, () => ActualLRPInstanceKey)),
  actual_lrp_net_info: always(embedded(3, () => ActualLRPNetInfo)),
  state: string(6),
  since: int64(8),
  modification_tag: always(embedded(9, () => ModificationTag)),
  presence: enumeration(10, PRESENCE),
  routable: optional(bool(13)),
  availability_zone: string(14),
});
export type RunningLRP = Of<typeof RunningLRP>;

export const RoutedLRP = message('DesiredLRP', {
  process_guid: string(1),
  domain: string(2),
  instances: int32(4),
  ports: repeated(uint32(14)),
  routes: embedded(15, () => ProtoRoutes),
  log_guid: string(17),
  modification_tag: embedded(21, () => ModificationTag),
  metric_tags: mapOf(
    35,
    embedded(2, () => MetricTagValue),
  ),
});
export type RoutedLRP = Of<typeof RoutedLRP>;
