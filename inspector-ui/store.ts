/** Everything the page knows. Changes are told once per frame of the screen. */
import type { MachineGraph } from '../src/inspector/machine-graph.ts';
import { edgesBetween, type Taken, takenEdges } from '../src/inspector/taken-edges.ts';
import type {
  ActorView,
  Frame,
  InstanceView,
  LrpsView,
  RecordView,
} from '../src/inspector/views.ts';

/** Records that the page keeps; the node keeps fewer. */
const MAX_RECORDS = 10_000;
/** Of one actor or lifecycle, over all its steps. */
const MAX_STEPS = 200;

/** One step of an actor, as far as it can be concluded. */
export interface Step {
  readonly record: RecordView;
  readonly before: unknown;
  readonly taken: Taken;
}

export interface Coverage {
  /** Times each transition was taken, by edge. */
  readonly counts: Map<string, number>;
  last: Taken;
}

export type Connection = 'connecting' | 'live' | 'polling' | 'lost';

const EMPTY_LRPS: LrpsView = { problem: '', isComplete: true, apps: [], instances: [] };
const ACTUAL_LRP = 'actual-lrp';

export class Store {
  connection: Connection = 'connecting';
  tree: ActorView | undefined;
  deadLetters: Readonly<Record<string, number>> = {};
  lrps: LrpsView = EMPTY_LRPS;
  readonly instances = new Map<string, InstanceView>();
  readonly machines = new Map<string, MachineGraph>();
  records: RecordView[] = [];
  /** The first record to ask for when the connection comes back. */
  next = 1;
  dropped = 0;
  firstSequence = 0;
  /** Unix time minus the node's monotonic time. */
  wallOffsetMs = 0;
  eventsPerSecond: ReadonlyMap<string, number> = new Map();
  readonly steps = new Map<string, Step[]>();
  readonly coverage = new Map<string, Coverage>();
  readonly #machineOf = new Map<string, string>();
  readonly #states = new Map<string, unknown>();
  readonly #listeners = new Set<() => void>();
  #waiting: RecordView[] = [];
  #isScheduled = false;

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      for (const listener of this.#listeners) listener();
    });
  }

  takeMachines(graphs: readonly MachineGraph[]): void {
    for (const graph of graphs) this.machines.set(graph.id, graph);
    this.#flushWaiting();
  }

  take(frame: Frame): void {
    if (frame.type === 'hello') {
      this.wallOffsetMs = frame.wallMs - frame.nowMs;
      // A node that was started anew counts from one again.
      if (frame.last + 1 < this.next) this.#forget();
    } else if (frame.type === 'records') {
      this.takeRecords(frame.records, frame.dropped);
    } else if (frame.type === 'tree') {
      this.takeTree(frame.tree);
      this.deadLetters = frame.deadLetters;
    } else if (frame.type === 'lrps') this.takeLrps(frame.lrps);
    else for (const instance of frame.instances) this.#takeInstance(instance);
    this.changed();
  }

  #forget(): void {
    this.records = [];
    this.#waiting = [];
    this.next = 1;
    this.dropped = 0;
    this.firstSequence = 0;
    this.steps.clear();
    this.coverage.clear();
    this.#states.clear();
    this.instances.clear();
  }

  takeTree(tree: ActorView): void {
    this.tree = tree;
    const walk = (actor: ActorView): void => {
      if (actor.machine !== '') this.#machineOf.set(actor.name, actor.machine);
      for (const child of actor.children) walk(child);
    };
    walk(tree);
    this.#measure();
    this.#flushWaiting();
  }

  machineOf(actor: string): string {
    return this.#machineOf.get(actor) ?? '';
  }

  takeRecords(records: readonly RecordView[], dropped: number): void {
    const fresh = records.filter(({ sequence }) => sequence >= this.next);
    const last = fresh.at(-1);
    if (last === undefined) return;
    this.next = last.sequence + 1;
    // Before the first record nothing was promised.
    if (this.firstSequence === 0) this.firstSequence = fresh[0]?.sequence ?? 0;
    else this.dropped += dropped;
    this.records = [...this.records, ...fresh].slice(-MAX_RECORDS);
    this.#waiting.push(...fresh);
    this.#flushWaiting();
  }

  /** Steps can be concluded when it is known which machine each actor is. */
  #flushWaiting(): void {
    if (this.tree === undefined || this.machines.size === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const record of waiting) this.#step(record);
  }

  #step(record: RecordView): void {
    const { actor, kind, eventType, detail } = record;
    if (kind !== 'state' && kind !== 'stop') return;
    const machine = this.machineOf(actor);
    const graph = this.machines.get(machine);
    if (graph === undefined || detail === undefined) return;
    // An actor that is started again begins from nothing.
    const before = eventType === 'xstate.init' ? undefined : this.#states.get(actor);
    this.#states.set(actor, detail);
    const taken = takenEdges(graph, before, eventType, detail);
    const steps = this.steps.get(actor) ?? [];
    this.steps.set(actor, [...steps.slice(1 - MAX_STEPS), { record, before, taken }]);
    this.#cover(machine, taken);
  }

  #cover(machine: string, taken: Taken): void {
    if (taken.edges.length === 0) return;
    const own = this.coverageOf(machine);
    own.last = taken;
    if (!taken.isCertain) return;
    for (const edge of taken.edges) own.counts.set(edge, (own.counts.get(edge) ?? 0) + 1);
  }

  /** State of each actor after the record of this number, as far as the records reach back. */
  statesAt(sequence: number): ReadonlyMap<string, unknown> {
    const states = new Map<string, unknown>();
    for (const record of this.records) {
      if (record.sequence > sequence) break;
      if (record.kind === 'state') states.set(record.actor, record.detail);
      else if (record.kind === 'stop' || record.kind === 'crash') states.delete(record.actor);
    }
    return states;
  }

  coverageOf(machine: string): Coverage {
    let own = this.coverage.get(machine);
    if (own === undefined) {
      own = { counts: new Map(), last: { edges: [], isCertain: true } };
      this.coverage.set(machine, own);
    }
    return own;
  }

  takeLrps(lrps: LrpsView): void {
    this.lrps = lrps;
    for (const instance of lrps.instances) this.#takeInstance(instance);
    // A row that the node does not show any more is forgotten here, too.
    const shown = new Set(lrps.instances.map(({ key }) => key));
    for (const key of this.instances.keys()) if (!shown.has(key)) this.instances.delete(key);
  }

  #takeInstance(instance: InstanceView): void {
    const known = this.instances.get(instance.key)?.history.at(-1)?.wallMs ?? 0;
    this.instances.set(instance.key, instance);
    const graph = this.machines.get(ACTUAL_LRP);
    if (graph === undefined || instance.presence !== 'ordinary') return;
    for (const { wallMs, from, to } of instance.history) {
      if (wallMs > known) this.#cover(ACTUAL_LRP, edgesBetween(graph, from, to));
    }
  }

  #measure(): void {
    const last = this.records.at(-1)?.atMs ?? 0;
    const counts = new Map<string, number>();
    for (let at = this.records.length - 1; at >= 0; at -= 1) {
      const record = this.records[at];
      if (record === undefined || record.atMs < last - 5000) break;
      counts.set(record.actor, (counts.get(record.actor) ?? 0) + 1);
    }
    for (const [actor, count] of counts) counts.set(actor, count / 5);
    this.eventsPerSecond = counts;
  }
}
