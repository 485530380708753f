import type { RegistryMessage } from '../../../src/model/registry-message.ts';
import {
  type BalancingSettings,
  createSelection,
  NO_WISHES,
  type SelectionWishes,
  selectNext,
} from '../../../src/router/table/choose-endpoint.ts';
import { beginExchange, type Endpoint } from '../../../src/router/table/endpoint.ts';
import type { Pool } from '../../../src/router/table/pool.ts';
import type { RouteTable } from '../../../src/router/table/route-table.ts';
import { message, newTable } from './table-fixture.ts';

/** A pool with the ports 1 to `size`; instance ids `i1`, `i2`, …. */
export function poolOf(
  size: number,
  fieldsOf: (port: number) => Partial<RegistryMessage> = () => ({}),
): { table: RouteTable; pool: Pool } {
  const { table } = newTable();
  for (let port = 1; port <= size; port += 1) {
    const privateInstanceId = `i${port}`;
    table.register(message({ port, privateInstanceId, ...fieldsOf(port) }), 0);
  }
  const pool = table.lookup('foo.com', '/');
  if (pool === undefined) throw new Error('no pool');
  return { table, pool };
}

export function endpointAt(pool: Pool, port: number): Endpoint {
  const endpoint = pool.findByAddress('10.0.0.1', port)?.endpoint;
  if (endpoint === undefined) throw new Error(`no endpoint ${port}`);
  return endpoint;
}

export function setOpen(pool: Pool, counts: readonly number[]): void {
  for (const [index, count] of counts.entries()) {
    for (let at = 0; at < count; at += 1) beginExchange(endpointAt(pool, index + 1));
  }
}

/** Port of the first choice of one request, 0 when there is none. */
export function choose(
  pool: Pool,
  settings: BalancingSettings,
  wishes: Partial<SelectionWishes> = {},
  nowMs = 1000,
): number {
  const selection = createSelection(pool, { ...NO_WISHES, ...wishes }, settings);
  return selectNext(selection, nowMs)?.port ?? 0;
}

/** Ports of all attempts of one request, until none is left. */
export function walk(
  pool: Pool,
  settings: BalancingSettings,
  wishes: Partial<SelectionWishes> = {},
) {
  const selection = createSelection(pool, { ...NO_WISHES, ...wishes }, settings);
  const ports: number[] = [];
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const endpoint = selectNext(selection, 1000);
    if (endpoint === undefined) return ports;
    ports.push(endpoint.port);
  }
  throw new Error('no end');
}

export function manyChoices(count: number, chooseOnce: () => number): number[] {
  return Array.from({ length: count }, chooseOnce);
}

export function tally(ports: readonly number[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const port of ports) counts[port] = (counts[port] ?? 0) + 1;
  return counts;
}
