/** The thread's side of its reports: what is to be told waits here, within bounds. */
import type { Clock } from '../../ports/clock.ts';
import type { Log, LogData, LogLevel } from '../../ports/log.ts';
import {
  type EndpointFailure,
  type LogEntry,
  WORKER_LIMITS,
  type WorkerReport,
} from './messages.ts';
import { WorkerMetrics } from './worker-metrics.ts';

const countLines = (text: string): number => text.split('\n').length - 1;

/** Values that JSON cannot hold are told by name only. */
function jsonOf(data: LogData): string {
  try {
    return JSON.stringify(data);
  } catch {
    return '{"data":"not representable"}';
  }
}

/** A log whose entries another thread writes. */
function createRelayedLog(
  levels: readonly LogLevel[],
  source: string,
  add: (entry: LogEntry) => void,
): Log {
  const isEnabled = (level: LogLevel): boolean => levels.includes(level);
  const write = (level: LogLevel) => (message: string, data?: LogData) => {
    if (!isEnabled(level)) return;
    add({ level, source, message, data: data === undefined ? undefined : jsonOf(data) });
  };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    fatal: write('fatal'),
    isEnabled,
    child: (name) => createRelayedLog(levels, source === '' ? name : `${source}.${name}`, add),
  };
}

interface Waiting {
  readonly lines: string[];
  lineCharacters: number;
  droppedLines: number;
  readonly entries: LogEntry[];
  droppedLogEntries: number;
  readonly failures: EndpointFailure[];
}

const nothing = (): Waiting => ({
  lines: [],
  lineCharacters: 0,
  droppedLines: 0,
  entries: [],
  droppedLogEntries: 0,
  failures: [],
});

/** One report at a time is under way, so a slow main thread is never buried in them. */
export class WorkerReports {
  readonly metrics: WorkerMetrics;
  readonly log: Log;
  readonly #clock: Clock;
  readonly #post: (report: WorkerReport) => void;
  #waiting = nothing();
  #isScheduled = false;
  #isUnderWay = false;
  #hasMore = false;

  constructor(clock: Clock, logLevels: readonly LogLevel[], post: (report: WorkerReport) => void) {
    this.#clock = clock;
    this.#post = post;
    this.metrics = new WorkerMetrics(clock, () => this.touch());
    this.log = createRelayedLog(logLevels, '', (entry) => this.#addEntry(entry));
  }

  /** Access lines; what finds no room is dropped and counted. */
  write(text: string): void {
    const waiting = this.#waiting;
    if (waiting.lineCharacters + text.length > WORKER_LIMITS.waitingLineCharacters) {
      waiting.droppedLines += countLines(text);
    } else {
      waiting.lines.push(text);
      waiting.lineCharacters += text.length;
    }
    this.touch();
  }

  addFailure(failure: EndpointFailure): void {
    const { failures } = this.#waiting;
    // A mark that is lost costs the others a try each; a removal must arrive.
    if (failure.effect === 'mark' && failures.length >= WORKER_LIMITS.waitingFailures) return;
    failures.push(failure);
    this.touch();
  }

  /** Something changed, be it only the number of requests in hand. */
  touch(): void {
    this.#hasMore = true;
    if (this.#isScheduled || this.#isUnderWay) return;
    this.#isScheduled = true;
    this.#clock.setTimeout(() => {
      // A flush may have come before.
      if (this.#isScheduled) this.flush();
    }, WORKER_LIMITS.reportDelayMs);
  }

  /** The main thread has read the last report. */
  reported(): void {
    this.#isUnderWay = false;
    if (this.#hasMore) this.touch();
  }

  /** Tells everything now, whether or not the last report was read. */
  flush(): void {
    const { lines, droppedLines, entries, droppedLogEntries, failures } = this.#waiting;
    this.#waiting = nothing();
    this.#isScheduled = false;
    this.#hasMore = false;
    this.#isUnderWay = true;
    this.#post({
      type: 'report',
      lines: lines.join(''),
      droppedLines,
      log: entries,
      droppedLogEntries,
      failures,
      ...this.metrics.take(),
    });
  }

  #addEntry(entry: LogEntry): void {
    const waiting = this.#waiting;
    if (waiting.entries.length < WORKER_LIMITS.waitingLogEntries) waiting.entries.push(entry);
    else waiting.droppedLogEntries += 1;
    this.touch();
  }
}
