/** From messages of the BBS to what the table knows. */
import type { StreamedEvent } from '../../model/bbs/event-types.ts';
import {
  type ActualLRPInfo,
  ActualLRPInstanceKey,
  ActualLRPKey,
  PRESENCE,
} from '../../model/bbs/messages/actual-lrp.ts';
import { ModificationTag } from '../../model/bbs/messages/common.ts';
import type { DesiredLRPSchedulingInfo } from '../../model/bbs/messages/desired-lrp.ts';
import type { Actual, Desired, LrpEvent } from '../table/lrp.ts';
import { readMetricTags, readRoutes } from '../table/read-routes.ts';
import type { RoutedLRP, RunningLRP } from './bbs-messages.ts';

const NO_PORTS: readonly number[] = [];
const NO_ROUTES: ReadonlyMap<string, Uint8Array> = new Map();
const NO_TAGS = readMetricTags(new Map());

/** Of desired LRPs: `isInternalEnabled` as in RouteEmitterOptions. */
export function readDesired(lrp: RoutedLRP, isInternalEnabled: boolean): Desired {
  const { metric_tags: tags } = lrp;
  const app = {
    logGuid: lrp.log_guid,
    tags: tags.size === 0 ? NO_TAGS : readMetricTags(tags),
  };
  const routes = lrp.routes?.routes ?? NO_ROUTES;
  return {
    processGuid: lrp.process_guid,
    domain: lrp.domain,
    instances: lrp.instances,
    tag: lrp.modification_tag,
    routes: readRoutes(routes, app, isInternalEnabled),
    shown: { ports: lrp.ports, routes },
  };
}

/** A BBS that has no routing infos has these; they tell no metric tags. */
export function readSchedulingInfo(
  info: DesiredLRPSchedulingInfo,
  isInternalEnabled: boolean,
): Desired {
  const { process_guid, domain, log_guid } = info.desired_lrp_key;
  const { instances, routes, modification_tag } = info;
  const lrp = { process_guid, domain, log_guid, instances, routes, modification_tag };
  return readDesired({ ...lrp, ports: NO_PORTS, metric_tags: new Map() }, isInternalEnabled);
}

export function readActual(lrp: RunningLRP): Actual {
  const { actual_lrp_key: key, actual_lrp_instance_key: instanceKey } = lrp;
  const { address, instance_address, preferred_address, ports } = lrp.actual_lrp_net_info;
  return {
    processGuid: key.process_guid,
    domain: key.domain,
    cellId: instanceKey.cell_id,
    state: lrp.state,
    isRoutable: lrp.routable,
    instance: {
      guid: instanceKey.instance_guid,
      index: key.index,
      isEvacuating: lrp.presence === PRESENCE.EVACUATING,
      address,
      instanceAddress: instance_address,
      preferredAddress: preferred_address,
      ports: ports as Actual['instance']['ports'],
      since: lrp.since,
      tag: lrp.modification_tag,
      zone: lrp.availability_zone,
    },
  };
}

function readInfo(
  key: ActualLRPKey | undefined,
  instanceKey: ActualLRPInstanceKey | undefined,
  info: ActualLRPInfo,
): Actual {
  return readActual({
    ...info,
    actual_lrp_key: key ?? ActualLRPKey.empty,
    actual_lrp_instance_key: instanceKey ?? ActualLRPInstanceKey.empty,
    modification_tag: info.modification_tag ?? ModificationTag.empty,
    routable: info.Routable,
  });
}

const unrecognized = (name: string): LrpEvent => ({ type: 'unrecognized', name });

/** An event of the instance stream (§2.10); crashes and tasks tell routers nothing. */
export function readEvent({ name, message }: StreamedEvent, isInternalEnabled: boolean): LrpEvent {
  const desired = (lrp: RoutedLRP) => readDesired(lrp, isInternalEnabled);
  switch (name) {
    case 'desired_lrp_created':
    case 'desired_lrp_removed': {
      if (message.desired_lrp === undefined) return unrecognized(name);
      const type = name === 'desired_lrp_created' ? 'desired-created' : 'desired-removed';
      return { type, desired: desired(message.desired_lrp) };
    }
    case 'desired_lrp_changed': {
      const { before, after } = message;
      if (before === undefined || after === undefined) return unrecognized(name);
      return { type: 'desired-changed', before: desired(before), after: desired(after) };
    }
    case 'actual_lrp_instance_created':
    case 'actual_lrp_instance_removed': {
      if (message.actual_lrp === undefined) return unrecognized(name);
      const type = name === 'actual_lrp_instance_created' ? 'actual-created' : 'actual-removed';
      return { type, actual: readActual(message.actual_lrp) };
    }
    case 'actual_lrp_instance_changed': {
      const { before, after, actual_lrp_key: key, actual_lrp_instance_key: instanceKey } = message;
      if (before === undefined || after === undefined) return unrecognized(name);
      return {
        type: 'actual-changed',
        before: readInfo(key, instanceKey, before),
        after: readInfo(key, instanceKey, after),
      };
    }
    default:
      return unrecognized(name);
  }
}
