import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { checkErrorPage } from '../model/error-page-template.ts';
import type { HeaderRule, RouterOptions } from '../router/options.ts';
import { durationMs } from './duration.ts';
import { toFrontendTls } from './frontend-tls.ts';

type Section = Readonly<Record<string, unknown>>;

/** The original takes no more than this from one request (gorouter.md §5.8). */
const MAX_HEADER_BYTES = 1024 * 1024;

/** Reads values that a schema has checked already. */
class Reader {
  readonly #section: Section;

  constructor(section: Section) {
    this.#section = section;
  }

  sub(key: string): Reader {
    return new Reader(this.#section[key] as Section);
  }
  /** Empty when the key belongs to the other kind of file. */
  text = (key: string): string => (this.#section[key] ?? '') as string;
  number = (key: string): number => this.#section[key] as number;
  flag = (key: string): boolean => this.#section[key] as boolean;
  texts = (key: string): string[] => this.#section[key] as string[];
  ms = (key: string): number => durationMs(this.#section[key] as string | number);
  rules = (key: string): HeaderRule[] =>
    (this.#section[key] as { name: string; value?: string }[]).map(({ name, value }) => ({
      name,
      value: value ?? '',
    }));
}

export interface RouterConfigResult {
  /** What was taken otherwise than written. */
  readonly warnings: readonly string[];
  readonly options: RouterOptions;
  readonly problems: readonly string[];
}

function headerBytes(configured: number): number {
  return configured <= 0 || configured > MAX_HEADER_BYTES ? MAX_HEADER_BYTES : configured;
}

function readTemplate(path: string, problems: string[]): string {
  if (path === '') return '';
  try {
    const template = readFileSync(path, 'utf8');
    const problem = checkErrorPage(template);
    if (problem !== undefined) problems.push(`html_error_template_file: ${problem}`);
    return template;
  } catch (error) {
    problems.push(`html_error_template_file: ${(error as Error).message}`);
    return '';
  }
}

/** What is wrong with a certificate and its key, in PEM; undefined when they fit. */
export function keyPairProblem(cert: string, key: string): string | undefined {
  try {
    const fits = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
    return fits ? undefined : 'Error loading key pair: the key is of another certificate';
  } catch (error) {
    return `Error loading key pair: ${(error as Error).message}`;
  }
}

function checkKeyPair(reader: Reader, problems: string[]): void {
  const cert = reader.text('cert_chain');
  const key = reader.text('private_key');
  if (cert === '' && key === '') return;
  const problem = keyPairProblem(cert, key);
  if (problem !== undefined) problems.push(`backends.cert_chain: ${problem}`);
}

function crossChecks(reader: Reader, problems: string[]): void {
  checkKeyPair(reader.sub('backends'), problems);
  const mode = reader.text('routing_table_sharding_mode');
  if (mode === 'segments' && reader.texts('isolation_segments').length === 0) {
    problems.push(
      'isolation_segments: must not be empty when routing_table_sharding_mode is segments',
    );
  }
  if (reader.ms('load_balancer_healthy_threshold') < 0) {
    const text = reader.text('load_balancer_healthy_threshold');
    problems.push(
      `load_balancer_healthy_threshold: Invalid load balancer healthy threshold: ${text}`,
    );
  }
  for (const key of ['prune_stale_droplets_interval', 'droplet_stale_threshold']) {
    if (reader.ms(key) <= 0) problems.push(`${key}: must be more than 0`);
  }
}

const positive = (ms: number): number => Math.max(0, ms);

function backendOptions(reader: Reader): RouterOptions['backends'] {
  const backends = reader.sub('backends');
  return {
    algorithm: reader.text('balancing_algorithm') as 'round-robin' | 'least-connection',
    isZonePreferred: reader.text('balancing_algorithm_az_preference') === 'locally-optimistic',
    zone: reader.text('zone'),
    // A negative number is one try (RETRY-3).
    maxAttempts: backends.number('max_attempts') < 0 ? 1 : backends.number('max_attempts'),
    maxConnections: backends.number('max_conns'),
    endpointTimeoutMs: positive(reader.ms('endpoint_timeout')),
    dialTimeoutMs: positive(reader.ms('endpoint_dial_timeout')),
    upgradeTimeoutMs:
      positive(reader.ms('websocket_dial_timeout')) || positive(reader.ms('endpoint_dial_timeout')),
    keepAliveProbeIntervalMs: positive(reader.ms('endpoint_keep_alive_probe_interval')),
    isKeepAliveEnabled: !reader.flag('disable_keep_alives'),
    maxIdleConnectionsPerEndpoint: Math.min(
      reader.number('max_idle_conns_per_host'),
      reader.number('max_idle_conns'),
    ),
    idleConnectionTimeoutMs: positive(reader.ms('idle_connection_timeout')),
    isContinueKeptAlive: reader.flag('keep_alive_100_continue_requests'),
    maxResponseHeaders: reader.number('max_response_headers'),
    maxResponseHeaderBytes: headerBytes(reader.number('max_response_header_bytes')),
  };
}

function headerOptions(reader: Reader, template: string): RouterOptions['headers'] {
  const responses = reader.sub('http_rewrite').sub('responses');
  return {
    isForwardedProtoForced: reader.flag('force_forwarded_proto_https'),
    isForwardedProtoSanitized: reader.flag('sanitize_forwarded_proto'),
    forwardedClientCert: reader.text('forwarded_client_cert') as 'always_forward',
    hopByHopToFilter: reader.texts('hop_by_hop_headers_to_filter').map((n) => n.toLowerCase()),
    addToResponses: responses.rules('add_headers_if_not_present'),
    removeFromResponses: responses.rules('remove_headers').map((rule) => rule.name),
    sticky: {
      cookieNames: reader.texts('sticky_session_cookie_names'),
      secureCookies: reader.flag('secure_cookies'),
      forAuthNegotiate: reader.flag('sticky_sessions_for_auth_negotiate'),
    },
    traceKey: reader.text('trace_key'),
    htmlErrorTemplate: template,
  };
}

function lifecycleOptions(reader: Reader): RouterOptions['lifecycle'] {
  const drainTimeoutMs = positive(reader.ms('drain_timeout'));
  return {
    startResponseDelayMs: positive(reader.ms('start_response_delay_interval')),
    publishStartMessageIntervalMs: positive(reader.ms('publish_start_message_interval')),
    publishActiveAppsIntervalMs: positive(reader.ms('publish_active_apps_interval')),
    registerIntervalMs:
      positive(reader.ms('minimum_register_interval')) ||
      positive(reader.ms('start_response_delay_interval')),
    drainWaitMs: positive(reader.ms('drain_wait')),
    isKeepAliveEndedByDrain: reader.flag('drain_closes_connections'),
    drainTimeoutMs: drainTimeoutMs || positive(reader.ms('endpoint_timeout')),
    isDrainedOnTerminate: reader.flag('drain_on_terminate'),
  };
}

function accessLogOptions(reader: Reader): RouterOptions['accessLog'] {
  const accessLog = reader.sub('access_log');
  const logging = reader.sub('logging');
  return {
    file: accessLog.text('file'),
    isStreamedToStdout: accessLog.flag('enable_streaming'),
    format: accessLog.text('format') as 'text' | 'json',
    redactQueryParameters: logging.text('redact_query_params') as 'none',
    isForwardedForHidden: logging.flag('disable_log_forwarded_for'),
    isSourceAddressHidden: logging.flag('disable_log_source_ip'),
    extraHeaders: [...new Set(reader.texts('extra_headers_to_log'))],
    extraFields: [...new Set(logging.texts('extra_access_log_fields'))],
  };
}

function registryOptions(reader: Reader, startDelayMs: number): RouterOptions['registry'] {
  return {
    pruneIntervalMs: reader.ms('prune_stale_droplets_interval'),
    // An endpoint must live at least until the port opens (gorouter.md §1.1).
    staleThresholdMs: Math.max(reader.ms('droplet_stale_threshold'), startDelayMs),
    suspendPruningIfNatsUnavailable: reader.flag('suspend_pruning_if_nats_unavailable'),
    isolationSegments: reader.texts('isolation_segments'),
    shardingMode: reader.text('routing_table_sharding_mode') as 'all',
    emptyPoolResponse503: reader.flag('empty_pool_response_code_503'),
    emptyPoolTimeoutMs: positive(reader.ms('empty_pool_timeout')),
    isHttp2Enabled: reader.flag('enable_http2'),
    registrationMuzzleMs: positive(reader.ms('route_latency_metric_muzzle_duration')),
  };
}

/** From a checked section to options in milliseconds, with the rules between several keys. */
export function toRouterOptions(section: Section, randomSecret: () => string): RouterConfigResult {
  const reader = new Reader(section);
  const problems: string[] = [];
  crossChecks(reader, problems);
  const tls = toFrontendTls(section, keyPairProblem);
  problems.push(...tls.problems);
  const template = readTemplate(reader.text('html_error_template_file'), problems);
  const lifecycle = lifecycleOptions(reader);
  const status = reader.sub('status');
  const requestBytes =
    reader.number('max_request_header_bytes') || reader.number('max_header_bytes');
  const options: RouterOptions = {
    engine: reader.text('engine') as RouterOptions['engine'],
    workers: reader.number('workers'),
    index: reader.number('index'),
    host: reader.text('host') === '' ? '::' : reader.text('host'),
    port: reader.number('port'),
    isPortShared: reader.flag('reuse_port'),
    isPlainDisabled: reader.flag('disable_http'),
    tls: tls.tls,
    status: {
      host: status.text('host'),
      port: status.number('port'),
      routesPort: status.number('routes_port') || undefined,
      user: status.text('user') === '' ? randomSecret() : status.text('user'),
      password: status.text('pass') === '' ? randomSecret() : status.text('pass'),
    },
    registry: registryOptions(reader, lifecycle.startResponseDelayMs),
    backends: backendOptions(reader),
    frontend: {
      idleTimeoutMs: positive(reader.ms('frontend_idle_timeout')),
      readHeaderTimeoutMs: positive(reader.ms('read_header_timeout')),
      maxRequestHeaderBytes: headerBytes(requestBytes),
      maxRequestHeaders: reader.number('max_request_headers'),
      healthcheckUserAgent: reader.text('healthcheck_user_agent'),
      isTcpUpgradeEnabled: reader.flag('enable_tcp_upgrade'),
    },
    headers: headerOptions(reader, template),
    accessLog: accessLogOptions(reader),
    lifecycle,
  };
  if (options.isPlainDisabled && options.tls === undefined) {
    problems.push('disable_http: neither http nor https would be served; enable_ssl is not set');
  }
  if (options.tls !== undefined && options.engine !== 'wire') {
    problems.push('enable_ssl: TLS from clients needs the engine wire');
  }
  const warnings: string[] = [];
  if (requestBytes > MAX_HEADER_BYTES) {
    warnings.push('max_request_header_bytes is lowered to 1 MiB');
  }
  if (options.workers > 1 && options.engine !== 'wire') {
    warnings.push('workers: only the engine wire has workers, so the main thread serves alone');
  }
  return { options, problems, warnings };
}
