/** Writes what a container says under the name of its app, at a bounded rate. */
import type { Clock, Timer } from '../../../ports/clock.ts';
import { EXECUTOR_LIMITS } from '../options.ts';
import type { WritableLogStore } from './log-store.ts';
import { createLineSplitter } from './split-lines.ts';

export interface AppLogOptions {
  readonly clock: Clock;
  readonly store: WritableLogStore;
  readonly logGuid: string;
  readonly instanceGuid: string;
  readonly index: number;
  readonly linesPerSecond: number;
  readonly bytesPerSecond: number;
}

/** Output of one process. */
export interface OutputSink {
  take(stream: 'out' | 'err', chunk: Uint8Array): void;
  /** What was written last is a line, even without its end. */
  flush(): void;
  /** It writes no more. */
  end(): void;
}

const CELL = 'CELL';
const SECOND_MS = 1000;

/** Of one container. The timer runs only while something is written. */
export class AppLog {
  readonly #options: AppLogOptions;
  readonly #holds = new Set<(isHeld: boolean) => void>();
  #timer: Timer | undefined;
  #lines = 0;
  #bytes = 0;
  #dropped = 0;
  #readBytes = 0;
  #isHeld = false;
  #isClosed = false;

  constructor(options: AppLogOptions) {
    this.#options = options;
  }

  /** A line of the cell itself; not counted. */
  write(source: string, text: string, stream: 'out' | 'err' = 'out'): void {
    const { clock, store, logGuid, instanceGuid, index } = this.#options;
    if (logGuid === '') return;
    store.append(logGuid, { wallMs: clock.wallMs(), instanceGuid, index, source, stream, text });
  }

  /** `hold` is called when too much comes, and again when it may go on. */
  sink(source: string, hold: (isHeld: boolean) => void): OutputSink {
    const splitter = (stream: 'out' | 'err') =>
      createLineSplitter(EXECUTOR_LIMITS.lineBytes, (line) => this.#count(source, stream, line));
    const splitters = { out: splitter('out'), err: splitter('err') };
    const flush = (): void => {
      if (this.#isClosed) return;
      splitters.out.flush();
      splitters.err.flush();
    };
    this.#holds.add(hold);
    if (this.#isHeld) hold(true);
    return {
      take: (stream, chunk) => {
        if (this.#isClosed) return;
        this.#begin(chunk.length);
        splitters[stream].push(chunk);
        this.#holdIfTooMuch();
      },
      flush,
      end: () => {
        flush();
        this.#holds.delete(hold);
      },
    };
  }

  close(): void {
    this.#isClosed = true;
    const { clock } = this.#options;
    clock.clearTimeout(this.#timer);
    if (this.#timer !== undefined) this.#renew();
    this.#holds.clear();
  }

  #begin(bytes: number): void {
    const { clock } = this.#options;
    this.#timer ??= clock.setTimeout(() => this.#renew(), SECOND_MS);
    this.#readBytes += bytes;
  }

  /** What is dropped is counted and not looked at: a flood must not cost much. */
  #count(source: string, stream: 'out' | 'err', line: Buffer): void {
    const { linesPerSecond, bytesPerSecond } = this.#options;
    this.#lines += 1;
    this.#bytes += line.length;
    if (this.#lines > linesPerSecond || this.#bytes > bytesPerSecond) this.#dropped += 1;
    else if (line.length > 0) this.write(source, line.toString('utf8'), stream);
  }

  #holdIfTooMuch(): void {
    const { readBytesPerSecond, readLinesPerSecond } = EXECUTOR_LIMITS;
    const isTooMuch = this.#readBytes > readBytesPerSecond || this.#lines > readLinesPerSecond;
    if (isTooMuch) this.#holdAll(true);
  }

  #holdAll(isHeld: boolean): void {
    if (this.#isHeld === isHeld) return;
    this.#isHeld = isHeld;
    for (const hold of this.#holds) hold(isHeld);
  }

  /** A new second begins. */
  #renew(): void {
    this.#timer = undefined;
    if (this.#dropped > 0) {
      this.write(CELL, `log rate limit exceeded: ${this.#dropped} lines dropped`, 'err');
    }
    this.#lines = 0;
    this.#bytes = 0;
    this.#dropped = 0;
    this.#readBytes = 0;
    this.#holdAll(false);
  }
}
