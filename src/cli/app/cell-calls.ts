/** What the commands ask the cells themselves (diego.md §13.3). */
import type { CellPresence } from '../../model/bbs/messages/cells.ts';
import { listCells } from './bbs-calls.ts';
import type { Session } from './session.ts';

export interface ContainerFigures {
  readonly memory_usage_in_bytes: number;
  readonly memory_quota_in_bytes: number;
  readonly disk_usage_in_bytes: number;
  readonly disk_quota_in_bytes: number;
  /** Nanoseconds since the start. */
  readonly time_spent_in_cpu: number;
  readonly processes: number;
}

export interface LrpFigures extends ContainerFigures {
  readonly process_guid: string;
  readonly instance_guid: string;
  readonly index: number;
}

export interface TaskFigures extends ContainerFigures {
  readonly task_guid: string;
}

export interface CellFigures {
  readonly cell_id: string;
  readonly lrps: readonly LrpFigures[];
  readonly tasks: readonly TaskFigures[];
}

export const repUrlOf = ({ rep_url, rep_address }: CellPresence): string =>
  (rep_url === '' ? rep_address : rep_url).replace(/\/+$/, '');

/** Undefined: the cell does not answer, or not with JSON. Others are not held up by it. */
export async function askCell(
  { http }: Session,
  cell: CellPresence,
  path: string,
  method: 'GET' | 'POST' = 'GET',
): Promise<{ readonly status: number; readonly json: unknown } | undefined> {
  const result = await http.call(method, repUrlOf(cell) + path, undefined);
  if (!result.ok) return undefined;
  try {
    const text = result.body.toString('utf8');
    return { status: result.status, json: text === '' ? undefined : JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Of all cells that tell. */
export async function fetchFigures(session: Session): Promise<readonly CellFigures[]> {
  const cells = await listCells(session);
  const answers = await Promise.all(
    cells.map((cell) => askCell(session, cell, '/container_metrics')),
  );
  return answers.flatMap((answer) => {
    const own = answer?.json as CellFigures | undefined;
    const isRight = answer?.status === 200 && Array.isArray(own?.lrps) && Array.isArray(own.tasks);
    return isRight ? [own as CellFigures] : [];
  });
}

/** Share of one core in percent between two looks; undefined: not known for both. */
export function cpuPercent(
  before: ContainerFigures | undefined,
  after: ContainerFigures | undefined,
  elapsedMs: number,
): number | undefined {
  if (before === undefined || after === undefined || elapsedMs <= 0) return undefined;
  const spentMs = (after.time_spent_in_cpu - before.time_spent_in_cpu) / 1_000_000;
  return Math.max(0, (spentMs / elapsedMs) * 100);
}

export interface FiguresOverTime {
  readonly figures: ContainerFigures;
  readonly cpuPercent: number | undefined;
}

/** Two looks at all instances, by instance guid; `pauseMs` between them. */
export async function watchFigures(
  session: Session,
  pauseMs: number,
): Promise<ReadonlyMap<string, FiguresOverTime>> {
  const byGuid = (cells: readonly CellFigures[]) =>
    new Map(cells.flatMap(({ lrps }) => lrps.map((own) => [own.instance_guid, own] as const)));
  const startedMs = session.clock.nowMs();
  const before = byGuid(await fetchFigures(session));
  await session.sleep(pauseMs);
  const elapsedMs = session.clock.nowMs() - startedMs;
  const after = byGuid(await fetchFigures(session));
  return new Map(
    [...after].map(([guid, figures]) => [
      guid,
      { figures, cpuPercent: cpuPercent(before.get(guid), figures, elapsedMs) },
    ]),
  );
}
