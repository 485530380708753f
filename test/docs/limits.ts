import { FILE_LINES_PENDING_BYTES } from '../../src/adapters/lines/file-lines.ts';
import { STORE_LIMITS } from '../../src/adapters/store/check-request.ts';
import { ETCD_LIMITS } from '../../src/adapters/store/etcd-store.ts';
import { ETCD_WATCH_LIMITS } from '../../src/adapters/store/etcd-watch.ts';
import { LOCAL_LIMITS } from '../../src/adapters/store/local-store.ts';
import { routerProperties } from '../../src/config/router-schema.ts';
import { KERNEL_LIMITS } from '../../src/kernel/actor-system.ts';
import { resolveOptions } from '../../src/messaging/broker/options.ts';
import {
  MAX_MESSAGE_BYTES,
  MAX_URI_LENGTH,
  MAX_URIS_PER_MESSAGE,
} from '../../src/model/registry-message.ts';
import { NODE_LIMITS } from '../../src/node/start-node.ts';
import { SUPERVISION_DEFAULTS } from '../../src/node/tree.ts';
import { ACCESS_BATCH_CHARACTERS } from '../../src/router/access-log.ts';
import { CONTINUE_WAIT_MS, MAX_INTERIM_RESPONSES } from '../../src/router/http/attempt.ts';
import { HEADER_SLOP_BYTES, SERVER_HEADER_BYTES } from '../../src/router/http/listener.ts';
import { LINGER_MS } from '../../src/router/http/reject.ts';
import { DROPPED_BODY_BYTES } from '../../src/router/http/respond.ts';
import { MAX_CLIENT_CONNECTIONS } from '../../src/router/http/traffic-server.ts';
import { BODY_LIMITS } from '../../src/router/http/wire/body-reader.ts';
import { CLIENT_LIMITS } from '../../src/router/http/wire/client-connection.ts';
import { WHEEL_TICK_MS } from '../../src/router/http/wire/timer-wheel.ts';
import { TLS_LIMITS } from '../../src/router/http/wire/tls-listener.ts';
import { METRIC_LIMITS } from '../../src/router/metrics.ts';
import { INTAKE_LIMITS } from '../../src/router/registry-intake.ts';
import { STATUS_LIMITS } from '../../src/router/status/status-server.ts';
import { MAX_LOOKUP_HOST_LENGTH } from '../../src/router/table/route-tree.ts';
import { MAX_SORTED_ROUTES } from '../../src/router/table/routes-json.ts';
import { WORKER_LIMITS } from '../../src/router/workers/messages.ts';
import { appLimits } from './app-limits.ts';
import { controlPlaneLimits } from './control-plane-limits.ts';
import { type Limit, limit } from './limit.ts';

/** The default of a key of the node's configuration. */
function keyed(key: string): string {
  const [first = '', second] = key.split('.');
  const schema = routerProperties('node')[first] as {
    default?: unknown;
    properties?: Record<string, { default?: unknown }>;
  };
  return String(second === undefined ? schema.default : schema.properties?.[second]?.default);
}

function kernelLimits(): Limit[] {
  const { intensity, backoff } = SUPERVISION_DEFAULTS;
  return [
    limit('mailbox of an actor', KERNEL_LIMITS.mailboxEvents, 'events', 'dead letter, counted'),
    limit('events handed over per turn', KERNEL_LIMITS.mailboxBatch, 'events', 'rest next turn'),
    limit('inspection feed', KERNEL_LIMITS.feedRecords, 'records', 'oldest dropped'),
    limit('dead letters kept', KERNEL_LIMITS.deadLetters, 'letters', 'oldest dropped'),
    limit('restarts of a supervisor', intensity.maxRestarts, 'restarts', 'it gives up, escalates'),
    limit('window of these restarts', intensity.periodMs, 'ms', 'older ones are forgotten'),
    limit('first pause before a restart', backoff.minMs, 'ms', 'doubles with each failure'),
    limit('longest pause before a restart', backoff.maxMs, 'ms', 'stays'),
    limit('time of a child to be ready', NODE_LIMITS.readyTimeoutMs, 'ms', 'restarted'),
    limit('drain of the NATS client', NODE_LIMITS.natsDrainTimeoutMs, 'ms', 'cut'),
    limit('connecting to NATS, per try', NODE_LIMITS.natsConnectTimeoutMs, 'ms', 'next try'),
    limit('pause between reconnects', NODE_LIMITS.natsReconnectWaitMs, 'ms', 'tries for ever'),
  ];
}

