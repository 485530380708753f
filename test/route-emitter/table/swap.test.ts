import { describe, expect, it } from 'vitest';
import { isRouted } from '../../../src/route-emitter/table/lrp.ts';
import { toMessages } from '../../../src/route-emitter/table/registry-messages.ts';
import { RoutingTable } from '../../../src/route-emitter/table/routing-table.ts';
import { swapTables } from '../../../src/route-emitter/table/swap-tables.ts';
import { type ActualWords, actualLrp, type DesiredWords, desiredLrp } from '../support/lrps.ts';

interface World {
  readonly desired?: readonly DesiredWords[];
  readonly actual?: readonly ActualWords[];
}

function tableOf({ desired = [], actual = [] }: World): RoutingTable {
  const table = new RoutingTable(() => {});
  for (const words of desired) table.setRoutes(undefined, desiredLrp(words));
  for (const lrp of actual.map(actualLrp)) if (isRouted(lrp)) table.load(lrp);
  return table;
}

function swap(old: RoutingTable, next: RoutingTable, fresh: boolean): string[] {
  const told: string[] = [];
  for (const { processGuid, changes } of swapTables(old, next, () => fresh)) {
    const { registrations, unregistrations } = toMessages(
      changes,
      next.get(processGuid)?.routes ?? [],
      { style: 'per-hostname', isDirectInstanceRoutes: false },
    );
    for (const [sign, list] of [
      ['+', registrations],
      ['-', unregistrations],
    ] as const) {
      for (const { message } of list) {
        const isTimed = message.endpoint_updated_at_ns !== undefined;
        told.push(`${sign}${message.uris} ${message.private_instance_id}${isTimed ? ' *' : ''}`);
      }
    }
  }
  return told.sort();
}

const app = { hosts: ['a'] };
const i0 = {};
const i1 = { guid: 'i1', index: 1, address: '10.0.0.2' };
const two = { hosts: ['a'], instances: 2 };

/** diego.md §11.6: old, new, and what is told when the domain is fresh and when it is not. */
const rows: readonly [string, World, World, fresh: string[], notFresh: string[]][] = [
  ['nothing before', {}, { desired: [app], actual: [i0] }, ['+a i0'], ['+a i0']],
  ['no difference', { desired: [app], actual: [i0] }, { desired: [app], actual: [i0] }, [], []],
  [
    'hostname replaced',
    { desired: [app], actual: [i0] },
    { desired: [{ hosts: ['b'] }], actual: [i0] },
    ['+b i0', '-a i0'],
    ['+b i0'],
  ],
  [
    'endpoint found',
    { desired: [two], actual: [i0] },
    { desired: [two], actual: [i0, i1] },
    ['+a i1 *'],
    ['+a i1 *'],
  ],
  [
    'endpoint lost',
    { desired: [two], actual: [i0, i1] },
    { desired: [two], actual: [i0] },
    ['-a i1'],
    ['-a i1'],
  ],
  ['desired lost', { desired: [app], actual: [i0] }, { actual: [i0] }, ['-a i0'], []],
  ['both lost', { desired: [app], actual: [i0] }, {}, ['-a i0'], ['-a i0']],
  [
    'a route with another service',
    { desired: [app], actual: [i0] },
    {
      desired: [{ http: [{ hostnames: ['a'], port: 8080, route_service_url: 'https://r' }] }],
      actual: [i0],
    },
    ['+a i0', '-a i0'],
    ['+a i0', '-a i0'],
  ],
  [
    'not running, not routable',
    {},
    { desired: [two], actual: [{ state: 'CLAIMED' }, { ...i1, isRoutable: false }] },
    [],
    [],
  ],
  ['beyond the instances wanted', {}, { desired: [app], actual: [i0, i1] }, ['+a i0'], ['+a i0']],
];

describe('a table that was read anew', () => {
  it.each(rows)('%s', (_name, old, next, fresh, notFresh) => {
    expect(swap(tableOf(old), tableOf(next), true)).toEqual(fresh);
    expect(swap(tableOf(old), tableOf(next), false)).toEqual(notFresh);
  });

  it('keeps routes of a domain that is not fresh until it is', () => {
    const old = tableOf({ desired: [app], actual: [i0] });
    const lost = tableOf({});
    expect(swap(old, lost, false)).toEqual(['-a i0']);
    const back = tableOf({ actual: [i0] });
    // The routes were kept: the instance that is back is routed.
    expect(swap(lost, back, false)).toEqual(['+a i0 *']);
    expect(swap(back, tableOf({}), true)).toEqual(['-a i0']);
  });

  it('is as large as what it holds', () => {
    const apps = Array.from({ length: 300 }, (_, n) => ({ guid: `p${n}`, hosts: [`h${n}`] }));
    const actual = apps.map(({ guid }, n) => ({ processGuid: guid, guid: `i${n}` }));
    const table = tableOf({ desired: apps, actual });
    expect(table.counts()).toEqual({ processes: 300, routes: 300 });
    expect(swap(table, tableOf({}), true)).toHaveLength(300);
  });
});
