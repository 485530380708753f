import { pino } from 'pino';
import type { Log, LogData, LogLevel } from '../../ports/log.ts';

/** Level numbers of the original's log lines (gorouter.md §7). */
const LEVEL_NUMBERS: Readonly<Record<LogLevel, number>> = {
  debug: 0,
  info: 1,
  warn: 2,
  error: 3,
  fatal: 6,
};

const PINO_NUMBERS: Readonly<Record<number, LogLevel>> = {
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

export interface PinoLogOptions {
  readonly level: LogLevel;
  readonly source: string;
  readonly timestamp: 'unix-epoch' | 'rfc3339';
  readonly destination: { write(line: string): void };
}

/** Counts lines per level, as `/varz` reports them (gorouter.md §6.5 `log_counts`). */
export type LogCounts = Record<string, number>;

/**
 * One JSON object per line:
 * `{"log_level":1,"timestamp":…,"message":"…","source":"…","data":{…}}` (gorouter.md §7).
 */
export function createPinoLog(options: PinoLogOptions): { log: Log; counts: LogCounts } {
  const counts: LogCounts = {};
  const timestamp =
    options.timestamp === 'rfc3339'
      ? () => `,"timestamp":"${new Date().toISOString()}"`
      : () => `,"timestamp":${(Date.now() / 1000).toFixed(6)}`;
  const logger = pino(
    {
      level: options.level,
      base: null,
      messageKey: 'message',
      timestamp,
      formatters: {
        level: (_label, number) => ({ log_level: LEVEL_NUMBERS[PINO_NUMBERS[number] ?? 'info'] }),
      },
    },
    options.destination,
  );

  function under(source: string): Log {
    const write = (level: LogLevel, message: string, data: LogData | undefined): void => {
      counts[level] = (counts[level] ?? 0) + 1;
      logger[level](data === undefined ? { source } : { source, data }, message);
    };
    return {
      debug: (message, data) => write('debug', message, data),
      info: (message, data) => write('info', message, data),
      warn: (message, data) => write('warn', message, data),
      error: (message, data) => write('error', message, data),
      fatal: (message, data) => write('fatal', message, data),
      isEnabled: (level) => logger.isLevelEnabled(level),
      child: (name) => under(`${source}.${name}`),
    };
  }
  return { log: under(options.source), counts };
}
