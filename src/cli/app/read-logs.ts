/** The log of an app, from every cell that has one of its instances. */
import type { IncomingMessage } from 'node:http';
import type { CellPresence } from '../../model/bbs/messages/cells.ts';
import { listCells } from './bbs-calls.ts';
import { repUrlOf } from './cell-calls.ts';
import { CommandFailure } from './failure.ts';
import type { Session } from './session.ts';

export interface LogLine {
  readonly sequence: number;
  readonly wallMs: number;
  readonly instanceGuid: string;
  readonly index: number;
  readonly source: string;
  readonly stream: 'out' | 'err';
  readonly text: string;
}

/** Between two looks for cells that are new, or back. */
const LOOK_MS = 1000;
/** Longer ones are not lines; a cell cuts them long before. */
const MAX_LINE_BYTES = 1024 * 1024;

function parseLine(text: string): LogLine | undefined {
  try {
    const json = JSON.parse(text) as Partial<LogLine> | null;
    const isRight = typeof json?.text === 'string' && typeof json.wallMs === 'number';
    return isRight ? (json as LogLine) : undefined;
  } catch {
    return undefined;
  }
}

/** One JSON object per line; what is none is left out. Resolves at the end of the stream. */
function readLines(stream: IncomingMessage, onLine: (line: LogLine) => void): Promise<void> {
  return new Promise((resolve) => {
    let pending = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const lines = (pending + chunk).split('\n');
      pending = lines.pop() ?? '';
      if (pending.length > MAX_LINE_BYTES) stream.destroy();
      for (const text of lines) {
        const line = parseLine(text);
        if (line !== undefined) onLine(line);
      }
    });
    stream.on('error', () => {});
    stream.on('close', () => resolve());
  });
}

const pathOf = (logGuid: string, isFollowing: boolean): string =>
  `/v1/logs/${encodeURIComponent(logGuid)}${isFollowing ? '?follow=true' : ''}`;

async function readCell(
  session: Session,
  cell: CellPresence,
  path: string,
  onLine: (line: LogLine) => void,
  onOpen: (cancel: () => void) => void,
): Promise<void> {
  const stream = session.http.open('GET', repUrlOf(cell) + path, undefined, {});
  onOpen(stream.cancel);
  try {
    const answer = await stream.answer;
    if (answer.statusCode === 200) await readLines(answer, onLine);
    else stream.cancel();
  } catch {
    // The cell is gone, or busy; the others are read all the same.
  }
}

const inOrder = (one: LogLine, other: LogLine): number =>
  one.wallMs - other.wallMs || one.sequence - other.sequence;

/** What the cells still have, in order of time. */
export async function recentLogs(session: Session, logGuid: string): Promise<readonly LogLine[]> {
  const lines: LogLine[] = [];
  const cells = await listCells(session);
  const path = pathOf(logGuid, false);
  const read = (cell: CellPresence) =>
    readCell(
      session,
      cell,
      path,
      (line) => lines.push(line),
      () => {},
    );
  await Promise.all(cells.map(read));
  return lines.toSorted(inOrder);
}

/**
 * Hands over every line, those that the cells still have first, until `stop` is called. Cells that
 * come later, or come back, are read as well; none of their lines is shown twice.
 */
export function followLogs(
  session: Session,
  logGuid: string,
  onLine: (line: LogLine) => void,
): { readonly ended: Promise<void>; stop(): void } {
  const open = new Map<string, () => void>();
  /** The last line of each instance that was shown; numbers grow per instance. */
  const shown = new Map<string, number>();
  let isStopped = false;
  const show = (cellId: string) => (line: LogLine) => {
    const key = `${cellId} ${line.instanceGuid}`;
    if (isStopped || line.sequence <= (shown.get(key) ?? Number.NEGATIVE_INFINITY)) return;
    shown.set(key, line.sequence);
    onLine(line);
  };

  async function look(): Promise<void> {
    for (const cell of await listCells(session)) {
      if (isStopped || open.has(cell.cell_id)) continue;
      open.set(cell.cell_id, () => {});
      const path = pathOf(logGuid, true);
      const onOpen = (cancel: () => void) => open.set(cell.cell_id, cancel);
      void readCell(session, cell, path, show(cell.cell_id), onOpen).finally(() => {
        open.delete(cell.cell_id);
      });
    }
  }

  async function run(): Promise<void> {
    while (!isStopped && !session.isInterrupted()) {
      try {
        await look();
      } catch (error) {
        // The node may come back: what follows a log does not end with it.
        if (!(error instanceof CommandFailure)) throw error;
      }
      await session.sleep(LOOK_MS);
    }
  }

  const stop = (): void => {
    isStopped = true;
    for (const cancel of open.values()) cancel();
  };
  return { ended: run().finally(stop), stop };
}
