/** The original's auctioneer.json (diego.md §13.1, §13.2, appendix A). */
import { type TSchema, Type } from 'typebox';
import type { LogLevel } from '../ports/log.ts';
import { DURATION_PATTERN } from './duration.ts';
import {
  type HostAndPort,
  type KeyReader,
  keyWarnings,
  type OriginalConfigResult,
  parseKeys,
  readKeys,
} from './original-file.ts';
import type { TlsPaths } from './tls-files.ts';

/** What the auctioneer alone needs, read from the original's own file. */
export interface AuctioneerFileOptions {
  readonly listen: HostAndPort;
  readonly tls: TlsPaths | undefined;
  readonly bbsUrl: string;
  readonly bbsTls: TlsPaths | undefined;
  readonly repTls: TlsPaths | undefined;
  readonly cellStateTimeoutMs: number;
  readonly communicationTimeoutMs: number;
  readonly startingContainerWeight: number;
  readonly startingContainerCountMaximum: number;
  readonly binPackFirstFitWeight: number;
  /** Undefined: no lock, there is no other auctioneer. */
  readonly lock: AuctioneerFileLock | undefined;
  readonly logLevel: LogLevel;
}

export interface AuctioneerFileLock {
  readonly address: string;
  readonly tls: TlsPaths | undefined;
  readonly ttlMs: number;
  readonly retryMs: number;
  readonly owner: string;
}

const text = (value = ''): TSchema => Type.String({ default: value });
const weight = (value: number): TSchema =>
  Type.Number({ minimum: 0, maximum: 1_000_000, default: value });
const duration = (value: string): TSchema =>
  Type.Union([Type.String({ pattern: DURATION_PATTERN }), Type.Integer()], { default: value });

const schema = Type.Object({
  listen_address: text('0.0.0.0:9016'),
  ca_cert_file: text(),
  server_cert_file: text(),
  server_key_file: text(),
  bbs_address: text(),
  bbs_ca_cert_file: text(),
  bbs_client_cert_file: text(),
  bbs_client_key_file: text(),
  rep_ca_cert: text(),
  rep_client_cert: text(),
  rep_client_key: text(),
  cell_state_timeout: duration('10s'),
  communication_timeout: duration('10s'),
  starting_container_weight: weight(0.25),
  starting_container_count_maximum: Type.Integer({
    minimum: 0,
    maximum: 1_000_000_000,
    default: 0,
  }),
  bin_pack_first_fit_weight: weight(0),
  locket_address: text(),
  locket_ca_cert_file: text(),
  locket_client_cert_file: text(),
  locket_client_key_file: text(),
  locks_locket_enabled: Type.Boolean({ default: true }),
  lock_ttl: duration('15s'),
  lock_retry_interval: duration('5s'),
  uuid: text(),
  log_level: Type.Enum(['debug', 'info', 'error', 'fatal'], { default: 'info' }),
});

function lockOf(reader: KeyReader): AuctioneerFileLock | undefined {
  const address = reader.text('locket_address');
  const tls = reader.files(
    'locket_ca_cert_file',
    'locket_client_cert_file',
    'locket_client_key_file',
  );
  const times = { ttlMs: reader.ms('lock_ttl'), retryMs: reader.ms('lock_retry_interval') };
  if (address === '' || !reader.flag('locks_locket_enabled')) return undefined;
  reader.address('locket_address');
  return { address, tls, ...times, owner: reader.text('uuid') };
}

function readOptions(reader: KeyReader): AuctioneerFileOptions {
  return {
    listen: reader.address('listen_address'),
    tls: reader.files('ca_cert_file', 'server_cert_file', 'server_key_file'),
    bbsUrl: reader.url('bbs_address'),
    bbsTls: reader.files('bbs_ca_cert_file', 'bbs_client_cert_file', 'bbs_client_key_file'),
    repTls: reader.files('rep_ca_cert', 'rep_client_cert', 'rep_client_key'),
    cellStateTimeoutMs: reader.ms('cell_state_timeout'),
    communicationTimeoutMs: reader.ms('communication_timeout'),
    startingContainerWeight: reader.number('starting_container_weight'),
    startingContainerCountMaximum: reader.number('starting_container_count_maximum'),
    binPackFirstFitWeight: reader.number('bin_pack_first_fit_weight'),
    lock: lockOf(reader),
    logLevel: reader.text('log_level') as LogLevel,
  };
}

/**
 * Reads the file that is given to the original with `-config`. Durations are Go's text or
 * nanoseconds. All problems come at once; keys that are not known here are told in one warning.
 */
export function readAuctioneerConfig(file: string): OriginalConfigResult<AuctioneerFileOptions> {
  const keys = parseKeys(file);
  if (!keys.ok) return keys;
  const result = readKeys(schema, keys.given, readOptions);
  return result.ok ? { ...result, warnings: keyWarnings(schema, keys.given, () => true) } : result;
}
