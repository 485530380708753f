import type { Clock } from '../ports/clock.ts';
import { ROUTE_EMITTER_LIMITS } from './options.ts';

/** Looking at the clock for each item would cost more than some items. */
const ITEMS_PER_LOOK = 32;

/** Cuts long work into slices, between which everything else in the process gets its turn. */
export class Slices {
  readonly #clock: Clock;
  #endMs: number;
  #items = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#endMs = clock.nowMs() + ROUTE_EMITTER_LIMITS.sliceMs;
  }

  /** To be asked after each small item. */
  get isOver(): boolean {
    this.#items += 1;
    return this.#items % ITEMS_PER_LOOK === 0 && this.isLate;
  }

  /** To be asked after an item that may have taken long. */
  get isLate(): boolean {
    return this.#clock.nowMs() >= this.#endMs;
  }

  /** Resolves in a later turn, with a new slice begun. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#clock.defer(resolve);
    });
    this.#endMs = this.#clock.nowMs() + ROUTE_EMITTER_LIMITS.sliceMs;
  }
}
