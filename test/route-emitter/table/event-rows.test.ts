import { describe, expect, it } from 'vitest';
import { applyEvent } from '../../../src/route-emitter/apply-event.ts';
import type { Actual, Desired, LrpEvent } from '../../../src/route-emitter/table/lrp.ts';
import { toMessages } from '../../../src/route-emitter/table/registry-messages.ts';
import { RoutingTable } from '../../../src/route-emitter/table/routing-table.ts';
import { actualLrp, desiredLrp } from '../support/lrps.ts';

const RULES = { style: 'per-hostname', isDirectInstanceRoutes: false } as const;

const guidOf = (event: LrpEvent): string => {
  if (event.type === 'unrecognized') return '';
  if ('desired' in event) return event.desired.processGuid;
  return 'actual' in event ? event.actual.processGuid : event.after.processGuid;
};

/** `+a 10.0.0.1:61000 i0` registers, `-` unregisters, `*` tells the endpoint's time. */
function tell(table: RoutingTable, event: LrpEvent): string[] {
  const changes = applyEvent(table, event);
  const routes = table.get(guidOf(event))?.routes ?? [];
  const { registrations, unregistrations } = toMessages(changes, routes, RULES);
  const shown = (sign: string) => (outgoing: (typeof registrations)[number]) => {
    const { uris, host, port, private_instance_id: id, endpoint_updated_at_ns } = outgoing.message;
    const isTimed = endpoint_updated_at_ns !== undefined;
    return `${sign}${uris.join(',')} ${host}:${port} ${id}${isTimed ? ' *' : ''}`;
  };
  return [...registrations.map(shown('+')), ...unregistrations.map(shown('-'))].sort();
}

const created = (desired: Desired): LrpEvent => ({ type: 'desired-created', desired });
const removed = (desired: Desired): LrpEvent => ({ type: 'desired-removed', desired });
const changed = (before: Desired, after: Desired): LrpEvent => ({
  type: 'desired-changed',
  before,
  after,
});
const started = (actual: Actual): LrpEvent => ({ type: 'actual-created', actual });
const stopped = (actual: Actual): LrpEvent => ({ type: 'actual-removed', actual });
const became = (before: Actual, after: Actual): LrpEvent => ({
  type: 'actual-changed',
  before,
  after,
});

const app = desiredLrp({ hosts: ['a'] });
const both = desiredLrp({ hosts: ['a', 'b'], index: 1 });
const other = desiredLrp({ hosts: ['b'], index: 1 });
const running = actualLrp();
const claimed = actualLrp({ state: 'CLAIMED', tagIndex: 0, mapped: {}, address: '' });
const evacuating = actualLrp({ isEvacuating: true, tagIndex: 2 });
const elsewhere = actualLrp({ address: '10.0.0.2', tagIndex: 2 });
const unroutable = actualLrp({ isRoutable: false, tagIndex: 2 });
const routable = actualLrp({ isRoutable: true, tagIndex: 1 });

const [A, B] = ['a 10.0.0.1:61000 i0', 'b 10.0.0.1:61000 i0'];

