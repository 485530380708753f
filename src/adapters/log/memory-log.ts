import type { Log, LogData, LogLevel } from '../../ports/log.ts';

export interface LogLine {
  readonly level: LogLevel;
  readonly source: string;
  readonly message: string;
  readonly data: LogData | undefined;
}

/** Keeps the last `capacity` lines, for tests and for the simulator. */
export function createMemoryLog(
  source = 'test',
  capacity = 10_000,
): { log: Log; lines: LogLine[] } {
  const lines: LogLine[] = [];
  function under(name: string): Log {
    const write =
      (level: LogLevel) =>
      (message: string, data?: LogData): void => {
        if (lines.length === capacity) lines.shift();
        lines.push({ level, source: name, message, data });
      };
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      fatal: write('fatal'),
      isEnabled: () => true,
      child: (child) => under(`${name}.${child}`),
    };
  }
  return { log: under(source), lines };
}
