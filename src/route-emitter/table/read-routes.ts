/** The routes in a desired LRP (diego.md §11.10), and its metric tags (§11.9). */
import { Buffer } from 'node:buffer';
import {
  METRIC_TAG_DYNAMIC_VALUE,
  type MetricTags as MetricTagMessages,
} from '../../model/bbs/messages/common.ts';
import { isSameRoute, type MetricTags, type Route, type RoutedApp } from './lrp.ts';

const HTTP_KEY = 'cf-router';
const INTERNAL_KEY = 'internal-router';
const MAX_PORT = 65_535;

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown): value is string => typeof value === 'string';
const isAbsentOrText = (value: unknown): boolean => value === undefined || isText(value);

/** The list under a key; malformed JSON is no routes. */
function listUnder(routes: ReadonlyMap<string, Uint8Array>, key: string): readonly unknown[] {
  const bytes = routes.get(key);
  if (bytes === undefined) return [];
  try {
    const parsed: unknown = JSON.parse(Buffer.from(bytes).toString());
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}

interface HttpEntry {
  readonly hostnames: readonly string[];
  readonly port: number;
  readonly route_service_url?: string;
  readonly isolation_segment?: string;
  readonly protocol?: string;
  readonly options?: unknown;
}

function isHttpEntry(value: unknown): value is HttpEntry {
  if (!isObject(value)) return false;
  const { hostnames = [], port, route_service_url, isolation_segment, protocol } = value;
  return (
    Array.isArray(hostnames) &&
    hostnames.every(isText) &&
    Number.isInteger(port) &&
    (port as number) >= 0 &&
    (port as number) <= MAX_PORT &&
    [route_service_url, isolation_segment, protocol].every(isAbsentOrText)
  );
}

function httpRoutes(entries: readonly unknown[], app: RoutedApp): Route[] {
  // As in the original one bad entry spoils the list.
  if (!entries.every(isHttpEntry)) return [];
  return entries.flatMap((entry) =>
    (entry.hostnames ?? []).map((hostname) => ({
      isInternal: false,
      containerPort: entry.port,
      hostname,
      routeServiceUrl: entry.route_service_url ?? '',
      isolationSegment: entry.isolation_segment ?? '',
      protocol: entry.protocol ?? '',
      options: entry.options ?? undefined,
      app,
    })),
  );
}

function internalRoutes(entries: readonly unknown[], app: RoutedApp): Route[] {
  const isEntry = (value: unknown): value is { readonly hostname: string } =>
    isObject(value) && isText(value['hostname']);
  if (!entries.every(isEntry)) return [];
  return entries.map(({ hostname }) => ({
    isInternal: true,
    containerPort: 0,
    hostname,
    routeServiceUrl: '',
    isolationSegment: '',
    protocol: '',
    options: undefined,
    app,
  }));
}

/** A hostname that is given twice is one route. */
function withoutDoubles(routes: readonly Route[]): readonly Route[] {
  if (routes.length < 2) return routes;
  const byHostname = new Map<string, Route[]>();
  return routes.filter((route) => {
    const same = byHostname.get(route.hostname) ?? [];
    if (same.some((other) => isSameRoute(other, route))) return false;
    byHostname.set(route.hostname, [...same, route]);
    return true;
  });
}

/** TCP and SSH routes are others' business. */
export function readRoutes(
  routes: ReadonlyMap<string, Uint8Array>,
  app: RoutedApp,
  isInternalEnabled: boolean,
): readonly Route[] {
  const http = httpRoutes(listUnder(routes, HTTP_KEY), app);
  const internal = isInternalEnabled ? internalRoutes(listUnder(routes, INTERNAL_KEY), app) : [];
  return withoutDoubles([...http, ...internal]);
}

const COMPONENT = ['component', 'route-emitter'] as const;

/** In the order of their names, as Go writes maps; the component's own wins. */
export function readMetricTags(tags: MetricTagMessages): MetricTags {
  const fixed: [string, string][] = [[...COMPONENT]];
  const dynamic: MetricTags['dynamic'][number][] = [];
  for (const [name, { static: text, dynamic: kind }] of tags) {
    if (name === COMPONENT[0]) continue;
    if (kind === METRIC_TAG_DYNAMIC_VALUE.INDEX) dynamic.push({ name, of: 'index' });
    else if (kind === METRIC_TAG_DYNAMIC_VALUE.INSTANCE_GUID) dynamic.push({ name, of: 'guid' });
    else fixed.push([name, text]);
  }
  fixed.sort(([a], [b]) => (a < b ? -1 : 1));
  return { fixed: Object.fromEntries(fixed), dynamic };
}
