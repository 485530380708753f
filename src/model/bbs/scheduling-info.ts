/** Desired LRPs as they are read: whole, or only what schedulers and routers need (diego.md §2). */
import {
  MetricTagValue,
  ModificationTag,
  ProtoRoutes,
  VolumePlacement,
} from './messages/common.ts';
import { DesiredLRP, type DesiredLRPSchedulingInfo } from './messages/desired-lrp.ts';

const SOURCE_ID = 'source_id';

/**
 * For `/v1/desired_lrp_scheduling_infos/*`. The volume placement is always there; it names a driver
 * once for each mount (diego.md §2.4).
 */
export const schedulingInfoOf = (desired: DesiredLRP): DesiredLRPSchedulingInfo => ({
  desired_lrp_key: {
    process_guid: desired.process_guid,
    domain: desired.domain,
    log_guid: desired.log_guid,
  },
  annotation: desired.annotation,
  instances: desired.instances,
  desired_lrp_resource: {
    memory_mb: desired.memory_mb,
    disk_mb: desired.disk_mb,
    root_fs: desired.root_fs,
    max_pids: desired.max_pids,
  },
  routes: desired.routes ?? ProtoRoutes.empty,
  modification_tag: desired.modification_tag ?? ModificationTag.empty,
  volume_placement: VolumePlacement.create({
    driver_names: desired.volume_mounts.map(({ driver }) => driver),
  }),
  PlacementTags: desired.PlacementTags,
});

/** For `/v1/desired_lrp_routing_infos/list`: a desired LRP with only these fields (§1.4). */
export const routingInfoOf = (desired: DesiredLRP): DesiredLRP =>
  DesiredLRP.create({
    process_guid: desired.process_guid,
    domain: desired.domain,
    log_guid: desired.log_guid,
    instances: desired.instances,
    routes: desired.routes ?? ProtoRoutes.empty,
    modification_tag: desired.modification_tag ?? ModificationTag.empty,
    metric_tags: desired.metric_tags,
  });

/**
 * As reads and desired events show it: routes are always there, and of metrics_guid and the metric
 * tag source_id the one that was not given is filled from the other (§2.4).
 */
export function asRead(desired: DesiredLRP): DesiredLRP {
  const routes = desired.routes ?? ProtoRoutes.empty;
  const sourceId = desired.metric_tags.get(SOURCE_ID);
  if (sourceId !== undefined && desired.metrics_guid === '' && sourceId.static !== '') {
    return { ...desired, routes, metrics_guid: sourceId.static };
  }
  if (sourceId === undefined && desired.metrics_guid !== '') {
    const tag = MetricTagValue.create({ static: desired.metrics_guid });
    return { ...desired, routes, metric_tags: new Map([...desired.metric_tags, [SOURCE_ID, tag]]) };
  }
  return desired.routes === undefined ? { ...desired, routes } : desired;
}
