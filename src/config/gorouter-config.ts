import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { parse } from 'yaml';
import type { LogLevel } from '../ports/log.ts';
import type { RouterOptions } from '../router/options.ts';
import { isSection, type Section } from './fields.ts';
import type { NatsOptions } from './nats-options.ts';
import { schemaProblems } from './problems.ts';
import { keyPairProblem, toRouterOptions } from './router-options.ts';
import { routerProperties } from './router-schema.ts';

/** What the router alone needs, read from the original's own file. */
export interface GorouterConfig {
  readonly router: RouterOptions;
  readonly nats: NatsOptions;
  readonly logLevel: LogLevel;
  readonly logTimestamp: 'unix-epoch' | 'rfc3339';
  readonly warnings: readonly string[];
}

export type GorouterConfigResult =
  | { readonly ok: true; readonly config: GorouterConfig }
  | { readonly ok: false; readonly problems: readonly string[] };

const HOST = Type.Object({
  hostname: Type.Optional(Type.String()),
  host: Type.Optional(Type.String()),
  port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
  user: Type.Optional(Type.String()),
  pass: Type.Optional(Type.String()),
});

/** `nats` is a list in the file of 2013 and an object with `hosts` today (gorouter.md §1). */
const schema = Type.Object({
  ...routerProperties('original'),
  nats: Type.Union(
    [
      Type.Array(HOST),
      Type.Object({
        hosts: Type.Optional(Type.Array(HOST)),
        user: Type.Optional(Type.String()),
        pass: Type.Optional(Type.String()),
        tls_enabled: Type.Optional(Type.Boolean()),
        ca_certs: Type.Optional(Type.String()),
        cert_chain: Type.Optional(Type.String()),
        private_key: Type.Optional(Type.String()),
      }),
    ],
    { default: {} },
  ),
});

interface NatsHost {
  readonly hostname?: string;
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly pass?: string;
}

interface NatsSection {
  readonly hosts?: NatsHost[];
  readonly user?: string;
  readonly pass?: string;
  readonly tls_enabled?: boolean;
  readonly ca_certs?: string;
  readonly cert_chain?: string;
  readonly private_key?: string;
}

/** The original tries three times before it gives up (gorouter.md §2.5). */
const CONNECT_ATTEMPTS = 3;
const PING_INTERVAL_MS = 20_000;

function toNats(section: NatsHost[] | NatsSection): NatsOptions {
  const today: NatsSection = Array.isArray(section) ? { hosts: section } : section;
  const hosts = today.hosts ?? [{}];
  const first = hosts[0] ?? {};
  const { ca_certs: ca, cert_chain: cert, private_key: key } = today;
  return {
    servers: hosts.map(
      (host) => `${host.hostname ?? host.host ?? 'localhost'}:${host.port ?? 4222}`,
    ),
    embedded: { host: '', port: 0, monitorPort: 0 },
    user: today.user ?? first.user ?? '',
    password: today.pass ?? first.pass ?? '',
    token: '',
    tls:
      today.tls_enabled === true
        ? {
            ...(ca === undefined ? {} : { ca }),
            ...(cert === undefined ? {} : { cert }),
            ...(key === undefined ? {} : { key }),
          }
        : undefined,
    pingIntervalMs: PING_INTERVAL_MS,
    connectAttempts: CONNECT_ATTEMPTS,
  };
}

/** Rules of gorouter.md §1.3 that no single key breaks. */
function unsupported(section: Section): string[] {
  const problems: string[] = [];
  if (typeof section['route_services_secret'] === 'string' && section['route_services_secret']) {
    problems.push('route_services_secret: this router has no route services yet');
  }
  const {
    tls_enabled: hasTls,
    cert_chain: cert = '',
    private_key: key = '',
  } = (isSection(section['nats']) ? section['nats'] : {}) as NatsSection;
  if (hasTls === true && (cert !== '' || key !== '')) {
    const problem = keyPairProblem(cert, key);
    if (problem !== undefined) problems.push(`nats.cert_chain: ${problem}`);
  }
  return problems;
}

/** `status.routes.port` of today's file becomes our flat key. */
function withRoutesPort(status: unknown): unknown {
  if (!isSection(status)) return status;
  const { routes } = status;
  return isSection(routes) ? { ...status, routes_port: routes['port'] ?? 0 } : status;
}

function logLevelOf(level: string): LogLevel {
  const known: readonly string[] = ['debug', 'info', 'warn', 'error', 'fatal'];
  // An unknown level does not stop the original (golden config-021).
  return known.includes(level) ? (level as LogLevel) : 'debug';
}

/** Null stands for an absent key, as in the original. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isSection(value)) return value;
  const kept = Object.entries(value).filter(([, own]) => own !== null);
  return Object.fromEntries(kept.map(([key, own]) => [key, withoutNulls(own)]));
}

/** Reads the file that is given to the original with `-c`; `text` is empty when there is none. */
export function readGorouterConfig(text: string, randomSecret: () => string): GorouterConfigResult {
  let parsed: unknown;
  try {
    parsed = parse(text) ?? {};
  } catch (error) {
    return { ok: false, problems: [`yaml: ${(error as Error).message}`] };
  }
  if (!isSection(parsed)) return { ok: false, problems: ['yaml: the file is not a mapping'] };
  const given = withoutNulls(parsed) as Section;
  const section = Value.Default(schema, {
    ...given,
    ...('status' in given ? { status: withRoutesPort(given['status']) } : {}),
  }) as Section;
  const problems = [...schemaProblems(schema, section), ...unsupported(section)];
  if (problems.length > 0) return { ok: false, problems };
  const router = toRouterOptions(section, randomSecret);
  if (router.problems.length > 0) return { ok: false, problems: router.problems };
  const logging = section['logging'] as { level: string; format: { timestamp: 'unix-epoch' } };
  return {
    ok: true,
    config: {
      router: router.options,
      nats: toNats(section['nats'] as NatsSection),
      logLevel: logLevelOf(logging.level),
      logTimestamp: logging.format.timestamp,
      warnings: router.warnings,
    },
  };
}