function registryLimits(): Limit[] {
  const { pendingMessages, pendingBytes, sliceMs, rejectionLogsPerSecond } = INTAKE_LIMITS;
  return [
    limit('messages that wait', pendingMessages, 'messages', 'newest dropped, counted'),
    limit('their size', pendingBytes, 'bytes', 'newest dropped, counted'),
    limit('work on messages per turn', sliceMs, 'ms', 'requests get their turn'),
    limit('refused messages in the log', rejectionLogsPerSecond, 'lines/s', 'the rest is summed'),
    limit('table changes in the log', INTAKE_LIMITS.tableLogsPerSecond, 'lines/s', 'summed'),
    limit('logged payload', INTAKE_LIMITS.loggedPayloadBytes, 'bytes', 'cut'),
    limit('registry message', MAX_MESSAGE_BYTES, 'bytes', 'refused'),
    limit('uris of a message', MAX_URIS_PER_MESSAGE, 'uris', 'message refused'),
    limit('one uri', MAX_URI_LENGTH, 'characters', 'message refused'),
    limit('host looked up', MAX_LOOKUP_HOST_LENGTH, 'characters', 'no route'),
    limit('sorted /routes', MAX_SORTED_ROUTES, 'routes', 'written unsorted'),
    limit('components in metrics', METRIC_LIMITS.components, 'names', 'only in the totals'),
    limit('applications in metrics', METRIC_LIMITS.applications, 'ids', 'not counted apart'),
  ];
}

function requestLimits(): Limit[] {
  return [
    limit('client connections', MAX_CLIENT_CONNECTIONS, 'sockets', 'refused'),
    limit('request head, server', SERVER_HEADER_BYTES + HEADER_SLOP_BYTES, 'bytes', '431, closed'),
    limit('request head, route', SERVER_HEADER_BYTES, 'bytes', '431 max-request-size-exceeded'),
    limit('header lines of a request', keyed('max_request_headers'), 'lines', '431'),
    limit('response head', SERVER_HEADER_BYTES, 'bytes', '502'),
    limit('1xx answers of an endpoint', MAX_INTERIM_RESPONSES, 'answers', '502'),
    limit('wait for 100 Continue', CONTINUE_WAIT_MS, 'ms', 'the body is sent'),
    limit('body dropped after an error', DROPPED_BODY_BYTES, 'bytes', 'connection closed'),
    limit('lingering after a refusal', LINGER_MS, 'ms', 'connection destroyed'),
    limit('attempts per request', keyed('backends.max_attempts'), 'tries', 'last error'),
    limit('requests per endpoint', keyed('backends.max_conns'), 'requests', '503, or another'),
    limit('idle connections per endpoint', keyed('max_idle_conns_per_host'), 'sockets', 'closed'),
    limit('idle connection to an endpoint', keyed('idle_connection_timeout'), '', 'closed'),
    limit('idle client connection', keyed('frontend_idle_timeout'), '', 'closed'),
    limit('time for a request head', keyed('read_header_timeout'), '', 'closed'),
    limit('time to connect to an endpoint', keyed('endpoint_dial_timeout'), '', 'next, or 502'),
    limit('time of a request', keyed('endpoint_timeout'), '', '502, or cut'),
    limit('access lines per write', ACCESS_BATCH_CHARACTERS, 'characters', 'written at once'),
    limit('log text that waits for disk', FILE_LINES_PENDING_BYTES, 'bytes', 'dropped, counted'),
    limit('status connections', STATUS_LIMITS.connections, 'sockets', 'refused'),
    limit('status request', STATUS_LIMITS.requestTimeoutMs, 'ms', 'closed'),
  ];
}

