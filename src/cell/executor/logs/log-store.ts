/** Keeps the last lines of each app, and passes new ones on. */
import type { LogLine, LogStore } from '../executor.ts';

export interface LogStoreBounds {
  readonly linesPerApp: number;
  readonly bytesPerApp: number;
  readonly bytes: number;
  readonly apps: number;
}

export interface WritableLogStore extends LogStore {
  append(logGuid: string, line: Omit<LogLine, 'sequence'>): void;
  readonly keptBytes: number;
}

interface AppLines {
  lines: LogLine[];
  /** How many at the front are forgotten already. */
  forgotten: number;
  bytes: number;
}

/** What a line takes besides its text, about. */
const LINE_OVERHEAD = 100;
/** The front of the list is cut off in pieces of this size. */
const CUT_AT = 256;

const sizeOf = ({ text }: LogLine): number => text.length + LINE_OVERHEAD;

export function createLogStore(bounds: LogStoreBounds): WritableLogStore {
  const apps = new Map<string, AppLines>();
  const followers = new Map<string, Set<(line: LogLine) => void>>();
  let keptBytes = 0;
  let sequence = 0;

  function forgetFirst(app: AppLines): void {
    const line = app.lines[app.forgotten];
    if (line === undefined) return;
    app.forgotten += 1;
    app.bytes -= sizeOf(line);
    keptBytes -= sizeOf(line);
    if (app.forgotten < CUT_AT) return;
    app.lines = app.lines.slice(app.forgotten);
    app.forgotten = 0;
  }

  function forgetApp(logGuid: string): void {
    keptBytes -= apps.get(logGuid)?.bytes ?? 0;
    apps.delete(logGuid);
  }

  /** The app that was silent the longest stands first. */
  function makeRoom(logGuid: string, app: AppLines): void {
    const isOver = (): boolean =>
      app.lines.length - app.forgotten > bounds.linesPerApp || app.bytes > bounds.bytesPerApp;
    while (isOver()) forgetFirst(app);
    for (const other of apps.keys()) {
      if (apps.size <= bounds.apps && keptBytes <= bounds.bytes) break;
      if (other !== logGuid) forgetApp(other);
    }
  }

  return {
    append(logGuid, words) {
      sequence += 1;
      const line: LogLine = { sequence, ...words };
      const app = apps.get(logGuid) ?? { lines: [], forgotten: 0, bytes: 0 };
      apps.delete(logGuid);
      apps.set(logGuid, app);
      app.lines.push(line);
      app.bytes += sizeOf(line);
      keptBytes += sizeOf(line);
      makeRoom(logGuid, app);
      for (const onLine of followers.get(logGuid) ?? []) onLine(line);
    },
    recent(logGuid) {
      const app = apps.get(logGuid);
      return app === undefined ? [] : app.lines.slice(app.forgotten);
    },
    follow(logGuid, onLine) {
      const own = followers.get(logGuid) ?? new Set();
      followers.set(logGuid, own);
      own.add(onLine);
      return () => {
        own.delete(onLine);
        if (own.size === 0 && followers.get(logGuid) === own) followers.delete(logGuid);
      };
    },
    get keptBytes() {
      return keptBytes;
    },
  };
}
