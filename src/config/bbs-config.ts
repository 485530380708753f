import type { LogLevel } from '../ports/log.ts';
import { bbsSchema, isWithoutEffect } from './bbs-schema.ts';
import {
  type HostAndPort,
  type KeyReader,
  keyWarnings,
  type OriginalConfigResult,
  parseKeys,
  readKeys,
} from './original-file.ts';
import type { TlsPaths } from './tls-files.ts';

/** What the BBS alone needs, read from the original's own file. */
export interface BbsFileOptions {
  readonly listen: HostAndPort;
  /** Plain listener that answers 200 (diego.md §1.1); undefined: none. */
  readonly health: HostAndPort | undefined;
  readonly debug: HostAndPort | undefined;
  /** Mutual TLS; undefined: plain HTTP. */
  readonly tls: TlsPaths | undefined;
  /** An http or https address; empty: none. */
  readonly auctioneerAddress: string;
  readonly auctioneerTls: TlsPaths | undefined;
  readonly isAuctioneerTlsRequired: boolean;
  readonly repTls: TlsPaths | undefined;
  readonly isRepTlsRequired: boolean;
  readonly convergeIntervalMs: number;
  readonly kickTaskMs: number;
  readonly expirePendingTaskMs: number;
  readonly expireCompletedTaskMs: number;
  readonly desiredLrpCreationTimeoutMs: number;
  readonly communicationTimeoutMs: number;
  readonly maxTaskRetries: number;
  readonly taskCallbackWorkers: number;
  readonly convergenceWorkers: number;
  readonly updateWorkers: number;
  readonly logLevel: LogLevel;
  /** Empty: no access log. */
  readonly accessLogPath: string;
  readonly uuid: string;
}

function readOptions(reader: KeyReader): BbsFileOptions {
  const isTls = reader.flag('require_ssl');
  const tlsOf = (ca: string, cert: string, key: string, flag: string): TlsPaths | undefined =>
    reader.files(ca, cert, key, reader.flag(flag) ? `${flag} is true` : undefined);
  return {
    listen: reader.address('listen_address'),
    health: reader.addressOrNone('health_address'),
    debug: reader.addressOrNone('debug_address'),
    // Without require_ssl the original serves plain HTTP, whatever files are named.
    tls: isTls ? tlsOf('ca_file', 'cert_file', 'key_file', 'require_ssl') : undefined,
    auctioneerAddress: reader.urlOrNone('auctioneer_address'),
    auctioneerTls: tlsOf(
      'auctioneer_ca_cert',
      'auctioneer_client_cert',
      'auctioneer_client_key',
      'auctioneer_require_tls',
    ),
    isAuctioneerTlsRequired: reader.flag('auctioneer_require_tls'),
    repTls: tlsOf('rep_ca_cert', 'rep_client_cert', 'rep_client_key', 'rep_require_tls'),
    isRepTlsRequired: reader.flag('rep_require_tls'),
    convergeIntervalMs: reader.ms('converge_repeat_interval'),
    kickTaskMs: reader.ms('kick_task_duration'),
    expirePendingTaskMs: reader.ms('expire_pending_task_duration'),
    expireCompletedTaskMs: reader.ms('expire_completed_task_duration'),
    desiredLrpCreationTimeoutMs: reader.ms('desired_lrp_creation_timeout'),
    communicationTimeoutMs: reader.ms('communication_timeout'),
    maxTaskRetries: reader.number('max_task_retries'),
    taskCallbackWorkers: reader.number('task_callback_workers'),
    convergenceWorkers: reader.number('convergence_workers'),
    updateWorkers: reader.number('update_workers'),
    logLevel: reader.text('log_level') as LogLevel,
    accessLogPath: reader.text('access_log_path'),
    uuid: reader.text('uuid'),
  };
}

/**
 * Reads the file that is given to the original with `-config`. Durations are Go's text or
 * nanoseconds. All problems come at once; keys without effect are told in one warning.
 */
export function readBbsConfig(file: string): OriginalConfigResult<BbsFileOptions> {
  const keys = parseKeys(file);
  if (!keys.ok) return keys;
  const { given } = keys;
  const result = readKeys(bbsSchema, given, readOptions);
  return result.ok
    ? { ...result, warnings: keyWarnings(bbsSchema, given, isWithoutEffect) }
    : result;
}
