import { availableParallelism } from 'node:os';
import type { BrokerCore, Subscription } from './broker-core.ts';
import type { ClientConnection } from './client-connection.ts';
import type { MonitorSource } from './monitor.ts';
import { COMPATIBLE_VERSION } from './server-info.ts';
import { fromWireText, toWireText } from './subjects.ts';

const PAGE_ENTRIES = 1_024;
const NS_PER_MS = 1_000_000;

/** What the HTTP side of the monitoring knows about itself. */
interface MonitorState {
  readonly startedWallMs: number;
  readonly requestsByPath: Readonly<Record<string, number>>;
  readonly host: string;
  readonly port: number;
}

/** `/varz` (cfv1.md §10.11): configuration and totals. */
export function variablesReport(
  core: BrokerCore,
  source: MonitorSource,
  state: MonitorState,
): object {
  const { options, counters, clock } = core;
  const nowWallMs = clock.wallMs();
  return {
    server_id: source.identity.serverId,
    server_name: source.identity.serverName,
    version: COMPATIBLE_VERSION,
    proto: 1,
    host: options.host,
    port: source.identity.port,
    ...(source.identity.isAuthRequired ? { auth_required: true } : {}),
    ...(options.tls === undefined ? {} : { tls_required: true }),
    max_connections: options.maxConnections,
    ...(options.maxSubscriptions === 0 ? {} : { max_subscriptions: options.maxSubscriptions }),
    ping_interval: options.pingIntervalMs * NS_PER_MS,
    ping_max: options.maxPingsOutstanding,
    http_host: state.host,
    http_port: state.port,
    http_base_path: '',
    https_port: 0,
    auth_timeout: options.authTimeoutMs / 1_000,
    max_control_line: options.maxControlLineBytes,
    max_payload: options.maxPayloadBytes,
    max_pending: options.maxPendingBytes,
    write_deadline: options.writeDeadlineMs * NS_PER_MS,
    start: toStamp(state.startedWallMs),
    now: toStamp(nowWallMs),
    uptime: toUptime(nowWallMs - state.startedWallMs),
    cores: availableParallelism(),
    connections: source.clients().length,
    total_connections: counters.totalConnections,
    routes: 0,
    remotes: 0,
    leafnodes: 0,
    in_msgs: counters.inMessages,
    out_msgs: counters.outMessages,
    in_bytes: counters.inBytes,
    out_bytes: counters.outBytes,
    slow_consumers: counters.slowConsumers,
    stale_connections: counters.staleConnections,
    stalled_clients: counters.stalls,
    subscriptions: core.sublist.stats().count,
    http_req_stats: state.requestsByPath,
  };
}

/** `/connz`: the open connections, a page at a time, by id. */
export function connectionsReport(
  core: BrokerCore,
  source: MonitorSource,
  query: URLSearchParams,
): object {
  const nowWallMs = core.clock.wallMs();
  const wantedId = query.get('cid');
  const all = source.clients();
  const clients = wantedId === null ? all : all.filter((client) => String(client.id) === wantedId);
  const page = pageOf(clients, query);
  return {
    server_id: source.identity.serverId,
    now: toStamp(nowWallMs),
    num_connections: page.entries.length,
    total: clients.length,
    offset: page.offset,
    limit: page.limit,
    connections: page.entries.map((client) => describe(client, nowWallMs, query)),
  };
}

/** `/subsz`: the sublist in figures, and on request the subscriptions themselves. */
export function subscriptionsReport(
  core: BrokerCore,
  source: MonitorSource,
  query: URLSearchParams,
): object {
  const stats = core.sublist.stats();
  const report = {
    server_id: source.identity.serverId,
    now: toStamp(core.clock.wallMs()),
    num_subscriptions: stats.count,
    num_cache: stats.cacheSize,
    num_inserts: stats.inserts,
    num_removes: stats.removes,
    num_matches: stats.matches,
    cache_hit_rate: stats.matches === 0 ? 0 : stats.cacheHits / stats.matches,
  };
  const test = query.get('test');
  if (query.get('subs') !== '1' && test === null) return report;
  const found = test === null ? allSubscriptions(source) : matching(core, test);
  const page = pageOf(found, query);
  return {
    ...report,
    total: found.length,
    offset: page.offset,
    limit: page.limit,
    subscriptions_list: page.entries.map(describeSubscription),
  };
}

function allSubscriptions(source: MonitorSource): Subscription[] {
  return source.clients().flatMap((client) => [...client.subscriptions.values()]);
}

function matching(core: BrokerCore, subject: string): Subscription[] {
  const found = core.sublist.match(toWireText(subject));
  return [...found.plain, ...found.queues.flat()];
}

function describe(client: ClientConnection, nowWallMs: number, query: URLSearchParams): object {
  const { traffic, connect, keepAlive } = client;
  const subscriptions = [...client.subscriptions.values()];
  return {
    cid: client.id,
    kind: 'Client',
    type: 'nats',
    ip: client.remoteAddress,
    port: client.remotePort,
    start: toStamp(client.startedWallMs),
    last_activity: toStamp(client.lastActivityWallMs),
    ...(keepAlive.roundTripMs === undefined ? {} : { rtt: `${keepAlive.roundTripMs}ms` }),
    uptime: toUptime(nowWallMs - client.startedWallMs),
    idle: toUptime(nowWallMs - client.lastActivityWallMs),
    pending_bytes: client.pendingBytes,
    in_msgs: traffic.inMessages,
    out_msgs: traffic.outMessages,
    in_bytes: traffic.inBytes,
    out_bytes: traffic.outBytes,
    subscriptions: subscriptions.length,
    ...(connect.name === '' ? {} : { name: connect.name }),
    ...(connect.lang === '' ? {} : { lang: connect.lang }),
    ...(connect.version === '' ? {} : { version: connect.version }),
    ...(query.get('auth') === '1' ? { authorized_user: client.authorizedUser } : {}),
    ...(query.get('subs') === '1'
      ? { subscriptions_list: subscriptions.map((one) => fromWireText(one.subject)) }
      : {}),
    ...(query.get('subs') === 'detail'
      ? { subscriptions_list_detail: subscriptions.map(describeSubscription) }
      : {}),
  };
}

function describeSubscription(subscription: Subscription): object {
  return {
    subject: fromWireText(subscription.subject),
    ...(subscription.queue === '' ? {} : { qgroup: fromWireText(subscription.queue) }),
    sid: fromWireText(subscription.sid),
    msgs: subscription.delivered,
    ...(subscription.max === 0 ? {} : { max: subscription.max }),
    cid: subscription.client.id,
  };
}

function pageOf<Entry>(
  all: readonly Entry[],
  query: URLSearchParams,
): { entries: Entry[]; offset: number; limit: number } {
  const offset = naturalOf(query.get('offset'), 0);
  const limit = naturalOf(query.get('limit'), PAGE_ENTRIES) || PAGE_ENTRIES;
  return { entries: all.slice(offset, offset + limit), offset, limit };
}

function naturalOf(text: string | null, otherwise: number): number {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : otherwise;
}

function toStamp(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

/** `1d2h3m4s`, without the leading parts that are zero. */
export function toUptime(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const parts = [
    [Math.floor(seconds / 31_536_000), 'y'],
    [Math.floor(seconds / 86_400) % 365, 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  const shown = first < 0 ? parts.slice(-1) : parts.slice(first);
  return shown.map(([count, unit]) => `${count}${unit}`).join('');
}
