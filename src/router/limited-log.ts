import type { Clock } from '../ports/clock.ts';
import type { LogData } from '../ports/log.ts';

type Write = (message: string, data: LogData) => void;

/**
 * Writes at most so many lines per second and message name; what went unsaid is summed up in one
 * line. Whoever floods the router with messages must not flood the disk as well.
 */
export class LimitedLog {
  readonly #linesPerSecond: number;
  readonly #clock: Clock;
  readonly #written = new Map<string, { lines: number; unsaid: number }>();
  #second = -1;

  constructor(linesPerSecond: number, clock: Clock) {
    this.#linesPerSecond = linesPerSecond;
    this.#clock = clock;
  }

  /** `data` is only asked for when the line is written. */
  add(write: Write, message: string, data: () => LogData): void {
    const second = Math.floor(this.#clock.nowMs() / 1000);
    if (second !== this.#second) this.#startSecond(second, write);
    const own = this.#written.get(message) ?? { lines: 0, unsaid: 0 };
    this.#written.set(message, own);
    if (own.lines >= this.#linesPerSecond) {
      own.unsaid += 1;
      return;
    }
    own.lines += 1;
    write(message, data());
  }

  #startSecond(second: number, write: Write): void {
    for (const [message, { unsaid }] of this.#written) {
      if (unsaid > 0) write('log-lines-left-out', { message, count: unsaid });
    }
    this.#written.clear();
    this.#second = second;
  }
}
