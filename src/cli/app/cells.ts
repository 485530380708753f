/** `troupe cells` and `troupe evacuate CELL`. */
import type { CellPresence } from '../../model/bbs/messages/cells.ts';
import { listCells, listInstances } from './bbs-calls.ts';
import { askCell, repUrlOf } from './cell-calls.ts';
import { failed, notFound, timedOut } from './failure.ts';
import { bytesText } from './format.ts';
import { coloured, type TableValue } from './output.ts';
import { parseTimeout } from './push.ts';
import { CLI_LIMITS, type NodeFlags, type Session } from './session.ts';
import { interrupted } from './wait-for-instances.ts';

interface CellResources {
  readonly MemoryMB: number;
  readonly DiskMB: number;
  readonly Containers: number;
}

interface CellReport {
  readonly Evacuating: boolean;
  readonly AvailableResources: CellResources;
  readonly TotalResources: CellResources;
  readonly LRPs: readonly unknown[] | null;
  readonly Tasks: readonly unknown[] | null;
}

const MEBIBYTE = 1024 * 1024;

/** Undefined: the cell does not answer, or answers with something else. */
async function fetchReport(session: Session, cell: CellPresence): Promise<CellReport | undefined> {
  const answer = await askCell(session, cell, '/state');
  const report = answer?.json as Partial<CellReport> | undefined;
  const isRight = report?.AvailableResources !== undefined && report.TotalResources !== undefined;
  return isRight ? (report as CellReport) : undefined;
}

function shareText(available: number, total: number): string {
  return `${bytesText((total - available) * MEBIBYTE)} of ${bytesText(total * MEBIBYTE)}`;
}

function rowOf(cell: CellPresence, report: CellReport | undefined): readonly TableValue[] {
  const start = [cell.cell_id, cell.zone || '-', repUrlOf(cell)];
  if (report === undefined) return [...start, coloured('silent', 'red'), '-', '-', '-', '-'];
  const { AvailableResources: free, TotalResources: total, Evacuating, LRPs, Tasks } = report;
  return [
    ...start,
    Evacuating ? coloured('evacuating', 'yellow') : coloured('up', 'green'),
    shareText(free.MemoryMB, total.MemoryMB),
    shareText(free.DiskMB, total.DiskMB),
    `${total.Containers - free.Containers} of ${total.Containers}`,
    `${LRPs?.length ?? 0} + ${Tasks?.length ?? 0} tasks`,
  ];
}

/** `troupe cells` */
export async function showCells(session: Session): Promise<void> {
  const { out } = session;
  const cells = await listCells(session);
  const reports = await Promise.all(cells.map((cell) => fetchReport(session, cell)));
  if (out.isJson) {
    out.json(cells.map((cell, at) => ({ ...cell, state: reports[at] ?? null })));
    return;
  }
  if (cells.length === 0) {
    out.line('There are no cells: nothing can run.');
    return;
  }
  out.table(
    ['CELL', 'ZONE', 'ADDRESS', 'STATE', 'MEMORY', 'DISK', 'CONTAINERS', 'INSTANCES'],
    cells.map((cell, at) => rowOf(cell, reports[at])),
  );
}

export interface EvacuateFlags extends NodeFlags {
  readonly timeout?: string;
}

/** As long as a cell itself tries (diego.md §13.7), and a little more. */
const EVACUATION_WAIT_MS = 630_000;

async function untilEmpty(session: Session, cellId: string, timeoutMs: number): Promise<void> {
  const { clock, out } = session;
  const endMs = clock.nowMs() + timeoutMs;
  let shown = -1;
  for (;;) {
    const { length } = await listInstances(session, { cell_id: cellId });
    if (length !== shown) out.progress(`  ${length} instance(s) on ${cellId}`);
    shown = length;
    if (length === 0) return;
    if (clock.nowMs() >= endMs) {
      const advice = 'there may be no place elsewhere; look at `troupe cells`';
      throw timedOut(`${cellId} still has ${length} instance(s)`, advice);
    }
    if (session.isInterrupted()) throw interrupted();
    await session.sleep(CLI_LIMITS.pollMs);
  }
}

/** `troupe evacuate CELL`: resolves when nothing is left on it. */
export async function evacuate(
  session: Session,
  cellId: string,
  flags: EvacuateFlags,
): Promise<void> {
  const { out } = session;
  const cells = await listCells(session);
  const cell = cells.find(({ cell_id }) => cell_id === cellId);
  if (cell === undefined) throw notFound(`there is no cell ${cellId}`, '`troupe cells` lists them');
  const timeoutMs = flags.timeout === undefined ? EVACUATION_WAIT_MS : parseTimeout(flags.timeout);
  const answer = await askCell(session, cell, '/evacuate', 'POST');
  if (answer?.status !== 202) {
    const reason = answer === undefined ? 'it does not answer' : `it answered ${answer.status}`;
    throw failed(`${cellId} does not evacuate: ${reason}`);
  }
  out.progress(`Evacuating ${cellId}`);
  if (cells.length === 1) out.warn('this is the only cell: its instances have nowhere to go');
  await untilEmpty(session, cellId, timeoutMs);
  if (out.isJson) out.json({ cell_id: cellId, instances: 0 });
  else out.line(`${cellId} is empty`);
}
