import type { RouteTable } from './route-table.ts';

/**
 * The number of distinct addresses ("droplets" in /varz, gorouter.md §3.9), counted in steps of
 * about `budget` endpoints: it yields the count so far, and the last value is the answer.
 */
export function* countAddresses(table: RouteTable, budget: number): Generator<number> {
  const addresses = new Set<string>();
  const pools = table.pools();
  let left = budget;
  for (let next = pools.next(); next.done !== true; next = pools.next()) {
    for (const member of next.value.members) addresses.add(member.endpoint.address);
    left -= 1 + next.value.members.length;
    if (left > 0) continue;
    yield addresses.size;
    left = budget;
  }
  yield addresses.size;
}
