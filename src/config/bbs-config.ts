import { type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { LogLevel } from '../ports/log.ts';
import { bbsSchema, isWithoutEffect } from './bbs-schema.ts';
import { durationMs } from './duration.ts';
import { schemaProblems } from './problems.ts';
import type { TlsPaths } from './tls-files.ts';

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

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

export type BbsConfigResult =
  | { readonly ok: true; readonly options: BbsFileOptions; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly string[] };

type Section = Readonly<Record<string, unknown>>;

const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads values that the schema has checked already, and checks what a schema cannot. */
class Reader {
  readonly #section: Section;
  readonly problems: string[] = [];

  constructor(section: Section) {
    this.#section = section;
  }

  text = (key: string): string => this.#section[key] as string;
  number = (key: string): number => this.#section[key] as number;
  flag = (key: string): boolean => this.#section[key] as boolean;

  ms(key: string): number {
    const value = this.#section[key] as string | number;
    const ms = durationMs(value);
    if (ms <= 0) this.problems.push(`${key}: ${JSON.stringify(value)} is not more than 0`);
    return ms;
  }

  /** `host:port`, `[::1]:port`, or `:port` for all addresses. */
  address(key: string): HostAndPort {
    const value = this.text(key);
    const {
      bracketed,
      plain = '',
      port = '',
    } = /^(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:[\]]*)):(?<port>[0-9]{1,5})$/.exec(value)
      ?.groups ?? {};
    if (port === '' || Number(port) > 65_535) {
      this.problems.push(`${key}: ${JSON.stringify(value)} is not host:port`);
    }
    const host = bracketed ?? plain;
    return { host: host === '' ? '0.0.0.0' : host, port: Number(port) };
  }

  addressOrNone = (key: string): HostAndPort | undefined =>
    this.text(key) === '' ? undefined : this.address(key);

  url(key: string): string {
    const value = this.text(key);
    if (value !== '' && !/^https?:$/.test(URL.parse(value)?.protocol ?? '')) {
      this.problems.push(`${key}: ${JSON.stringify(value)} is not an http or https address`);
    }
    return value;
  }

  /** Three files that only make sense together. `neededBy`: the key that asks for them. */
  files(ca: string, cert: string, key: string, neededBy: string): TlsPaths | undefined {
    const paths = { ca: this.text(ca), cert: this.text(cert), key: this.text(key) };
    const missing = [ca, cert, key].filter((name) => this.text(name) === '');
    if (missing.length === 0) return paths;
    const isNeeded = this.flag(neededBy);
    if (missing.length === 3 && !isNeeded) return undefined;
    const why = isNeeded ? `${neededBy} is true` : 'the others are set';
    this.problems.push(`${missing.join(', ')}: not set, but ${why}`);
    return undefined;
  }
}

function readOptions(reader: Reader): BbsFileOptions {
  const isTls = reader.flag('require_ssl');
  return {
    listen: reader.address('listen_address'),
    health: reader.addressOrNone('health_address'),
    debug: reader.addressOrNone('debug_address'),
    // Without require_ssl the original serves plain HTTP, whatever files are named.
    tls: isTls ? reader.files('ca_file', 'cert_file', 'key_file', 'require_ssl') : undefined,
    auctioneerAddress: reader.url('auctioneer_address'),
    auctioneerTls: reader.files(
      'auctioneer_ca_cert',
      'auctioneer_client_cert',
      'auctioneer_client_key',
      'auctioneer_require_tls',
    ),
    isAuctioneerTlsRequired: reader.flag('auctioneer_require_tls'),
    repTls: reader.files('rep_ca_cert', 'rep_client_cert', 'rep_client_key', 'rep_require_tls'),
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

function warningsOf(keys: readonly string[]): string[] {
  const others = keys.filter((key) => !Object.hasOwn(bbsSchema.properties, key)).sort();
  const idle = others.filter(isWithoutEffect);
  const unknown = others.filter((key) => !isWithoutEffect(key));
  return [
    ...(idle.length === 0 ? [] : [`keys without effect here: ${idle.join(', ')}`]),
    ...(unknown.length === 0 ? [] : [`unknown keys, ignored: ${unknown.join(', ')}`]),
  ];
}

/** Key by key: the checker stops after a few errors of one value. */
function typeProblems(key: string, value: unknown): string[] {
  const own = (bbsSchema.properties as Readonly<Record<string, TSchema>>)[key];
  return own === undefined ? [] : schemaProblems(Type.Object({ [key]: own }), { [key]: value });
}

/** Null stands for an absent key, as in the original. */
const withoutNulls = (section: Section): Section =>
  Object.fromEntries(Object.entries(section).filter(([, value]) => value !== null));

/**
 * Reads the file that is given to the original with `-config`. Durations are Go's text or
 * nanoseconds. All problems come at once; keys without effect are told in one warning.
 */
export function readBbsConfig(text: string): BbsConfigResult {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return { ok: false, problems: [`json: ${(error as Error).message}`] };
  }
  if (!isSection(parsed)) return { ok: false, problems: ['json: the file is not an object'] };
  const given = withoutNulls(parsed);
  const known = Object.entries(given).filter(([key]) => Object.hasOwn(bbsSchema.properties, key));
  const wrong = new Map(known.map(([key, value]) => [key, typeProblems(key, value)] as const));
  const wrongTypes = [...wrong.values()].flat();
  const wrongKeys = [...wrong.keys()].filter((key) => (wrong.get(key)?.length ?? 0) > 0);
  const right = known.filter(([key]) => !wrongKeys.includes(key));
  const reader = new Reader(Value.Default(bbsSchema, Object.fromEntries(right)) as Section);
  const options = readOptions(reader);
  // What follows from a key of a wrong type is no second problem.
  const others = reader.problems.filter((text) => !wrongKeys.some((key) => text.includes(key)));
  const problems = [...wrongTypes, ...others];
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, options, warnings: warningsOf(Object.keys(given)) };
}
