/** Routes with their endpoints, searched. */
import { INSPECTOR_LIMITS } from './options.ts';
import type { EndpointView, RoutesView } from './views.ts';

/** What the inspector sees of the router; its own table fits. */
export interface RouterSource {
  readonly table: {
    readonly routeCount: number;
    pools(): Iterator<PoolSource>;
  };
  /** What `/varz` shows. */
  readonly figures: () => unknown;
}

export interface PoolSource {
  readonly key: string;
  readonly members: readonly {
    readonly endpoint: { readonly address: string; readonly privateInstanceId: string };
    readonly updatedAtMs: number;
    readonly failedUntilMs: number;
  }[];
}

function endpointsOf({ members }: PoolSource, nowMs: number): EndpointView[] {
  return members.map(({ endpoint, updatedAtMs, failedUntilMs }) => ({
    address: endpoint.address,
    instanceId: endpoint.privateInstanceId,
    isFailed: failedUntilMs !== 0 && nowMs <= failedUntilMs,
    ageMs: nowMs - updatedAtMs,
  }));
}

/** `search`: part of a route's key or of an endpoint's address; empty: all. */
export function viewRoutes(source: RouterSource, search: string, nowMs: number): RoutesView {
  const wanted = search.toLowerCase();
  const routes: RoutesView['routes'][number][] = [];
  let matches = 0;
  const pools = source.table.pools();
  for (let next = pools.next(); next.done !== true; next = pools.next()) {
    const { key, members } = next.value;
    const isMatch =
      key.includes(wanted) || members.some(({ endpoint }) => endpoint.address.includes(wanted));
    if (!isMatch) continue;
    matches += 1;
    if (routes.length === INSPECTOR_LIMITS.routes) continue;
    routes.push({ key, endpoints: endpointsOf(next.value, nowMs) });
  }
  return { total: source.table.routeCount, matches, routes, figures: source.figures() };
}
