/** `troupe app NAME`: one app with all its instances. */
import type { ActualLRP } from '../../model/bbs/messages/actual-lrp.ts';
import { type App, type HealthCheck, versionsOf } from './app-model.ts';
import { listInstances } from './bbs-calls.ts';
import { type FiguresOverTime, watchFigures } from './cell-calls.ts';
import { demandApp, urlsOf } from './find-app.ts';
import { ageText, bytesText, msOf } from './format.ts';
import { instanceWords, restartInSeconds } from './instance-view.ts';
import { coloured, type TableValue } from './output.ts';
import { endpointOf } from './router-calls.ts';
import type { Session } from './session.ts';

/** Long enough for a figure of the processor, short enough to wait for. */
const LOOK_MS = 300;

function checkText(check: HealthCheck): string {
  if (check.type === 'http') return `http ${check.path}`;
  return check.type === 'port' ? 'port' : 'none: its process runs';
}

interface Row {
  readonly version: number;
  readonly instance: ActualLRP;
  readonly figures: FiguresOverTime | undefined;
}

const byVersionAndIndex = (one: Row, other: Row): number =>
  other.version - one.version ||
  one.instance.actual_lrp_key.index - other.instance.actual_lrp_key.index;

async function rowsOf(session: Session, app: App): Promise<readonly Row[]> {
  const [figures, ...perVersion] = await Promise.all([
    watchFigures(session, LOOK_MS),
    ...versionsOf(app).map(async ({ processGuid, annotation }) => {
      const rows = await listInstances(session, { process_guid: processGuid });
      return rows.map((instance) => ({ version: annotation.version, instance }));
    }),
  ]);
  return perVersion
    .flat()
    .map(({ version, instance }) => ({
      version,
      instance,
      figures: figures.get(instance.actual_lrp_instance_key.instance_guid),
    }))
    .toSorted(byVersionAndIndex);
}

function tableRow(session: Session, { version, instance, figures }: Row): readonly TableValue[] {
  const wallMs = session.clock.wallMs();
  const words = instanceWords(instance, BigInt(Math.trunc(wallMs)) * 1_000_000n);
  const { memory_usage_in_bytes: used = 0, memory_quota_in_bytes: quota = 0 } =
    figures?.figures ?? {};
  const cpu = figures?.cpuPercent;
  return [
    instance.actual_lrp_key.index,
    version,
    coloured(words.state, words.colour),
    ageText(wallMs - msOf(instance.since)),
    instance.actual_lrp_instance_key.cell_id || '-',
    endpointOf(instance) ?? '-',
    figures === undefined ? '-' : `${bytesText(used)} of ${bytesText(quota)}`,
    cpu === undefined ? '-' : `${cpu.toFixed(1)} %`,
    instance.crash_count,
    words.detail,
  ];
}

const HEAD = [
  'INDEX',
  'VERSION',
  'STATE',
  'SINCE',
  'CELL',
  'ADDRESS',
  'MEMORY',
  'CPU',
  'CRASHES',
  'DETAIL',
];

function json(session: Session, app: App, rows: readonly Row[]): unknown {
  const now = BigInt(Math.trunc(session.clock.wallMs())) * 1_000_000n;
  return {
    ...app.current.annotation,
    name: app.name,
    process_guid: app.current.processGuid,
    wanted: app.current.instances,
    urls: urlsOf(app, session),
    instances_now: rows.map(({ version, instance, figures }) => ({
      index: instance.actual_lrp_key.index,
      version,
      state: instance.state,
      since_ms: msOf(instance.since),
      instance_guid: instance.actual_lrp_instance_key.instance_guid,
      cell_id: instance.actual_lrp_instance_key.cell_id,
      address: endpointOf(instance) ?? '',
      crash_count: instance.crash_count,
      crash_reason: instance.crash_reason,
      placement_error: instance.placement_error,
      restarts_in_s:
        instance.state === 'CRASHED' ? (restartInSeconds(instance, now) ?? null) : null,
      cpu_percent: figures?.cpuPercent ?? null,
      figures: figures?.figures ?? null,
    })),
  };
}

export async function showApp(session: Session, name: string): Promise<void> {
  const { out } = session;
  const app = await demandApp(session, name);
  const rows = await rowsOf(session, app);
  if (out.isJson) {
    out.json(json(session, app, rows));
    return;
  }
  const { annotation, instances } = app.current;
  const stopped = instances === 0 ? ` (stopped; ${annotation.instances} when started)` : '';
  const lines: readonly (readonly [string, string])[] = [
    ['name', name],
    ['urls', urlsOf(app, session).join(', ')],
    ['instances', `${instances}${stopped}`],
    ['memory', `${annotation.memory_mb} M each`],
    ['command', annotation.command],
    ['health check', checkText(annotation.health_check)],
    ['version', `${annotation.version}, ${app.current.processGuid}`],
    ['pushed', new Date(annotation.pushed_at).toISOString()],
  ];
  out.table(['APP', name], lines.slice(1));
  out.line('');
  if (rows.length === 0) out.line('It has no instances.');
  else
    out.table(
      HEAD,
      rows.map((row) => tableRow(session, row)),
    );
}
