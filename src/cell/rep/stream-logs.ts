/** The log of an app's instances on this cell: one JSON object per line. */
import type { ServerResponse } from 'node:http';
import type { LogLine } from '../executor/executor.ts';
import { CELL_LIMITS } from '../options.ts';
import type { CellState } from '../state.ts';

const open = new WeakMap<CellState, number>();

const lineOf = (line: LogLine): string => `${JSON.stringify(line)}\n`;

/** What is kept, and with `isFollowing` every line from now on until the client leaves. */
export function streamLogs(
  state: CellState,
  logGuid: string,
  isFollowing: boolean,
  response: ServerResponse,
): void {
  const { logs } = state.executor;
  const readers = open.get(state) ?? 0;
  if (readers >= CELL_LIMITS.logReaders) {
    response.writeHead(503).end();
    return;
  }
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  response.flushHeaders();
  const recent = logs.recent(logGuid).map(lineOf).join('');
  if (recent !== '') response.write(recent);
  if (!isFollowing) {
    response.end();
    return;
  }
  open.set(state, readers + 1);
  let waiting = 0;
  const unsubscribe = logs.follow(logGuid, (line) => {
    // A reader that does not keep up loses its connection, not the cell its memory.
    if (waiting >= CELL_LIMITS.logLinesWaiting) {
      response.destroy();
      return;
    }
    waiting += 1;
    response.write(lineOf(line), () => {
      waiting -= 1;
    });
  });
  response.on('error', () => {});
  response.on('close', () => {
    unsubscribe();
    open.set(state, (open.get(state) ?? 1) - 1);
  });
}
