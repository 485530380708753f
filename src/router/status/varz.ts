import type { ProcessInfo } from '../../ports/process-info.ts';
import type { RequestStatistics, RouterMetrics } from '../metrics.ts';
import { countAddresses } from '../table/count-endpoints.ts';
import type { RouteTable } from '../table/route-table.ts';

export interface VarzSource {
  readonly metrics: RouterMetrics;
  readonly table: RouteTable;
  readonly process: ProcessInfo;
  readonly index: number;
  readonly uuid: string;
  /** `ip:port` of the status server. */
  readonly host: string;
  readonly credentials: readonly [string, string];
  readonly startedWallMs: number;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly logCounts: Readonly<Record<string, number>>;
}

/** Constants that the original reports for ever (gorouter.md §6.5). */
const LEGACY_LATENCY = { value: 5e-7, samples: 1 };

function statisticsOf(statistics: RequestStatistics) {
  const [xxx = 0, , two = 0, three = 0, four = 0, five = 0] = statistics.responses;
  return {
    requests: statistics.requests,
    rate: statistics.rate.read(),
    responses_2xx: two,
    responses_3xx: three,
    responses_4xx: four,
    responses_5xx: five,
    responses_xxx: xxx,
    latency: {
      '50': statistics.percentileSeconds(0.5),
      '75': statistics.percentileSeconds(0.75),
      '90': statistics.percentileSeconds(0.9),
      '95': statistics.percentileSeconds(0.95),
      '99': statistics.percentileSeconds(0.99),
      ...LEGACY_LATENCY,
    },
  };
}

const two = (value: number): string => String(value).padStart(2, '0');

/** `2006-01-02 15:04:05 +0000`. */
function startText(wallMs: number): string {
  const iso = new Date(wallMs).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} +${two(0)}${two(0)}`;
}

/** `0d:1h:2m:3s`, without padding. */
function uptimeText(uptimeMs: number): string {
  const seconds = Math.floor(uptimeMs / 1000);
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3600) % 24;
  return `${days}d:${hours}h:${Math.floor(seconds / 60) % 60}m:${seconds % 60}s`;
}

/** Distinct addresses; counted in steps so that a big table does not hold up requests. */
function countDroplets(table: RouteTable): number {
  let count = 0;
  for (const seen of countAddresses(table, Number.POSITIVE_INFINITY)) count = seen;
  return count;
}

/** What `/varz`, `vcap.component.announce` and `.discover` say (gorouter.md §2.8, §6.5). */
export function varz(source: VarzSource): Record<string, unknown> {
  const { metrics, table } = source;
  const component: Record<string, unknown> = {};
  for (const [name, statistics] of metrics.byComponent) component[name] = statisticsOf(statistics);
  return {
    type: 'Router',
    index: source.index,
    host: source.host,
    credentials: source.credentials,
    uuid: source.uuid,
    start: startText(source.startedWallMs),
    uptime: uptimeText(source.wallMs() - source.startedWallMs),
    num_cores: source.process.cores,
    mem: Math.round(source.process.maxResidentBytes() / 1024),
    cpu: Number(source.process.cpuPercent().toFixed(2)),
    log_counts: source.logCounts,
    ...statisticsOf(metrics.all),
    tags: { component },
    urls: table.routeCount,
    droplets: countDroplets(table),
    bad_requests: metrics.counter('rejected_requests'),
    bad_gateways: metrics.counter('bad_gateways'),
    requests_per_sec: metrics.all.rate.read()[0] ?? 0,
    top10_app_requests: metrics.busiest(10).map(({ applicationId, requestsPerMinute }) => ({
      application_id: applicationId,
      rpm: requestsPerMinute,
      rps: Math.floor(requestsPerMinute / 60),
    })),
    ms_since_last_registry_update: Math.round(table.msSinceLastUpdate(source.nowMs())),
  };
}
