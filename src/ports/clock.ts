/** A timer that was set and can be cleared. Opaque to everyone but the clock that made it. */
export type Timer = { readonly timerOf: 'clock' };

/**
 * The only source of time. `nowMs` is monotonic and starts anywhere: use it for ages and
 * deadlines. `wallMs` is Unix time: use it only for stamps that people or peers read.
 */
export interface Clock {
  nowMs(): number;
  wallMs(): number;
  /** Any delay is allowed, also above 2^31-1 ms; a negative one counts as 0. */
  setTimeout(fn: () => void, delayMs: number): Timer;
  clearTimeout(timer: Timer | undefined): void;
  /** Runs `fn` soon, after the current turn and the I/O that is already waiting. */
  defer(fn: () => void): void;
}
