/** From the receptor's JSON to what the table knows (diego.md §12.2, §12.3). */
import { Buffer } from 'node:buffer';
import { ActualLRPNetInfo, PortMapping } from '../../model/bbs/messages/actual-lrp.ts';
import type { Actual, Desired, LrpEvent, Tag } from '../table/lrp.ts';
import { readMetricTags, readRoutes } from '../table/read-routes.ts';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const numberOf = (value: unknown): number =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : 0;
/** Nanoseconds do not fit into a double: exact to 256 ns, as for the router. */
const nanosecondsOf = (value: unknown): bigint =>
  typeof value === 'number' && Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const tagOf = (value: unknown): Tag | undefined =>
  isObject(value) ? { epoch: textOf(value['epoch']), index: numberOf(value['index']) } : undefined;

const NO_METRIC_TAGS = readMetricTags(new Map());

/** Undefined: not a desired LRP. */
export function readDesiredJson(value: unknown): Desired | undefined {
  if (!isObject(value) || textOf(value['process_guid']) === '') return undefined;
  const given = isObject(value['routes']) ? Object.entries(value['routes']) : [];
  const routes = new Map(given.map(([key, own]) => [key, Buffer.from(JSON.stringify(own))]));
  const app = { logGuid: textOf(value['log_guid']), tags: NO_METRIC_TAGS };
  return {
    processGuid: textOf(value['process_guid']),
    domain: textOf(value['domain']),
    instances: numberOf(value['instances']),
    tag: tagOf(value['modification_tag']),
    routes: readRoutes(routes, app, false),
    shown: { ports: listOf(value['ports']).map(numberOf), routes },
  };
}

const portOf = (value: unknown) =>
  PortMapping.create(
    isObject(value)
      ? {
          container_port: numberOf(value['container_port']),
          host_port: numberOf(value['host_port']),
        }
      : {},
  );

/** Undefined: not an actual LRP. */
export function readActualJson(value: unknown): Actual | undefined {
  if (!isObject(value) || textOf(value['process_guid']) === '') return undefined;
  return {
    processGuid: textOf(value['process_guid']),
    domain: textOf(value['domain']),
    cellId: textOf(value['cell_id']),
    state: textOf(value['state']),
    isRoutable: undefined,
    instance: {
      guid: textOf(value['instance_guid']),
      index: numberOf(value['index']),
      isEvacuating: value['evacuating'] === true,
      address: textOf(value['address']),
      instanceAddress: '',
      preferredAddress: ActualLRPNetInfo.empty.preferred_address,
      ports: listOf(value['ports']).map(portOf),
      since: nanosecondsOf(value['since']),
      tag: tagOf(value['modification_tag']),
      zone: '',
    },
  };
}

/** An event whose data is not what its name promises is not recognized. */
export function readEventJson(name: string, data: unknown): LrpEvent {
  const json = isObject(data) ? data : {};
  const desired = (key: string) => readDesiredJson(json[key]);
  const actual = (key: string) => readActualJson(json[key]);
  const [one, before, after] = [
    desired('desired_lrp') ?? actual('actual_lrp'),
    desired('desired_lrp_before') ?? actual('actual_lrp_before'),
    desired('desired_lrp_after') ?? actual('actual_lrp_after'),
  ];
  const isDesired = (lrp: Desired | Actual | undefined): lrp is Desired =>
    lrp !== undefined && 'shown' in lrp;
  const isActual = (lrp: Desired | Actual | undefined): lrp is Actual =>
    lrp !== undefined && 'instance' in lrp;
  if (name === 'desired_lrp_created' && isDesired(one)) {
    return { type: 'desired-created', desired: one };
  }
  if (name === 'desired_lrp_removed' && isDesired(one)) {
    return { type: 'desired-removed', desired: one };
  }
  if (name === 'desired_lrp_changed' && isDesired(before) && isDesired(after)) {
    return { type: 'desired-changed', before, after };
  }
  if (name === 'actual_lrp_created' && isActual(one))
    return { type: 'actual-created', actual: one };
  if (name === 'actual_lrp_removed' && isActual(one))
    return { type: 'actual-removed', actual: one };
  if (name === 'actual_lrp_changed' && isActual(before) && isActual(after)) {
    return { type: 'actual-changed', before, after };
  }
  return { type: 'unrecognized', name };
}
