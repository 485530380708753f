/** One auction: every piece of work of a batch against the copies of the cells. */
import type { LrpAuction, TaskAuction } from './auction-request.ts';
import type { CellCopy } from './cell-copy.ts';
import { type Auction, inOrder } from './order.ts';
import { type PlacementRules, placeLrp, placeTask, type Zones, zonesOf } from './place.ts';

export interface FailedLrp {
  readonly lrp: LrpAuction;
  /** Empty: the cell did not take it (diego.md §13.2, step 8). */
  readonly error: string;
}

export interface FailedTask {
  readonly task: TaskAuction;
  readonly error: string;
}

export type Placed = (auction: Auction, cell: CellCopy) => void;

/** Places one piece of work per step, so that a long auction can let others run between. */
export class Scheduler {
  readonly cells: readonly CellCopy[];
  readonly failedLrps: FailedLrp[] = [];
  readonly failedTasks: FailedTask[] = [];
  readonly #rules: PlacementRules;
  readonly #zones: Zones;
  readonly #auctions: readonly Auction[];
  readonly #onPlaced: Placed;
  #next = 0;
  #placed = 0;

  constructor(
    cells: readonly CellCopy[],
    batch: { readonly lrps: readonly LrpAuction[]; readonly tasks: readonly TaskAuction[] },
    rules: PlacementRules,
    onPlaced: Placed = () => {},
  ) {
    this.cells = cells;
    this.#rules = rules;
    this.#zones = zonesOf(cells);
    this.#auctions = inOrder(batch.lrps, batch.tasks);
    this.#onPlaced = onPlaced;
  }

  get placed(): number {
    return this.#placed;
  }

  get failed(): number {
    return this.failedLrps.length + this.failedTasks.length;
  }

  /** False when everything was placed, or failed. */
  step(): boolean {
    const auction = this.#auctions[this.#next];
    if (auction === undefined) return false;
    this.#next += 1;
    if (auction.kind === 'lrp') this.#placeLrp(auction);
    else this.#placeTask(auction);
    return true;
  }

  #placeLrp(auction: Auction & { kind: 'lrp' }): void {
    const { lrp } = auction;
    const placement = placeLrp(lrp, this.#zones, this.#rules);
    if (placement.cell === undefined) {
      this.failedLrps.push({ lrp, error: placement.error });
      return;
    }
    placement.cell.takeLrp(lrp);
    this.#win(auction, placement.cell);
  }

  #placeTask(auction: Auction & { kind: 'task' }): void {
    const { task } = auction;
    const placement = placeTask(task, this.#zones, this.#rules);
    if (placement.cell === undefined) {
      this.failedTasks.push({ task, error: placement.error });
      return;
    }
    placement.cell.takeTask(task);
    this.#win(auction, placement.cell);
  }

  #win(auction: Auction, cell: CellCopy): void {
    this.#placed += 1;
    this.#onPlaced(auction, cell);
  }
}
