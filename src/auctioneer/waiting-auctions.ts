/** What was asked for and waits for the next auction; it outlives a crash of the actor. */
import { AUCTIONEER_LIMITS } from './options.ts';
import { type LrpAuction, lrpIdentifier, type TaskAuction } from './schedule/auction-request.ts';

export interface Batch {
  readonly lrps: readonly LrpAuction[];
  readonly tasks: readonly TaskAuction[];
}

/** Adds what is not there yet; returns how many found no room. */
function addAll<T>(
  waiting: Map<string, T>,
  auctions: readonly T[],
  identify: (auction: T) => string,
  limit: number,
): number {
  let dropped = 0;
  for (const auction of auctions) {
    const identifier = identify(auction);
    if (waiting.has(identifier)) continue;
    if (waiting.size < limit) waiting.set(identifier, auction);
    else dropped += 1;
  }
  return dropped;
}

/** Of the same instance, or task, the first request counts (diego.md §13.2, step 4). */
export class WaitingAuctions {
  #lrps = new Map<string, LrpAuction>();
  #tasks = new Map<string, TaskAuction>();

  get size(): number {
    return this.#lrps.size + this.#tasks.size;
  }

  addLrps = (lrps: readonly LrpAuction[]): number =>
    addAll(this.#lrps, lrps, lrpIdentifier, AUCTIONEER_LIMITS.waitingLrps);

  addTasks = (tasks: readonly TaskAuction[]): number =>
    addAll(this.#tasks, tasks, ({ taskGuid }) => taskGuid, AUCTIONEER_LIMITS.waitingTasks);

  /** Takes everything out. */
  drain(): Batch {
    const batch = { lrps: [...this.#lrps.values()], tasks: [...this.#tasks.values()] };
    this.#lrps = new Map();
    this.#tasks = new Map();
    return batch;
  }
}
