import type { Endpoint } from '../../../src/router/table/endpoint.ts';
import type { Pool } from '../../../src/router/table/pool.ts';
import type { RouteTable } from '../../../src/router/table/route-table.ts';

const OWN_OF_COPY = ['id', 'uses', 'openConnections'];

function poolsOf(table: RouteTable): Pool[] {
  const pools: Pool[] = [];
  const iterator = table.pools();
  for (let next = iterator.next(); next.done !== true; next = iterator.next()) {
    pools.push(next.value);
  }
  return pools;
}

export const endpointsIn = (table: RouteTable): number =>
  new Set(poolsOf(table).flatMap(({ members }) => members.map(({ endpoint }) => endpoint))).size;

/** Everything that decides about a request, and which pools share an endpoint. */
export function dump(table: RouteTable): unknown {
  const pools = poolsOf(table);
  pools.sort((left, right) => (left.key < right.key ? -1 : 1));
  const numbers = new Map<Endpoint, number>();
  const numberOf = (endpoint: Endpoint): number => {
    const number = numbers.get(endpoint) ?? numbers.size;
    numbers.set(endpoint, number);
    return number;
  };
  return pools.map((pool) => ({
    key: pool.key,
    contextPath: pool.contextPath,
    childCount: pool.childCount,
    routeServiceUrl: pool.routeServiceUrl,
    loadBalancing: pool.loadBalancing,
    members: pool.members.map(({ endpoint }) => ({
      ...Object.fromEntries(
        Object.entries(endpoint).filter(([name]) => !OWN_OF_COPY.includes(name)),
      ),
      sharedAs: numberOf(endpoint),
    })),
  }));
}
