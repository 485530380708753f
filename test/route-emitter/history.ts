/** Random histories of LRPs as a BBS would tell them: events, and what is there at the end. */
import type { Actual, Desired, LrpEvent } from '../../src/route-emitter/table/lrp.ts';
import { actualLrp, desiredLrp } from './support/lrps.ts';

export interface History {
  readonly events: readonly LrpEvent[];
  /** By process guid, in the same order: events of different LRPs have none among them. */
  readonly byLrp: ReadonlyMap<string, readonly LrpEvent[]>;
  readonly desireds: readonly Desired[];
  readonly actuals: readonly Actual[];
}

/** Numbers below a limit, drawn one by one. */
export type Draw = (limit: number) => number;

const HOSTNAMES = ['a', 'b', 'c'];
const INSTANCES = 3;

class Lrp {
  readonly #guid: string;
  readonly #draw: Draw;
  readonly #nextId: () => number;
  desired: Desired | undefined;
  readonly rows = new Map<string, Actual>();

  constructor(guid: string, draw: Draw, nextId: () => number) {
    this.#guid = guid;
    this.#draw = draw;
    this.#nextId = nextId;
  }

  /** One thing that may happen now. */
  step(): LrpEvent[] {
    if (this.desired === undefined) return [this.#desire()];
    const choice = this.#draw(10);
    if (choice < 2) return [this.#update(this.desired)];
    if (choice === 2) return [this.#removeDesired(this.desired)];
    if (choice < 6) return [this.#start()];
    const row = [...this.rows.values()][this.#draw(Math.max(1, this.rows.size))];
    if (row === undefined) return [this.#start()];
    return choice < 8 ? [this.#stop(row)] : this.#change(row);
  }

  #routes() {
    const mask = this.#draw(8);
    return HOSTNAMES.filter((_host, index) => (mask & (1 << index)) !== 0).map(
      (host) => `${host}.${this.#guid}`,
    );
  }

  #desire(): LrpEvent {
    const epoch = `d${this.#nextId()}`;
    const desired = desiredLrp({ guid: this.#guid, epoch, hosts: this.#routes(), instances: 3 });
    this.desired = desired;
    return { type: 'desired-created', desired };
  }

  #update(before: Desired): LrpEvent {
    const { epoch = '', index = 0 } = before.tag ?? {};
    const words = { guid: this.#guid, epoch, index: index + 1, instances: INSTANCES };
    const after = desiredLrp({ ...words, hosts: this.#routes() });
    this.desired = after;
    return { type: 'desired-changed', before, after };
  }

  #removeDesired(desired: Desired): LrpEvent {
    this.desired = undefined;
    return { type: 'desired-removed', desired };
  }

  #start(): LrpEvent {
    const id = this.#nextId();
    const actual = actualLrp({
      processGuid: this.#guid,
      guid: `i${id}`,
      index: this.#draw(INSTANCES),
      address: `10.0.${id >> 8}.${id & 255}`,
    });
    this.rows.set(actual.instance.guid, actual);
    return { type: 'actual-created', actual };
  }

  #stop(actual: Actual): LrpEvent {
    this.rows.delete(actual.instance.guid);
    return { type: 'actual-removed', actual };
  }

  #change(before: Actual): LrpEvent[] {
    const { instance } = before;
    const tag = { epoch: instance.tag?.epoch ?? '', index: (instance.tag?.index ?? 0) + 1 };
    const isEvacuating = this.#draw(3) === 0 ? true : instance.isEvacuating;
    const address = this.#draw(2) === 0 ? instance.address : `10.9.0.${this.#nextId() & 255}`;
    const after = { ...before, instance: { ...instance, tag, isEvacuating, address } };
    this.rows.set(instance.guid, after);
    return [{ type: 'actual-changed', before, after }];
  }
}

export function makeHistory(length: number, draw: Draw): History {
  let ids = 0;
  const nextId = (): number => {
    ids += 1;
    return ids;
  };
  const lrps = Array.from({ length: 5 }, (_, n) => new Lrp(`p${n}`, draw, nextId));
  const byLrp = new Map<string, LrpEvent[]>(lrps.map((_lrp, n) => [`p${n}`, []]));
  const events: LrpEvent[] = [];
  while (events.length < length) {
    const chosen = draw(lrps.length);
    for (const event of (lrps[chosen] as Lrp).step()) {
      events.push(event);
      byLrp.get(`p${chosen}`)?.push(event);
    }
  }
  return {
    events,
    byLrp,
    desireds: lrps.flatMap(({ desired }) => desired ?? []),
    actuals: lrps.flatMap(({ rows }) => [...rows.values()]),
  };
}
