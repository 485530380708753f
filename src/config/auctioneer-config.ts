/** The original's auctioneer.json (diego.md §13.1, §13.2, appendix A). */
import { type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { LogLevel } from '../ports/log.ts';
import type { HostAndPort } from './bbs-config.ts';
import { DURATION_PATTERN, durationMs } from './duration.ts';
import { schemaProblems } from './problems.ts';
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

export type AuctioneerConfigResult =
  | {
      readonly ok: true;
      readonly options: AuctioneerFileOptions;
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly string[] };

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

type Section = Readonly<Record<string, unknown>>;

const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const ADDRESS = /^(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:[\]]*)):(?<port>[0-9]{1,5})$/;

/** Reads values of the right type, and notes what a schema cannot check. */
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

  address(key: string): HostAndPort {
    const value = this.text(key);
    const { bracketed, plain = '', port = '' } = ADDRESS.exec(value)?.groups ?? {};
    if (port === '' || Number(port) > 65_535) {
      this.problems.push(`${key}: ${JSON.stringify(value)} is not host:port`);
    }
    const host = bracketed ?? plain;
    return { host: host === '' ? '0.0.0.0' : host, port: Number(port) };
  }

  url(key: string): string {
    const value = this.text(key);
    if (!/^https?:$/.test(URL.parse(value)?.protocol ?? '')) {
      this.problems.push(`${key}: ${JSON.stringify(value)} is not an http or https address`);
    }
    return value;
  }

  /** Three files that only make sense together. */
  files(ca: string, cert: string, key: string): TlsPaths | undefined {
    const names = [ca, cert, key];
    const missing = names.filter((name) => this.text(name) === '');
    if (missing.length === 0) {
      return { ca: this.text(ca), cert: this.text(cert), key: this.text(key) };
    }
    if (missing.length < names.length) {
      this.problems.push(`${missing.join(', ')}: not set, but the others are set`);
    }
    return undefined;
  }
}

function lockOf(reader: Reader): AuctioneerFileLock | undefined {
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

function readOptions(reader: Reader): AuctioneerFileOptions {
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
export function readAuctioneerConfig(file: string): AuctioneerConfigResult {
  let parsed: unknown;
  try {
    parsed = JSON.parse(file);
  } catch (error) {
    return { ok: false, problems: [`json: ${(error as Error).message}`] };
  }
  if (!isSection(parsed)) return { ok: false, problems: ['json: the file is not an object'] };
  const properties: Readonly<Record<string, TSchema>> = schema.properties;
  // Null stands for an absent key, as in the original.
  const given = Object.entries(parsed).filter(([, value]) => value !== null);
  const known = given.filter(([key]) => Object.hasOwn(properties, key));
  const unknown = given.map(([key]) => key).filter((key) => !Object.hasOwn(properties, key));
  const wrong = known.flatMap(([key, value]) =>
    schemaProblems(Type.Object({ [key]: properties[key] as TSchema }), { [key]: value }),
  );
  if (wrong.length > 0) return { ok: false, problems: wrong };
  const reader = new Reader(Value.Default(schema, Object.fromEntries(known)) as Section);
  const options = readOptions(reader);
  if (reader.problems.length > 0) return { ok: false, problems: reader.problems };
  const warnings =
    unknown.length === 0 ? [] : [`keys without effect here: ${unknown.sort().join(', ')}`];
  return { ok: true, options, warnings };
}
