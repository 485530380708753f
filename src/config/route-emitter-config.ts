import { type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { LogLevel } from '../ports/log.ts';
import type { HostAndPort } from './bbs-config.ts';
import { durationMs } from './duration.ts';
import type { NatsOptions } from './nats-options.ts';
import { schemaProblems } from './problems.ts';
import {
  IDLE_FLAGS,
  isWithoutEffect,
  ROUTE_EMITTER_FLAGS,
  routeEmitterSchema,
} from './route-emitter-schema.ts';
import type { TlsPaths } from './tls-files.ts';

/** What the route-emitter alone needs, read from the original's own file or flags. */
export interface RouteEmitterFileOptions {
  readonly source:
    | { readonly type: 'bbs'; readonly url: string; readonly tls: TlsPaths | undefined }
    | { readonly type: 'receptor'; readonly url: string };
  readonly cellId: string;
  readonly messageStyle: 'per-hostname' | 'per-endpoint';
  readonly isDirectInstanceRoutes: boolean;
  readonly isInternalEnabled: boolean;
  readonly syncIntervalMs: number;
  readonly jitterFactor: number;
  readonly unregistrationIntervalMs: number;
  readonly unregistrationSendCount: number;
  readonly communicationTimeoutMs: number;
  /** Undefined: none. */
  readonly health: HostAndPort | undefined;
  readonly nats: NatsOptions;
  readonly logLevel: LogLevel;
}

export type RouteEmitterConfigResult =
  | {
      readonly ok: true;
      readonly options: RouteEmitterFileOptions;
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly string[] };

type Section = Readonly<Record<string, unknown>>;

const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The original gives up when its servers are not there; a supervisor of processes restarts it. */
const CONNECT_ATTEMPTS = 3;
const PING_INTERVAL_MS = 20_000;

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

  /** `host:port`, or `:port` for all addresses; empty: none. */
  addressOrNone(key: string): HostAndPort | undefined {
    const value = this.text(key);
    if (value === '') return undefined;
    const { host = '', port = '' } =
      /^\[?(?<host>[^[\]]*?)\]?:(?<port>[0-9]{1,5})$/.exec(value)?.groups ?? {};
    if (port === '' || Number(port) > 65_535) {
      this.problems.push(`${key}: ${JSON.stringify(value)} is not host:port`);
    }
    return { host: host === '' ? '0.0.0.0' : host, port: Number(port) };
  }

  url(key: string): string {
    const value = this.text(key);
    if (value !== '' && !/^https?:$/.test(URL.parse(value)?.protocol ?? '')) {
      this.problems.push(`${key}: ${JSON.stringify(value)} is not an http or https address`);
    }
    return value;
  }

  /** Three files that only make sense together. */
  files(ca: string, cert: string, key: string, why: string): TlsPaths | undefined {
    const missing = [ca, cert, key].filter((name) => this.text(name) === '');
    if (missing.length === 0) {
      return { ca: this.text(ca), cert: this.text(cert), key: this.text(key) };
    }
    if (missing.length < 3 || why !== '') {
      const reason = why === '' ? 'the others are set' : why;
      this.problems.push(`${missing.join(', ')}: not set, but ${reason}`);
    }
    return undefined;
  }
}

function sourceOf(reader: Reader): RouteEmitterFileOptions['source'] {
  const bbs = reader.url('bbs_address');
  const receptor = reader.url('diego_api_url');
  if ((bbs === '') === (receptor === '')) {
    reader.problems.push('bbs_address, diego_api_url: one of them has to be set');
  }
  if (receptor !== '') return { type: 'receptor', url: receptor };
  const why = bbs.startsWith('https:') ? 'bbs_address is https' : '';
  const names = ['bbs_ca_cert_file', 'bbs_client_cert_file', 'bbs_client_key_file'] as const;
  return { type: 'bbs', url: bbs, tls: reader.files(...names, why) };
}

