import type { RegistryCounts } from '../../../machines/router/router.events.ts';
import {
  type Histogram,
  LATENCY_BUCKETS_MS,
  type RequestStatistics,
  type RouterMetrics,
} from '../metrics.ts';
import type { VarzSource } from './varz.ts';

export interface PrometheusSource extends VarzSource {
  readonly registry: () => RegistryCounts;
  readonly pendingMessages: () => number;
  readonly actorRestarts: () => number;
  readonly deadLetters: () => number;
  readonly droppedLogLines: () => number;
}

/** Counters of gorouter.md §8 that exist from the start, so that a graph has no gaps. */
const COUNTERS = [
  'total_requests',
  'routed_app_requests',
  'rejected_requests',
  'bad_gateways',
  'backend_exhausted_conns',
  'backend_invalid_id',
  'backend_invalid_tls_cert',
  'backend_tls_handshake_failed',
  'routes_pruned',
  'websocket_upgrades',
  'websocket_failures',
  'total_dropped_messages',
] as const;

const escapeLabel = (text: string): string =>
  text.replace(/["\\\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));

class Page {
  text = '';

  type(name: string, type: 'counter' | 'gauge' | 'histogram', help: string): void {
    this.text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  }

  line(name: string, labels: Readonly<Record<string, string>>, value: number): void {
    const parts = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
    this.text += `${name}${parts.length === 0 ? '' : `{${parts.join(',')}}`} ${value}\n`;
  }

  single(name: string, type: 'counter' | 'gauge', help: string, value: number): void {
    this.type(name, type, help);
    this.line(name, {}, value);
  }
}

function responses(page: Page, statistics: RequestStatistics, component: string): void {
  ['xxx', '', '2xx', '3xx', '4xx', '5xx'].forEach((group, index) => {
    if (group === '') return;
    const labels = { status_group: group, component };
    page.line('responses', labels, statistics.responses[index] ?? 0);
  });
}

/** `scale` is what a millisecond is in the unit of the metric. */
function histogram(page: Page, name: string, help: string, times: Histogram, scale: number): void {
  page.type(name, 'histogram', help);
  let sum = 0;
  times.buckets.forEach((count, index) => {
    sum += count;
    const bound = LATENCY_BUCKETS_MS[index];
    const le = bound === undefined ? '+Inf' : String(bound * scale);
    page.line(`${name}_bucket`, { le }, sum);
  });
  page.line(`${name}_sum`, {}, times.sumMs * scale);
  page.line(`${name}_count`, {}, sum);
}

function byComponent(page: Page, metrics: RouterMetrics): void {
  page.type('requests', 'counter', 'Attempts on endpoints.');
  for (const [component, { requests }] of metrics.byComponent) {
    page.line('requests', { component }, requests);
  }
  for (const name of ['registry_message', 'unregistry_message']) {
    page.type(name, 'counter', 'Messages taken, by component of the endpoint.');
    const counts = metrics.componentCounters.get(name);
    if (counts === undefined) page.line(name, { component: '' }, 0);
    for (const [component, count] of counts ?? []) page.line(name, { component }, count);
  }
}

/** All metrics of gorouter.md §8 in the Prometheus text format. */
export function prometheusText(source: PrometheusSource): string {
  const { metrics, table, process } = source;
  const page = new Page();
  for (const name of COUNTERS) {
    page.single(name, 'counter', 'See gorouter.md §8.', metrics.counter(name));
  }
  page.type('responses', 'counter', 'Answers of exchanges that had an endpoint.');
  responses(page, metrics.all, '');
  for (const [component, statistics] of metrics.byComponent) {
    responses(page, statistics, component);
  }
  byComponent(page, metrics);
  const help = 'Time from request to the end of its answer.';
  histogram(page, 'http_latency_seconds', help, metrics.all.latency, 0.001);
  const registration = metrics.registrationLatency;
  const registrationHelp = 'Milliseconds from the producer to the table.';
  histogram(page, 'route_registration_latency', registrationHelp, registration, 1);
  const registry = source.registry();
  page.type('registry_messages_total', 'counter', 'Messages on router.register and unregister.');
  for (const result of ['received', 'accepted', 'rejected', 'dropped'] as const) {
    page.line('registry_messages_total', { result }, registry[result]);
  }
  page.single('buffered_messages', 'gauge', 'Messages that wait.', source.pendingMessages());
  page.single('total_routes', 'gauge', 'Routes in the table.', table.routeCount);
  const sinceMs = Math.round(table.msSinceLastUpdate(source.nowMs()));
  page.single('ms_since_last_registry_update', 'gauge', '-1 before the first.', sinceMs);
  const uptimeSeconds = (source.wallMs() - source.startedWallMs) / 1000;
  page.single('uptime', 'gauge', 'Seconds since the start.', Math.floor(uptimeSeconds));
  page.single('file_descriptors', 'gauge', 'Open files and sockets.', process.openFiles());
  page.single('open_requests', 'gauge', 'Requests in hand.', metrics.openRequests);
  page.single('open_upgrades', 'gauge', 'Upgraded connections.', metrics.openUpgrades);
  page.single('actor_restarts_total', 'counter', 'Actor restarts.', source.actorRestarts());
  page.single('dead_letters_total', 'counter', 'Undelivered events.', source.deadLetters());
  page.single(
    'access_log_dropped_lines_total',
    'counter',
    'Access lines lost to a slow disk.',
    source.droppedLogLines(),
  );
  return page.text;
}
