import type { Log } from '../../../src/ports/log.ts';

export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  fatal: () => {},
  isEnabled: () => false,
  child: () => silentLog,
};
