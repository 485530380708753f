/** LRPs as the table knows them, from a few words. */
import { PortMapping } from '../../../src/model/bbs/messages/actual-lrp.ts';
import {
  METRIC_TAG_DYNAMIC_VALUE,
  MetricTagValue,
} from '../../../src/model/bbs/messages/common.ts';
import type { Actual, Desired, Instance } from '../../../src/route-emitter/table/lrp.ts';
import { readMetricTags, readRoutes } from '../../../src/route-emitter/table/read-routes.ts';

export { METRIC_TAG_DYNAMIC_VALUE };

export interface DesiredWords {
  readonly guid?: string;
  readonly domain?: string;
  readonly instances?: number;
  readonly epoch?: string;
  readonly index?: number;
  readonly logGuid?: string;
  /** The value of `cf-router`; a list of hostnames is one entry on port 8080. */
  readonly http?: unknown;
  readonly hosts?: readonly string[];
  readonly internal?: readonly string[];
  readonly ssh?: unknown;
  readonly ports?: readonly number[];
  readonly tags?: readonly (readonly [string, Partial<typeof MetricTagValue.empty>])[];
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

export function desiredLrp(words: DesiredWords = {}): Desired {
  const { hosts, http = hosts && [{ hostnames: hosts, port: 8080 }], internal, ssh } = words;
  const routes = new Map<string, Uint8Array>();
  if (http !== undefined) routes.set('cf-router', json(http));
  if (ssh !== undefined) routes.set('diego-ssh', json(ssh));
  if (internal !== undefined) {
    routes.set('internal-router', json(internal.map((hostname) => ({ hostname }))));
  }
  const tags = new Map(
    (words.tags ?? []).map(([name, value]) => [name, MetricTagValue.create(value)]),
  );
  const app = { logGuid: words.logGuid ?? 'log', tags: readMetricTags(tags) };
  return {
    processGuid: words.guid ?? 'p',
    domain: words.domain ?? 'dom',
    instances: words.instances ?? 1,
    tag: { epoch: words.epoch ?? 'd', index: words.index ?? 0 },
    routes: readRoutes(routes, app, true),
    shown: { ports: words.ports ?? [8080], routes },
  };
}

export interface ActualWords extends Partial<Instance> {
  readonly processGuid?: string;
  readonly domain?: string;
  readonly cellId?: string;
  readonly state?: string;
  readonly isRoutable?: boolean;
  readonly tagIndex?: number;
  readonly epoch?: string;
  /** container port → host port */
  readonly mapped?: Readonly<Record<number, number>>;
}

export function actualLrp(words: ActualWords = {}): Actual {
  const { processGuid = 'p', domain = 'dom', cellId = 'cell-a', state = 'RUNNING' } = words;
  const { isRoutable, tagIndex = 1, epoch, mapped = { 8080: 61_000 }, ...own } = words;
  const guid = own.guid ?? 'i0';
  return {
    processGuid,
    domain,
    cellId,
    state,
    isRoutable,
    instance: {
      guid,
      index: own.index ?? 0,
      isEvacuating: own.isEvacuating ?? false,
      address: own.address ?? '10.0.0.1',
      instanceAddress: own.instanceAddress ?? '10.255.0.1',
      preferredAddress: own.preferredAddress ?? 0,
      ports:
        own.ports ??
        Object.entries(mapped).map(([container, host]) =>
          PortMapping.create({ container_port: Number(container), host_port: host }),
        ),
      since: own.since ?? 1_440_575_420_123_456_789n,
      tag: { epoch: epoch ?? guid, index: tagIndex },
      zone: own.zone ?? '',
    },
  };
}
