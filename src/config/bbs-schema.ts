/** The keys of the original's bbs.json (diego.md §1.1, appendix A). */
import { type TSchema, Type } from 'typebox';
import { DURATION_PATTERN } from './duration.ts';

const text = (value = ''): TSchema => Type.String({ default: value });
const flag = (value: boolean): TSchema => Type.Boolean({ default: value });
const count = (value: number, minimum = 1): TSchema =>
  Type.Integer({ minimum, maximum: 1_000_000, default: value });
const duration = (value: string): TSchema =>
  Type.Union([Type.String({ pattern: DURATION_PATTERN }), Type.Integer()], { default: value });

/** What works here as it did in the original, with the original's defaults. */
export const bbsSchema = Type.Object({
  listen_address: text('0.0.0.0:8889'),
  health_address: text('127.0.0.1:8890'),
  debug_address: text(),
  access_log_path: text(),
  uuid: text(),
  require_ssl: flag(true),
  ca_file: text(),
  cert_file: text(),
  key_file: text(),
  auctioneer_address: text(),
  auctioneer_ca_cert: text(),
  auctioneer_client_cert: text(),
  auctioneer_client_key: text(),
  auctioneer_require_tls: flag(false),
  rep_ca_cert: text(),
  rep_client_cert: text(),
  rep_client_key: text(),
  rep_require_tls: flag(false),
  converge_repeat_interval: duration('30s'),
  kick_task_duration: duration('30s'),
  expire_pending_task_duration: duration('30m'),
  expire_completed_task_duration: duration('2m'),
  desired_lrp_creation_timeout: duration('1m'),
  communication_timeout: duration('10s'),
  max_task_retries: count(3, 0),
  task_callback_workers: count(1000),
  convergence_workers: count(20),
  update_workers: count(1000),
  log_level: Type.Enum(['debug', 'info', 'error', 'fatal'], { default: 'info' }),
});

/** Of what this program has no use for: its store, locks and metrics are others. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  'active_key_label',
  'advanced_metrics_config',
  'advertise_url',
  'cell_registrations_locket_enabled',
  'consul_cluster',
  'database_connection_string',
  'database_driver',
  'detect_consul_cell_registrations',
  'dropsonde_port',
  'enable_consul_service_registration',
  'encryption_keys',
  'lock_retry_interval',
  'lock_ttl',
  'locks_locket_enabled',
  'loggregator',
  'max_data_string_length',
  'max_idle_database_connections',
  'max_open_database_connections',
  'redact_patterns',
  'redact_secrets',
  'rep_client_session_cache_size',
  'report_interval',
  'session_name',
  'skip_consul_lock',
  'time_format',
]);

const WITHOUT_EFFECT_FAMILY = /^(?:sql|etcd|locket|consul|loggregator|encryption)_/;

export const isWithoutEffect = (key: string): boolean =>
  WITHOUT_EFFECT.has(key) || WITHOUT_EFFECT_FAMILY.test(key);