/** What was there, what happens, what routers hear (diego.md §11.4, §11.5). */
const rows: readonly [name: string, before: readonly LrpEvent[], now: LrpEvent, told: string[]][] =
  [
    ['desired created, nothing runs', [], created(app), []],
    ['desired created, it runs', [started(running)], created(app), [`+${A}`]],
    ['desired created twice', [started(running), created(app)], created(app), []],
    [
      'desired created again with another epoch',
      [started(running), created(app)],
      created(desiredLrp({ hosts: ['b'], epoch: 'e' })),
      [`+${B}`, `-${A}`],
    ],
    ['hostname added', [created(app), started(running)], changed(app, both), [`+${B}`]],
    [
      'hostname replaced',
      [created(app), started(running)],
      changed(app, other),
      [`+${B}`, `-${A}`],
    ],
    [
      'hostname removed',
      [created(both), started(running)],
      changed(both, desiredLrp({ hosts: ['b'], index: 2 })),
      [`-${A}`],
    ],
    [
      'all routes removed',
      [created(both), started(running)],
      changed(both, desiredLrp({ index: 2 })),
      [`-${A}`, `-${B}`],
    ],
    ['a stale change', [created(both), started(running)], changed(both, app), []],
    [
      'scaled down',
      [
        created(desiredLrp({ hosts: ['a'], instances: 2 })),
        started(running),
        started(actualLrp({ guid: 'i1', index: 1, address: '10.0.0.9' })),
      ],
      changed(
        desiredLrp({ hosts: ['a'], instances: 2 }),
        desiredLrp({ hosts: ['a'], instances: 1, index: 1 }),
      ),
      ['-a 10.0.0.9:61000 i1'],
    ],
    [
      'scaled down and given another hostname at once',
      [
        created(desiredLrp({ hosts: ['a'], instances: 2 })),
        started(running),
        started(actualLrp({ guid: 'i1', index: 1, address: '10.0.0.9' })),
      ],
      changed(
        desiredLrp({ hosts: ['a'], instances: 2 }),
        desiredLrp({ hosts: ['b'], instances: 1, index: 1 }),
      ),
      [`+${B}`, `-${A}`, '-a 10.0.0.9:61000 i1'],
    ],
    ['desired removed', [created(both), started(running)], removed(both), [`-${A}`, `-${B}`]],
    ['desired removed twice', [created(app), started(running), removed(app)], removed(app), []],
    ['desired removed by a stale event', [created(both), started(running)], removed(app), []],
    ['desired removed, unknown', [], removed(app), []],
    ['actual created, running', [created(app)], started(running), [`+${A} *`]],
    ['actual created, not running', [created(app)], started(claimed), []],
    ['actual created, not routable', [created(app)], started(actualLrp({ isRoutable: false })), []],
    ['actual created, no routes', [], started(running), []],
    ['actual created twice', [created(app), started(running)], started(running), []],
    [
      'actual beyond the instances wanted',
      [created(app)],
      started(actualLrp({ guid: 'i7', index: 7 })),
      [],
    ],
    [
      'actual without the port of the route',
      [created(app)],
      started(actualLrp({ mapped: { 9090: 61_000 } })),
      [],
    ],
    ['claimed → running', [created(app), started(claimed)], became(claimed, running), [`+${A} *`]],
    ['running → running', [created(app), started(running)], became(running, running), []],
    [
      'running → running elsewhere',
      [created(app), started(running)],
      became(running, elsewhere),
      ['+a 10.0.0.2:61000 i0 *', `-${A}`],
    ],
    ['a stale address', [created(app), started(elsewhere)], became(claimed, running), []],
    [
      'routable → not routable',
      [created(app), started(routable)],
      became(routable, unroutable),
      [`-${A}`],
    ],
    [
      'not routable → routable',
      [created(app)],
      became(actualLrp({ isRoutable: false }), actualLrp({ isRoutable: true, tagIndex: 2 })),
      [`+${A} *`],
    ],
    ['running → evacuating', [created(app), started(running)], became(running, evacuating), []],
    ['running → claimed', [created(app), started(running)], became(running, claimed), [`-${A}`]],
    ['claimed → crashed', [created(app)], became(claimed, { ...claimed, state: 'CRASHED' }), []],
    ['actual removed, running', [created(app), started(running)], stopped(running), [`-${A}`]],
    ['actual removed, not running', [created(app), started(running)], stopped(claimed), []],
    ['actual removed by a stale event', [created(app), started(elsewhere)], stopped(running), []],
    ['actual removed, unknown', [created(app)], stopped(running), []],
    [
      'actual removed after its desired LRP',
      [created(app), started(running), removed(app)],
      stopped(running),
      [],
    ],
    [
      'evacuating removed',
      [created(app), started(running), became(running, evacuating)],
      stopped(evacuating),
      [`-${A}`],
    ],
    // The hand-over of 2015: the copies come and go one after the other.
    [
      'evacuating copy beside the ordinary',
      [created(app), started(running)],
      started(evacuating),
      [],
    ],
    [
      'ordinary copy goes, evacuating stays',
      [created(app), started(running), started(evacuating)],
      became(running, { ...claimed, state: 'UNCLAIMED' }),
      [],
    ],
    [
      'hostname added while both copies are there',
      [created(app), started(running), started(evacuating)],
      changed(app, both),
      [`+${B}`],
    ],
    [
      'evacuating copy goes last',
      [created(app), started(running), started(evacuating), stopped(running)],
      stopped(evacuating),
      [`-${A}`],
    ],
    ['a crash', [created(app), started(running)], { type: 'unrecognized', name: 'crashed' }, []],
  ];

describe('an event', () => {
  it.each(rows)('%s', (_name, before, now, told) => {
    const table = new RoutingTable(() => {});
    for (const event of before) applyEvent(table, event);
    expect(tell(table, now)).toEqual([...told].sort());
    // Told once, it is known.
    expect(tell(table, now)).toEqual([]);
  });

  it('leaves nothing in the table when everything is gone', () => {
    const table = new RoutingTable(() => {});
    for (const event of [created(app), started(running), stopped(running), removed(app)]) {
      applyEvent(table, event);
    }
    expect(table.size).toBe(0);
  });

  it('tells of addresses that two instances claim (§11.8)', () => {
    const collisions: unknown[] = [];
    const table = new RoutingTable((collision) => collisions.push(collision));
    const rival = actualLrp({ processGuid: 'q', guid: 'rival' });
    const rivalApp = desiredLrp({ guid: 'q', hosts: ['q'] });
    expect(tell(table, created(app))).toEqual([]);
    expect(tell(table, created(rivalApp))).toEqual([]);
    expect(tell(table, started(running))).toEqual([`+${A} *`]);
    expect(collisions).toEqual([]);
    expect(tell(table, started(rival))).toEqual(['+q 10.0.0.1:61000 rival *']);
    const collision = { address: '10.0.0.1:61000', instanceGuidA: 'i0', instanceGuidB: 'rival' };
    expect(collisions).toEqual([collision]);
    expect(tell(table, stopped(running))).toEqual([`-${A}`]);
    expect(collisions).toHaveLength(2);
    expect(collisions[1]).toEqual({ ...collision, instanceGuidA: 'rival', instanceGuidB: 'i0' });
    expect(tell(table, stopped(rival))).toEqual(['-q 10.0.0.1:61000 rival']);
    expect(collisions).toHaveLength(2);
  });
});
