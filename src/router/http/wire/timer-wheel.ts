/**
 * Many time-outs for the price of one timer: a request costs two stores into a list, no timer of
 * its own. A time-out comes up to one tick late, never early.
 */
import type { Clock, Timer } from '../../../ports/clock.ts';

export const WHEEL_TICK_MS = 20;
const SLOTS = 512;

/** Something that may run out; a member of at most one slot. */
export class Deadline {
  readonly #onDue: () => void;
  /** Of the monotonic clock; 0: not set. */
  atMs = 0;
  slot = -1;
  before: Deadline | undefined;
  after: Deadline | undefined;

  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  due(): void {
    this.#onDue();
  }
}

export class TimerWheel {
  readonly #clock: Clock;
  readonly #slots: (Deadline | undefined)[] = new Array(SLOTS).fill(undefined);
  #size = 0;
  #tick = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** For checks: deadlines that are set. */
  get size(): number {
    return this.#size;
  }

  /** Sets it anew; 0: no limit. */
  set(deadline: Deadline, inMs: number): void {
    this.clear(deadline);
    if (inMs <= 0) return;
    const nowMs = this.#clock.nowMs();
    deadline.atMs = nowMs + inMs;
    if (this.#size === 0) this.#tick = Math.floor(nowMs / WHEEL_TICK_MS);
    this.#link(deadline);
    this.#size += 1;
    this.#timer ??= this.#clock.setTimeout(this.#turn, WHEEL_TICK_MS);
  }

  clear(deadline: Deadline): void {
    if (deadline.slot < 0) return;
    this.#unlink(deadline);
    this.#size -= 1;
    deadline.atMs = 0;
  }

  #link(deadline: Deadline): void {
    const slot = Math.ceil(deadline.atMs / WHEEL_TICK_MS) % SLOTS;
    const first = this.#slots[slot];
    deadline.slot = slot;
    deadline.before = undefined;
    deadline.after = first;
    if (first !== undefined) first.before = deadline;
    this.#slots[slot] = deadline;
  }

  #unlink(deadline: Deadline): void {
    const { before, after, slot } = deadline;
    if (before === undefined) this.#slots[slot] = after;
    else before.after = after;
    if (after !== undefined) after.before = before;
    deadline.slot = -1;
    deadline.before = undefined;
    deadline.after = undefined;
  }

  readonly #turn = (): void => {
    const nowMs = this.#clock.nowMs();
    const until = Math.floor(nowMs / WHEEL_TICK_MS);
    // After a long pause every slot is looked at once, not once for each tick that was missed.
    const from = Math.max(this.#tick, until - SLOTS + 1);
    const due: Deadline[] = [];
    for (let tick = from; tick <= until; tick += 1) {
      let next = this.#slots[tick % SLOTS];
      while (next !== undefined) {
        // Others of this slot are due a whole turn of the wheel later, or more.
        if (next.atMs <= nowMs) due.push(next);
        next = next.after;
      }
    }
    this.#tick = until;
    this.#timer = undefined;
    for (const deadline of due) {
      // A deadline that fell due may have cleared or moved another one.
      if (deadline.slot < 0 || deadline.atMs > nowMs) continue;
      this.clear(deadline);
      deadline.due();
    }
    if (this.#size > 0) this.#timer ??= this.#clock.setTimeout(this.#turn, WHEEL_TICK_MS);
  };

  /** Forgets everything. */
  close(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
