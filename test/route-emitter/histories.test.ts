import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEvent, processGuidOf } from '../../src/route-emitter/apply-event.ts';
import type { Change } from '../../src/route-emitter/table/diff-routes.ts';
import type { LrpEvent } from '../../src/route-emitter/table/lrp.ts';
import { type Messages, toMessages } from '../../src/route-emitter/table/registry-messages.ts';
import { RoutingTable } from '../../src/route-emitter/table/routing-table.ts';
import { swapTables } from '../../src/route-emitter/table/swap-tables.ts';
import { type Draw, type History, makeHistory } from './history.ts';

const EVENTS = 200;
const RUNS = 150;
const RULES = { style: 'per-hostname', isDirectInstanceRoutes: false } as const;

/** What a router knows: it takes an endpoint away only for the instance that it belongs to. */
class Router {
  readonly routes = new Map<string, string>();

  hear({ registrations, unregistrations }: Messages): void {
    for (const { message } of registrations) {
      for (const uri of message.uris) {
        const key = `${uri} ${message.host}:${message.port}`;
        this.routes.set(key, message.private_instance_id ?? '');
      }
    }
    for (const { message } of unregistrations) {
      for (const uri of message.uris) {
        const key = `${uri} ${message.host}:${message.port}`;
        if (this.routes.get(key) === message.private_instance_id) this.routes.delete(key);
      }
    }
  }
}

class Emitter {
  readonly router = new Router();
  table = new RoutingTable(() => {});

  #tell(guid: string, changes: readonly Change[]): void {
    this.router.hear(toMessages(changes, this.table.get(guid)?.routes ?? [], RULES));
  }

  hear(event: LrpEvent): void {
    this.#tell(processGuidOf(event) ?? '', applyEvent(this.table, event));
  }

  /** `cached`: events that came during the sync. */
  sync({ desireds, actuals }: History, cached: readonly LrpEvent[] = []): void {
    const next = new RoutingTable(() => {});
    for (const desired of desireds) next.setRoutes(undefined, desired);
    for (const actual of actuals) next.load(actual);
    for (const event of cached) applyEvent(next, event);
    const old = this.table;
    this.table = next;
    for (const { processGuid, changes } of swapTables(old, next, () => true)) {
      this.#tell(processGuid, changes);
    }
  }

  /** Routes and instances, without what an order of events may leave in another order. */
  shown(): unknown {
    const entries = [...this.table.entries()].map(([guid, { routes, instances }]) => [
      guid,
      routes.map(({ hostname }) => hostname).toSorted(),
      instances
        .map((one) => `${one.guid} ${one.address} ${one.isEvacuating} ${one.tag?.index}`)
        .toSorted(),
    ]);
    return entries.toSorted(([a], [b]) => (`${a}` < `${b}` ? -1 : 1));
  }

  registered(): string[] {
    return [...this.router.routes].map((route) => route.join(' ')).toSorted();
  }
}

/** What should be registered, straight from the LRPs. */
function wantedOf({ desireds, actuals }: History): string[] {
  const wanted = desireds.flatMap(({ processGuid, routes }) =>
    actuals
      .filter((actual) => actual.processGuid === processGuid)
      .flatMap(({ instance }) =>
        routes.map(({ hostname }) => `${hostname} ${instance.address}:61000 ${instance.guid}`),
      ),
  );
  return [...new Set(wanted)].toSorted();
}

/** A seeded source of numbers; fast-check draws the seed. */
function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

function shuffled<T>(items: readonly T[], draw: Draw): T[] {
  const copy = [...items];
  for (let index = copy.length - 1; index > 0; index -= 1) {
    const other = draw(index + 1);
    [copy[index], copy[other]] = [copy[other] as T, copy[index] as T];
  }
  return copy;
}

/** Keeps the order of each LRP's events, mixes those of different ones. */
function interleaved({ byLrp }: History, draw: Draw): LrpEvent[] {
  const queues = [...byLrp.values()].map((events) => [...events]);
  const mixed: LrpEvent[] = [];
  for (let left = queues.flat().length; left > 0; ) {
    const event = (queues[draw(queues.length)] as LrpEvent[]).shift();
    if (event === undefined) continue;
    mixed.push(event);
    left -= 1;
  }
  return mixed;
}

const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const check = (body: (history: History, draw: Draw) => void): void =>
  fc.assert(
    fc.property(seeds, (seed) => {
      const draw = drawFrom(seed);
      body(makeHistory(EVENTS, draw), draw);
    }),
    { numRuns: RUNS },
  );

function expectEnd(emitter: Emitter, history: History): void {
  const reference = new Emitter();
  reference.sync(history);
  expect(emitter.shown()).toEqual(reference.shown());
  expect(emitter.registered()).toEqual(wantedOf(history));
}

describe('a history of 200 events', () => {
  it('ends in the table that a sync would read, and in its routes', () => {
    check((history) => {
      const emitter = new Emitter();
      for (const event of history.events) emitter.hear(event);
      expectEnd(emitter, history);
    });
  });

  it('ends so whichever way the events of different LRPs are mixed, each told twice', () => {
    check((history, draw) => {
      const emitter = new Emitter();
      for (const event of interleaved(history, draw)) {
        emitter.hear(event);
        if (draw(2) === 0) emitter.hear(event);
      }
      expectEnd(emitter, history);
    });
  });

  it('ends so after a sync, in any order, with any events lost or told again', () => {
    check((history, draw) => {
      const emitter = new Emitter();
      const again = history.events.filter(() => draw(4) === 0);
      for (const event of shuffled([...history.events, ...again], draw)) {
        if (draw(4) > 0) emitter.hear(event);
      }
      emitter.sync(history);
      expectEnd(emitter, history);
    });
  });

  it('ends so when a sync is under way at any moment', () => {
    check((history, draw) => {
      const emitter = new Emitter();
      const start = draw(EVENTS);
      const end = start + draw(EVENTS - start);
      for (const event of history.events.slice(0, start)) emitter.hear(event);
      // The list was read at the end of the history, or is older than some events that wait.
      emitter.sync(history, history.events.slice(start, end));
      for (const event of history.events.slice(end)) emitter.hear(event);
      emitter.sync(history);
      expectEnd(emitter, history);
    });
  });
});
