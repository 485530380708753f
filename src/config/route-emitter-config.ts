import type { LogLevel } from '../ports/log.ts';
import type { Section } from './fields.ts';
import type { NatsOptions } from './nats-options.ts';
import {
  type HostAndPort,
  type KeyReader,
  keyWarnings,
  type OriginalConfigResult,
  parseKeys,
  readKeys,
} from './original-file.ts';
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

/** The original gives up when its servers are not there; a supervisor of processes restarts it. */
const CONNECT_ATTEMPTS = 3;
const PING_INTERVAL_MS = 20_000;

function sourceOf(reader: KeyReader): RouteEmitterFileOptions['source'] {
  const bbs = reader.urlOrNone('bbs_address');
  const receptor = reader.urlOrNone('diego_api_url');
  if ((bbs === '') === (receptor === '')) {
    reader.problems.push('bbs_address, diego_api_url: one of them has to be set');
  }
  if (receptor !== '') return { type: 'receptor', url: receptor };
  const why = bbs.startsWith('https:') ? 'bbs_address is https' : undefined;
  const names = ['bbs_ca_cert_file', 'bbs_client_cert_file', 'bbs_client_key_file'] as const;
  return { type: 'bbs', url: bbs, tls: reader.files(...names, why) };
}

/** `10.0.0.1:4222,nats://10.0.0.2` → the servers that the client takes. */
function natsOf(reader: KeyReader): NatsOptions {
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

const readOptions = (reader: KeyReader): RouteEmitterFileOptions => ({
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
): OriginalConfigResult<RouteEmitterFileOptions> {
  const keys = text === undefined ? ({ ok: true, given: OF_2015 } as const) : parseKeys(text);
  if (!keys.ok) return keys;
  const given = { ...keys.given, ...keysOf(flags) };
  const result = readKeys(routeEmitterSchema, given, readOptions);
  if (!result.ok) return result;
  const warnings = keyWarnings(routeEmitterSchema, given, isWithoutEffect);
  const idleFlags = [...flags.keys()].filter((name) => IDLE_FLAGS.has(name)).sort();
  if (idleFlags.length > 0) warnings.push(`flags without effect here: ${idleFlags.join(', ')}`);
  return { ...result, warnings };
}
