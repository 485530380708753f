/** Small rules of the rows of actual LRPs (diego.md §3). */
import type {
  ActualLRP,
  ActualLRPInstanceKey,
  ActualLRPInternalRoute,
  ActualLRPNetInfo,
} from './messages/actual-lrp.ts';
import type { ModificationTag, Of } from './messages/common.ts';

export const sameInstanceKey = (a: ActualLRPInstanceKey, b: ActualLRPInstanceKey): boolean =>
  a.instance_guid === b.instance_guid && a.cell_id === b.cell_id;

export const hasInstanceKey = (row: ActualLRP, key: ActualLRPInstanceKey): boolean =>
  sameInstanceKey(row.actual_lrp_instance_key, key);

export const nextTag = (tag: ModificationTag | undefined): ModificationTag => ({
  epoch: tag?.epoch ?? '',
  // A uint32: it wraps as the original's does.
  index: ((tag?.index ?? 0) + 1) >>> 0,
});

const MAX_TEXT_BYTES = 1024;
const CUT_MARK = '(truncated)';

/** Crash reasons, placement errors and failure reasons as they are stored (§3.3, §6.1). */
export function truncated(text: string): string {
  if (Buffer.byteLength(text) < MAX_TEXT_BYTES) return text;
  const bytes = Buffer.from(text).subarray(0, MAX_TEXT_BYTES - CUT_MARK.length);
  // A character that is cut in two is left out.
  return bytes.toString('utf8').replace(/\ufffd+$/u, '') + CUT_MARK;
}

export function sameNetInfo(a: ActualLRPNetInfo, b: ActualLRPNetInfo): boolean {
  return (
    a.address === b.address &&
    a.instance_address === b.instance_address &&
    a.preferred_address === b.preferred_address &&
    a.instance_ipv6_address === b.instance_ipv6_address &&
    a.ports.length === b.ports.length &&
    a.ports.every((port, index) => {
      const other = b.ports[index];
      return (
        other !== undefined &&
        port.container_port === other.container_port &&
        port.host_port === other.host_port &&
        port.container_tls_proxy_port === other.container_tls_proxy_port &&
        port.host_tls_proxy_port === other.host_tls_proxy_port
      );
    })
  );
}

const sameTags = (a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean =>
  a.size === b.size && [...a].every(([name, value]) => b.get(name) === value);

type InternalRoutes = readonly Of<typeof ActualLRPInternalRoute>[];

const sameRoutes = (a: InternalRoutes, b: InternalRoutes): boolean =>
  a.length === b.length && a.every(({ hostname }, index) => hostname === b[index]?.hostname);

interface Running {
  readonly netInfo: ActualLRPNetInfo;
  readonly internalRoutes: InternalRoutes;
  readonly metricTags: ReadonlyMap<string, string>;
  readonly routable: boolean;
  readonly availabilityZone: string;
}

/** Whether a start would change nothing (§3.2); in 2015 only the net info counted. */
export const sameRunning = (row: ActualLRP, start: Running, isNetInfoOnly: boolean): boolean =>
  sameNetInfo(row.actual_lrp_net_info, start.netInfo) &&
  (isNetInfoOnly ||
    (sameRoutes(row.actual_lrp_internal_routes, start.internalRoutes) &&
      sameTags(row.metric_tags, start.metricTags) &&
      row.routable === start.routable &&
      row.availability_zone === start.availabilityZone));