function wireLimits(): Limit[] {
  return [
    limit('request head, wire engine', CLIENT_LIMITS.headBytes, 'bytes', '431, closed'),
    limit('bytes of later requests', CLIENT_LIMITS.pipelinedBytes, 'bytes', 'not read on'),
    limit('client that says nothing', CLIENT_LIMITS.firstByteMs, 'ms', 'closed'),
    limit('empty lines before a request', CLIENT_LIMITS.emptyLines, 'lines', '400'),
    limit('chunk-size line', BODY_LIMITS.chunkLineBytes, 'bytes', '400, or 502'),
    limit('trailer fields', BODY_LIMITS.trailerBytes, 'bytes', '400, or 502'),
    limit('digits of a chunk size', BODY_LIMITS.sizeDigits, 'digits', '400, or 502'),
    limit('time-outs come late by at most', WHEEL_TICK_MS, 'ms', ''),
    limit('TLS handshake of a client', TLS_LIMITS.handshakeTimeoutMs, 'ms', 'closed'),
    limit('worker threads', WORKER_LIMITS.workers, 'threads', 'refused by the configuration'),
    limit('pools in a batch for a worker', WORKER_LIMITS.poolsPerBatch, 'pools', 'next batch'),
    limit('batches a worker has not applied', WORKER_LIMITS.batchesInFlight, 'batches', 'waits'),
    limit('changed pools that wait for it', WORKER_LIMITS.waitingKeys, 'pools', 'a snapshot'),
    limit(
      'its access lines',
      WORKER_LIMITS.waitingLineCharacters,
      'characters',
      'dropped, counted',
    ),
    limit('its log entries', WORKER_LIMITS.waitingLogEntries, 'entries', 'dropped, counted'),
  ];
}

function brokerLimits(): Limit[] {
  const broker = resolveOptions({});
  return [
    limit('NATS control line', broker.maxControlLineBytes, 'bytes', '-ERR, closed'),
    limit('NATS payload', broker.maxPayloadBytes, 'bytes', '-ERR, closed'),
    limit('NATS bytes pending per client', broker.maxPendingBytes, 'bytes', 'slow consumer, cut'),
    limit('NATS write deadline', broker.writeDeadlineMs, 'ms', 'slow consumer, cut'),
    limit('NATS connections', broker.maxConnections, 'sockets', '-ERR, closed'),
    limit('NATS subscriptions per client', broker.maxSubscriptions || 'none', '', 'no limit'),
    limit('NATS login', broker.authTimeoutMs, 'ms', '-ERR, closed'),
    limit('NATS ping interval', broker.pingIntervalMs, 'ms', 'ping'),
    limit('NATS pings outstanding', broker.maxPingsOutstanding, 'pings', 'stale, closed'),
    limit('NATS closing connection', broker.closeGraceMs, 'ms', 'destroyed'),
  ];
}

function storeLimits(): Limit[] {
  const { keyBytes, valueBytes, transactionBytes, transactionOperations } = STORE_LIMITS;
  const local = LOCAL_LIMITS;
  return [
    limit('key of the store', keyBytes, 'bytes', 'too-large'),
    limit('value of the store', valueBytes, 'bytes', 'too-large'),
    limit('transaction', transactionBytes, 'bytes', 'too-large'),
    limit('compares, or operations, of it', transactionOperations, 'entries', 'too-large'),
    limit('time to live of a lease', STORE_LIMITS.leaseTtlMs, 'ms', 'invalid'),
    limit('local writes that wait', local.pendingWrites, 'writes', 'unavailable'),
    limit('their values', local.pendingBytes, 'bytes', 'unavailable'),
    limit('writes of one local commit', local.batchWrites, 'writes', 'the rest comes next'),
    limit('values of one local commit', local.batchBytes, 'bytes', 'the rest comes next'),
    limit('local history', local.historyRevisions, 'revisions', 'oldest cut; compacted'),
    limit('its size', local.historyBytes, 'bytes', 'oldest cut; compacted'),
    limit('pause after a full disk', local.refusalMs, 'ms', 'one write is tried'),
    limit('etcd request', ETCD_LIMITS.requestTimeoutMs, 'ms', 'unknown-outcome, unavailable'),
    limit('etcd reads, tries', ETCD_LIMITS.readAttempts, 'tries', 'unavailable'),
    limit('etcd writes that wait', ETCD_LIMITS.pendingWrites, 'writes', 'unavailable'),
    limit('keys of an etcd page', ETCD_LIMITS.pageKeys, 'keys', 'next page'),
    limit('etcd answer', ETCD_LIMITS.responseBytes, 'bytes', 'unavailable'),
    limit('etcd ping unanswered', ETCD_LIMITS.pingTimeoutMs, 'ms', 'connection dropped'),
    limit('events of an etcd watch', ETCD_WATCH_LIMITS.queueEvents, 'events', 'compacted'),
    limit('pause of an etcd watch', ETCD_WATCH_LIMITS.longestRetryMs, 'ms', 'tries for ever'),
  ];
}

/** Every bound in the program, from the constants themselves. */
export const limits = (): Limit[] => [
  ...kernelLimits(),
  ...registryLimits(),
  ...requestLimits(),
  ...wireLimits(),
  ...brokerLimits(),
  ...storeLimits(),
  ...controlPlaneLimits(),
  ...appLimits(),
];
