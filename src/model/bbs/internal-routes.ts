/** What a cell is told of a desired LRP's internal routes and metric tags (diego.md §5.1, §7.2). */

import { METRIC_TAG_DYNAMIC_VALUE } from './messages/common.ts';
import type { DesiredLRP } from './messages/desired-lrp.ts';

const KEY = 'internal-router';

export interface InternalRoute {
  readonly hostname: string;
}

/** Undefined when there are none, or when their JSON cannot be read. */
export function internalRoutesOf({ routes }: DesiredLRP): readonly InternalRoute[] | undefined {
  const bytes = routes?.routes.get(KEY);
  if (bytes === undefined) return undefined;
  try {
    const parsed = JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
    if (!Array.isArray(parsed)) return undefined;
    return parsed.flatMap((own: unknown) => {
      const { hostname } = (own ?? {}) as { hostname?: unknown };
      return typeof hostname === 'string' ? [{ hostname }] : [];
    });
  } catch {
    return undefined;
  }
}

/** The tags of one instance: dynamic values become its index or its guid. */
export function metricTagsFor(
  { metric_tags }: DesiredLRP,
  index: number,
  instanceGuid: string,
): Map<string, string> {
  const tags = new Map<string, string>();
  for (const [name, tag] of metric_tags) {
    if (tag.dynamic === METRIC_TAG_DYNAMIC_VALUE.INDEX) tags.set(name, String(index));
    else if (tag.dynamic === METRIC_TAG_DYNAMIC_VALUE.INSTANCE_GUID) tags.set(name, instanceGuid);
    else tags.set(name, tag.static);
  }
  return tags;
}

const hostnames = (desired: DesiredLRP): string =>
  (internalRoutesOf(desired) ?? []).map(({ hostname }) => hostname).join('\n');

export const sameInternalRoutes = (a: DesiredLRP, b: DesiredLRP): boolean =>
  hostnames(a) === hostnames(b);

export const sameMetricTags = (a: DesiredLRP, b: DesiredLRP): boolean =>
  a.metric_tags.size === b.metric_tags.size &&
  [...a.metric_tags].every(([name, tag]) => {
    const other = b.metric_tags.get(name);
    return other !== undefined && other.static === tag.static && other.dynamic === tag.dynamic;
  });
