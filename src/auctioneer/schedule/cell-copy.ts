/** A local copy of a cell's state on which places are taken before the cell hears of it. */
import type { LrpAuction, Needs, TaskAuction } from './auction-request.ts';
import type { CellState, Resources } from './cell-state.ts';
import type { Problem } from './placement-error.ts';

export interface ScoreRules {
  readonly generation: 'today' | '2015';
  readonly startingContainerWeight: number;
  readonly binPackFirstFitWeight: number;
}

/** What each instance of the same LRP, or each task, adds to the score of its cell. */
const LOCALITY = { today: 1000, '2015': 1 } as const;

const usedFraction = (available: number, total: number): number =>
  total > 0 ? 1 - available / total : 1;

export class CellCopy {
  readonly state: CellState;
  /** The cell's place in the list of the BBS. */
  readonly repUrl: string;
  readonly lrps: LrpAuction[] = [];
  readonly tasks: TaskAuction[] = [];
  readonly #rules: ScoreRules;
  readonly #instances = new Map<string, number>();
  #available: Resources;
  #starting: number;

  constructor(state: CellState, repUrl: string, rules: ScoreRules) {
    this.state = state;
    this.repUrl = repUrl;
    this.#rules = rules;
    this.#available = state.available;
    this.#starting = state.startingContainers;
    for (const guid of state.processGuids) this.#count(guid);
  }

  get available(): Resources {
    return this.#available;
  }

  get startingContainers(): number {
    return this.#starting;
  }

  instancesOf = (processGuid: string): number => this.#instances.get(processGuid) ?? 0;

  /** What there is too little of for an instance, with the proxy beside it; empty: it fits. */
  problemsForLrp = (lrp: LrpAuction): readonly Problem[] =>
    this.#problems(this.#lrpMemoryMb(lrp), lrp.diskMb);

  problemsForTask = (task: TaskAuction): readonly Problem[] =>
    this.#problems(task.memoryMb, task.diskMb);

  /** The lower, the better (diego.md §13.2). */
  scoreForLrp(lrp: LrpAuction): number {
    const { generation, binPackFirstFitWeight } = this.#rules;
    const locality = LOCALITY[generation] * this.instancesOf(lrp.processGuid);
    const packing = generation === 'today' ? this.state.cellIndex * binPackFirstFitWeight : 0;
    return this.#fullness(this.#lrpMemoryMb(lrp), lrp.diskMb) + locality + packing;
  }

  scoreForTask(task: TaskAuction): number {
    const tasks = this.state.tasks + this.tasks.length;
    const locality = LOCALITY[this.#rules.generation] * tasks;
    return this.#fullness(task.memoryMb, task.diskMb) + locality;
  }

  takeLrp(lrp: LrpAuction): void {
    this.lrps.push(lrp);
    this.#count(lrp.processGuid);
    this.#reserve(this.#lrpMemoryMb(lrp), lrp.diskMb);
  }

  takeTask(task: TaskAuction): void {
    this.tasks.push(task);
    this.#reserve(task.memoryMb, task.diskMb);
  }

  #count(processGuid: string): void {
    this.#instances.set(processGuid, this.instancesOf(processGuid) + 1);
  }

  #lrpMemoryMb = ({ memoryMb }: Needs): number =>
    memoryMb + (this.#rules.generation === 'today' ? this.state.proxyMemoryMb : 0);

  #problems(memoryMb: number, diskMb: number): readonly Problem[] {
    const { available } = this;
    const problems: Problem[] = [];
    if (available.containers < 1) problems.push('containers');
    if (available.diskMb < diskMb) problems.push('disk');
    if (available.memoryMb < memoryMb) problems.push('memory');
    return problems;
  }

  /** The average share that is used once the work is there, and what starts beside it. */
  #fullness(memoryMb: number, diskMb: number): number {
    const { available } = this;
    const { total } = this.state;
    const used =
      usedFraction(available.memoryMb - memoryMb, total.memoryMb) +
      usedFraction(available.diskMb - diskMb, total.diskMb) +
      usedFraction(available.containers - 1, total.containers);
    const { generation, startingContainerWeight } = this.#rules;
    const starting = generation === 'today' ? this.#starting * startingContainerWeight : 0;
    return used / 3 + starting;
  }

  #reserve(memoryMb: number, diskMb: number): void {
    const { available } = this;
    this.#starting += 1;
    this.#available = {
      memoryMb: available.memoryMb - memoryMb,
      diskMb: available.diskMb - diskMb,
      containers: available.containers - 1,
    };
  }
}
