export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'fatal';
export type LogData = Readonly<Record<string, unknown>>;

/**
 * Structured log. `message` is a stable name from the component's catalogue; whatever came
 * from outside goes under `data`, as a value and never as a key.
 */
export interface Log {
  debug(message: string, data?: LogData): void;
  info(message: string, data?: LogData): void;
  warn(message: string, data?: LogData): void;
  error(message: string, data?: LogData): void;
  fatal(message: string, data?: LogData): void;
  isEnabled(level: LogLevel): boolean;
  /** The same log under a longer source name: `vcap.gorouter` → `vcap.gorouter.registry`. */
  child(source: string): Log;
}
