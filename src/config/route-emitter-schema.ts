/** The keys of the original's route-emitter.json (diego.md §11.1), and a few of our own. */
import { type TSchema, Type } from 'typebox';
import { DURATION_PATTERN } from './duration.ts';

const text = (value = ''): TSchema => Type.String({ default: value });
const flag = (value: boolean): TSchema => Type.Boolean({ default: value });
const duration = (value: string): TSchema =>
  Type.Union([Type.String({ pattern: DURATION_PATTERN }), Type.Integer()], { default: value });

/** What works here as it did in the original, with the original's defaults. */
export const routeEmitterSchema = Type.Object({
  bbs_address: text(),
  bbs_ca_cert_file: text(),
  bbs_client_cert_file: text(),
  bbs_client_key_file: text(),
  /** Of 2015: a receptor in the place of the BBS. */
  diego_api_url: text(),
  cell_id: text(),
  register_direct_instance_routes: flag(false),
  enable_internal_emitter: flag(false),
  communication_timeout: duration('30s'),
  healthcheck_address: text('127.0.0.1:17011'),
  jitter_factor: Type.Number({ minimum: 0, maximum: 1, default: 0.2 }),
  nats_addresses: text('127.0.0.1:4222'),
  nats_username: text(),
  nats_password: text(),
  nats_tls_enabled: flag(false),
  nats_ca_cert_file: text(),
  nats_client_cert_file: text(),
  nats_client_key_file: text(),
  sync_interval: duration('1m'),
  unregistration_interval: duration('30s'),
  unregistration_send_count: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 20 }),
  log_level: Type.Enum(['debug', 'info', 'error', 'fatal'], { default: 'info' }),
  /** Our own: one message per hostname as today, or per endpoint as in 2015. */
  message_style: Type.Enum(['per-hostname', 'per-endpoint'], { default: 'per-hostname' }),
});

/** The flags of 2015, by the keys that they stand for. */
export const ROUTE_EMITTER_FLAGS: ReadonlyMap<string, string> = new Map([
  ['natsAddresses', 'nats_addresses'],
  ['natsUsername', 'nats_username'],
  ['natsPassword', 'nats_password'],
  ['diegoAPIURL', 'diego_api_url'],
  ['bbsAddress', 'bbs_address'],
  ['bbsCACert', 'bbs_ca_cert_file'],
  ['bbsClientCert', 'bbs_client_cert_file'],
  ['bbsClientKey', 'bbs_client_key_file'],
  ['communicationTimeout', 'communication_timeout'],
  ['syncInterval', 'sync_interval'],
  ['healthCheckAddress', 'healthcheck_address'],
  ['logLevel', 'log_level'],
]);

/** Of what this program has no use for: it needs no lock, and its debug server is another. */
export const IDLE_FLAGS: ReadonlySet<string> = new Set([
  'consulCluster',
  'sessionName',
  'lockRetryInterval',
  'lockTTL',
  'debugAddr',
  'dropsondePort',
]);

const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'bbs_client_session_cache_size',
  'bbs_max_idle_conns_per_host',
  'debug_address',
  'dropsonde_port',
  'enable_tcp_emitter',
  'lock_retry_interval',
  'lock_ttl',
  'max_data_string_length',
  'oauth',
  'redact_patterns',
  'redact_secrets',
  'report_interval',
  'route_emitting_workers',
  'routing_api',
  'session_name',
  'tcp_enable_tls',
  'tcp_route_ttl',
  'time_format',
  'uuid',
]);

const WITHOUT_EFFECT_FAMILY = /^(?:consul|locket|loggregator)(?:_|$)/;

export const isWithoutEffect = (key: string): boolean =>
  WITHOUT_EFFECT.has(key) || WITHOUT_EFFECT_FAMILY.test(key);