/** `10.0.0.1:4222,nats://10.0.0.2` → the servers that the client takes. */
function natsOf(reader: Reader): NatsOptions {
  const addresses = reader.text('nats_addresses').split(',');
  const servers = addresses.map((one) => one.trim().replace(/^nats:\/\//, ''));
  if (servers.some((server) => server === '')) {
    reader.problems.push('nats_addresses: an address is empty');
  }
  const isTls = reader.flag('nats_tls_enabled');
  const names = ['nats_ca_cert_file', 'nats_client_cert_file', 'nats_client_key_file'] as const;
  const paths = isTls ? reader.files(...names, 'nats_tls_enabled is true') : undefined;
  return {
    servers,
    embedded: { host: '', port: 0, monitorPort: 0 },
    user: reader.text('nats_username'),
    password: reader.text('nats_password'),
    token: '',
    tls: paths && { caFile: paths.ca, certFile: paths.cert, keyFile: paths.key },
    pingIntervalMs: PING_INTERVAL_MS,
    connectAttempts: CONNECT_ATTEMPTS,
  };
}

const readOptions = (reader: Reader): RouteEmitterFileOptions => ({
  source: sourceOf(reader),
  cellId: reader.text('cell_id'),
  messageStyle: reader.text('message_style') as RouteEmitterFileOptions['messageStyle'],
  isDirectInstanceRoutes: reader.flag('register_direct_instance_routes'),
  isInternalEnabled: reader.flag('enable_internal_emitter'),
  syncIntervalMs: reader.ms('sync_interval'),
  jitterFactor: reader.number('jitter_factor'),
  unregistrationIntervalMs: reader.ms('unregistration_interval'),
  unregistrationSendCount: reader.number('unregistration_send_count'),
  communicationTimeoutMs: reader.ms('communication_timeout'),
  health: reader.addressOrNone('healthcheck_address'),
  nats: natsOf(reader),
  logLevel: reader.text('log_level') as LogLevel,
});

function warningsOf(keys: readonly string[], idleFlags: readonly string[]): string[] {
  const others = keys.filter((key) => !Object.hasOwn(routeEmitterSchema.properties, key)).sort();
  const idle = others.filter(isWithoutEffect);
  const unknown = others.filter((key) => !isWithoutEffect(key));
  return [
    ...(idle.length === 0 ? [] : [`keys without effect here: ${idle.join(', ')}`]),
    ...(unknown.length === 0 ? [] : [`unknown keys, ignored: ${unknown.join(', ')}`]),
    ...(idleFlags.length === 0 ? [] : [`flags without effect here: ${idleFlags.join(', ')}`]),
  ];
}

/** Key by key: the checker stops after a few errors of one value. */
function typeProblems(key: string, value: unknown): string[] {
  const own = (routeEmitterSchema.properties as Readonly<Record<string, TSchema>>)[key];
  return own === undefined ? [] : schemaProblems(Type.Object({ [key]: own }), { [key]: value });
}

interface Flags {
  readonly values: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
}

/** `-name value`, `-name=value`, with one dash or two, as Go reads them. */
export function readGoFlags(words: readonly string[]): Flags {
  const values = new Map<string, string>();
  const problems: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const { name, value } = /^--?(?<name>[^-=][^=]*)(?:=(?<value>.*))?$/s.exec(word)?.groups ?? {};
    if (name === undefined) {
      problems.push(`${JSON.stringify(word)} is not a flag`);
      continue;
    }
    const isKnown = name === 'config' || ROUTE_EMITTER_FLAGS.has(name) || IDLE_FLAGS.has(name);
    if (!isKnown) problems.push(`flag provided but not defined: -${name}`);
    if (value !== undefined) values.set(name, value);
    else if (index + 1 < words.length) {
      index += 1;
      values.set(name, words[index] ?? '');
    } else problems.push(`flag needs an argument: -${name}`);
  }
  return { values, problems };
}

/** What flags say, by the keys of the file. */
function keysOf(flags: ReadonlyMap<string, string>): Section {
  return Object.fromEntries(
    [...flags].flatMap(([name, value]) => {
      const key = ROUTE_EMITTER_FLAGS.get(name);
      return key === undefined ? [] : [[key, value]];
    }),
  );
}

/** A program that is started with flags alone is that of 2015 (diego.md §11.1). */
const OF_2015: Section = { message_style: 'per-endpoint', healthcheck_address: '' };

/**
 * Reads the file that is given to the original with `-config` (undefined: there is none) and the
 * flags of 2015, which win. Durations are Go's text or nanoseconds. All problems come at once.
 */
export function readRouteEmitterConfig(
  text: string | undefined,
  flags: ReadonlyMap<string, string> = new Map(),
): RouteEmitterConfigResult {
  let parsed: unknown;
  try {
    parsed = text === undefined ? OF_2015 : JSON.parse(text);
  } catch (error) {
    return { ok: false, problems: [`json: ${(error as Error).message}`] };
  }
  if (!isSection(parsed)) return { ok: false, problems: ['json: the file is not an object'] };
  // Null stands for an absent key, as in the original.
  const inFile = Object.entries(parsed).filter(([, value]) => value !== null);
  const given = { ...Object.fromEntries(inFile), ...keysOf(flags) };
  const { properties } = routeEmitterSchema;
  const known = Object.entries(given).filter(([key]) => Object.hasOwn(properties, key));
  const wrong = new Map(known.map(([key, value]) => [key, typeProblems(key, value)] as const));
  const wrongKeys = [...wrong.keys()].filter((key) => (wrong.get(key)?.length ?? 0) > 0);
  const right = known.filter(([key]) => !wrongKeys.includes(key));
  const reader = new Reader(
    Value.Default(routeEmitterSchema, Object.fromEntries(right)) as Section,
  );
  const options = readOptions(reader);
  // What follows from a key of a wrong type is no second problem.
  const others = reader.problems.filter((own) => !wrongKeys.some((key) => own.includes(key)));
  const problems = [...[...wrong.values()].flat(), ...others];
  if (problems.length > 0) return { ok: false, problems };
  const idleFlags = [...flags.keys()].filter((name) => IDLE_FLAGS.has(name)).sort();
  return { ok: true, options, warnings: warningsOf(Object.keys(given), idleFlags) };
}
