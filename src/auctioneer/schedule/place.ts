/** Finds the cell of one instance or of one task (diego.md §13.2). Pure: no I/O, no clock. */
import type { AuctionGeneration } from '../options.ts';
import type { LrpAuction, Needs, TaskAuction } from './auction-request.ts';
import type { CellCopy } from './cell-copy.ts';
import { type Check, failedCheck, laterCheck } from './is-compatible.ts';
import {
  insufficientError,
  mismatchError,
  PROBLEMS,
  type Problem,
  TOO_MANY_STARTING,
  unreachableError,
} from './placement-error.ts';

export interface PlacementRules {
  readonly generation: AuctionGeneration;
  /** 0: no limit. */
  readonly startingContainerCountMaximum: number;
}

export type Placement =
  | { readonly cell: CellCopy }
  | { readonly cell: undefined; readonly error: string };

/** Cells by the name of their zone, in a fixed order. */
export type Zones = ReadonlyMap<string, readonly CellCopy[]>;

export function zonesOf(cells: readonly CellCopy[]): Zones {
  const zones = new Map<string, CellCopy[]>();
  for (const cell of cells) {
    const { zone } = cell.state;
    const known = zones.get(zone);
    if (known === undefined) zones.set(zone, [cell]);
    else known.push(cell);
  }
  return new Map([...zones].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** The best of the cells looked at so far, and what is short on every one that is too full. */
class Search {
  readonly #common = new Set<Problem>(PROBLEMS);
  #best: CellCopy | undefined;
  #bestScore = Number.POSITIVE_INFINITY;

  look(cell: CellCopy, problems: readonly Problem[], score: () => number): void {
    if (problems.length > 0) {
      for (const problem of PROBLEMS) {
        if (!problems.includes(problem)) this.#common.delete(problem);
      }
      return;
    }
    const own = score();
    if (own >= this.#bestScore) return;
    this.#best = cell;
    this.#bestScore = own;
  }

  get winner(): CellCopy | undefined {
    return this.#best;
  }

  result = (generation: AuctionGeneration): Placement =>
    this.#best === undefined
      ? { cell: undefined, error: insufficientError(this.#common, generation) }
      : { cell: this.#best };
}

interface CompatibleZone {
  readonly cells: readonly CellCopy[];
  /** All cells of the zone, those that cannot take the work too. */
  readonly all: readonly CellCopy[];
}

interface Compatible {
  readonly zones: readonly CompatibleZone[];
  /** Only of use when there are no zones. */
  readonly check: Check;
}

/** Zones with the cells that can take the work; those without one are dropped. */
function compatible(zones: Zones, needs: Needs): Compatible {
  let check: Check = 'rootfs';
  const fitting: CompatibleZone[] = [];
  for (const all of zones.values()) {
    const cells: CellCopy[] = [];
    for (const cell of all) {
      const failed = failedCheck(cell.state, needs);
      if (failed === undefined) cells.push(cell);
      else check = laterCheck(failed, check);
    }
    if (cells.length > 0) fitting.push({ cells, all });
  }
  return { zones: fitting, check };
}

function startingContainers(zones: Zones): number {
  let sum = 0;
  for (const cells of zones.values()) {
    for (const cell of cells) sum += cell.startingContainers;
  }
  return sum;
}

/** Why there is no use in looking; undefined: look. */
function earlyError(zones: Zones, rules: PlacementRules): string | undefined {
  const { generation, startingContainerCountMaximum: maximum } = rules;
  if (zones.size === 0) return unreachableError(generation);
  if (generation === '2015' || maximum === 0) return undefined;
  return startingContainers(zones) >= maximum ? TOO_MANY_STARTING : undefined;
}

const noMatch = ({ check }: Compatible, needs: Needs, { generation }: PlacementRules) => ({
  cell: undefined,
  error: mismatchError(check, needs, generation),
});

/**
 * Goes through the zones, those with the fewest instances of the same LRP first, and ends with the
 * first group of equal zones in which there is a place.
 */
export function placeLrp(lrp: LrpAuction, zones: Zones, rules: PlacementRules): Placement {
  const error = earlyError(zones, rules);
  if (error !== undefined) return { cell: undefined, error };
  const found = compatible(zones, lrp);
  if (found.zones.length === 0) return noMatch(found, lrp, rules);
  const counted = found.zones.map(({ cells, all }) => ({
    cells,
    instances: all.reduce((sum, cell) => sum + cell.instancesOf(lrp.processGuid), 0),
  }));
  counted.sort((one, other) => one.instances - other.instances);
  const search = new Search();
  for (const [at, { cells, instances }] of counted.entries()) {
    for (const cell of cells) {
      search.look(cell, cell.problemsForLrp(lrp), () => cell.scoreForLrp(lrp));
    }
    if (counted[at + 1]?.instances === instances) continue;
    if (search.winner !== undefined) break;
  }
  return search.result(rules.generation);
}

/** The best cell of all zones. */
export function placeTask(task: TaskAuction, zones: Zones, rules: PlacementRules): Placement {
  const error = earlyError(zones, rules);
  if (error !== undefined) return { cell: undefined, error };
  const found = compatible(zones, task);
  if (found.zones.length === 0) return noMatch(found, task, rules);
  const search = new Search();
  for (const cell of found.zones.flatMap(({ cells }) => cells)) {
    search.look(cell, cell.problemsForTask(task), () => cell.scoreForTask(task));
  }
  return search.result(rules.generation);
}
