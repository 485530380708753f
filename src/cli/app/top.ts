/** `troupe top`: what uses how much, the most first. */
import { type App, appsOf, versionsOf } from './app-model.ts';
import { listSchedulingInfos } from './bbs-calls.ts';
import { type CellFigures, type ContainerFigures, cpuPercent, fetchFigures } from './cell-calls.ts';
import { bytesText } from './format.ts';
import type { TableValue } from './output.ts';
import type { NodeFlags, Session } from './session.ts';

export interface TopFlags extends NodeFlags {
  readonly once?: boolean;
}

const INTERVAL_MS = 2000;
const FIRST_LOOK_MS = 500;
const CLEAR = '\u001b[H\u001b[2J';

interface Usage {
  readonly name: string;
  readonly guid: string;
  readonly cellId: string;
  readonly figures: ContainerFigures;
}

function usagesOf(cells: readonly CellFigures[], apps: readonly App[]): readonly Usage[] {
  const names = new Map(
    apps.flatMap((app) => versionsOf(app).map((own) => [own.processGuid, app.name] as const)),
  );
  return cells.flatMap(({ cell_id: cellId, lrps, tasks }) => [
    ...lrps.map((figures) => {
      const app = names.get(figures.process_guid) ?? figures.process_guid;
      return { name: `${app}/${figures.index}`, guid: figures.instance_guid, cellId, figures };
    }),
    ...tasks.map((figures) => {
      const { task_guid } = figures;
      return { name: task_guid, guid: task_guid, cellId, figures };
    }),
  ]);
}

interface Look {
  readonly atMs: number;
  readonly usages: readonly Usage[];
}

async function look(session: Session): Promise<Look> {
  const [cells, infos] = await Promise.all([fetchFigures(session), listSchedulingInfos(session)]);
  return { atMs: session.clock.nowMs(), usages: usagesOf(cells, appsOf(infos)) };
}

function compared(before: Look, after: Look) {
  const old = new Map(before.usages.map(({ guid, figures }) => [guid, figures]));
  const elapsedMs = after.atMs - before.atMs;
  return after.usages
    .map((usage) => ({
      ...usage,
      cpu: cpuPercent(old.get(usage.guid), usage.figures, elapsedMs) ?? 0,
    }))
    .toSorted(
      (one, other) =>
        other.cpu - one.cpu ||
        other.figures.memory_usage_in_bytes - one.figures.memory_usage_in_bytes,
    );
}

function show({ out }: Session, before: Look, after: Look): void {
  const all = compared(before, after);
  if (out.isJson) {
    out.json(
      all.map(({ name, guid, cellId, cpu, figures }) => ({
        ...figures,
        name,
        guid,
        cell_id: cellId,
        cpu_percent: cpu,
      })),
    );
    return;
  }
  const rows = all.map(({ name, cellId, cpu, figures }): readonly TableValue[] => [
    name,
    `${cpu.toFixed(1)} %`,
    `${bytesText(figures.memory_usage_in_bytes)} of ${bytesText(figures.memory_quota_in_bytes)}`,
    `${bytesText(figures.disk_usage_in_bytes)} of ${bytesText(figures.disk_quota_in_bytes)}`,
    figures.processes,
    cellId,
  ]);
  if (rows.length === 0) out.line('Nothing runs.');
  else out.table(['INSTANCE', 'CPU', 'MEMORY', 'DISK', 'PROCESSES', 'CELL'], rows);
}

/** On a terminal again and again until Ctrl-C; into a file or a pipe once. */
export async function top(session: Session, flags: TopFlags): Promise<void> {
  const { out, host } = session;
  const isOnce = flags.once === true || out.isJson || !out.isTerminal;
  let before = await look(session);
  await session.sleep(FIRST_LOOK_MS);
  for (;;) {
    const after = await look(session);
    if (!isOnce) host.writeOut(CLEAR);
    show(session, before, after);
    if (isOnce || session.isInterrupted()) return;
    before = after;
    await session.sleep(INTERVAL_MS);
    if (session.isInterrupted()) return;
  }
}
