import { type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { parse, stringify } from 'yaml';
import type { AuctioneerOptions } from '../auctioneer/options.ts';
import type { InspectorSettings } from '../inspector/options.ts';
import type { LogLevel } from '../ports/log.ts';
import type { RouteEmitterOptions } from '../route-emitter/options.ts';
import type { RouterOptions } from '../router/options.ts';
import { type ControlPlaneOptions, controlPlaneProperties, toControlPlane } from './bbs-options.ts';
import {
  type CellSectionOptions,
  type CellSections,
  cellProperties,
  toAuctioneer,
  toCell,
} from './cell-section.ts';
import { isSection, type Section } from './fields.ts';
import { type InspectorSections, inspectorProperties, toInspector } from './inspector-section.ts';
import { type NatsOptions, type NatsSection, natsSchema, toNatsOptions } from './nats-options.ts';
import { schemaProblems } from './problems.ts';
import {
  type FileServerSection,
  type RouteEmitterSections,
  routeEmitterProperties,
  toRouteEmitter,
} from './route-emitter-section.ts';
import { toRouterOptions } from './router-options.ts';
import { routerProperties } from './router-schema.ts';

export interface NodeConfig {
  readonly dataDir: string;
  readonly log: {
    readonly file: string;
    readonly level: LogLevel;
    readonly timestamp: 'unix-epoch' | 'rfc3339';
  };
  readonly nats: NatsOptions;
  readonly router: RouterOptions;
  /** Store and BBS; undefined: off. */
  readonly controlPlane: ControlPlaneOptions | undefined;
  /** What runs apps; each one undefined: off. */
  readonly auctioneer: AuctioneerOptions | undefined;
  readonly cell: CellSectionOptions | undefined;
  readonly routeEmitter: RouteEmitterOptions | undefined;
  readonly fileServer: FileServerSection | undefined;
  readonly inspector: InspectorSettings | undefined;
  readonly warnings: readonly string[];
}

export type NodeConfigResult =
  | { readonly ok: true; readonly config: NodeConfig; readonly printed: string }
  | { readonly ok: false; readonly problems: readonly string[] };

/** The node's own file. Unknown keys are refused: they are mistakes. */
const schema = Type.Object(
  {
    data_dir: Type.String({ default: './.troupe', description: 'logs and the store' }),
    logging: Type.Object(
      {
        file: Type.String({
          default: 'troupe.log',
          description: 'log file, in data_dir unless absolute; `-`: standard output',
        }),
        level: Type.Enum(['info', 'debug', 'warn', 'error', 'fatal'], { default: 'info' }),
        timestamp: Type.Enum(['rfc3339', 'unix-epoch'], { default: 'rfc3339' }),
      },
      { additionalProperties: false, default: {} },
    ),
    nats: natsSchema,
    ...controlPlaneProperties,
    ...cellProperties,
    ...routeEmitterProperties,
    ...inspectorProperties,
    router: Type.Object(routerProperties('node'), { additionalProperties: false, default: {} }),
  },
  { additionalProperties: false },
);

/** All keys as paths: `router.status.port`. */
function leafPaths(of: TSchema, prefix: string): string[] {
  const { properties } = of as { properties?: Record<string, TSchema> };
  if (properties === undefined) return [prefix];
  return Object.entries(properties).flatMap(([key, own]) =>
    leafPaths(own, prefix === '' ? key : `${prefix}.${key}`),
  );
}

const environmentName = (path: string): string =>
  `TROUPE_${path.toUpperCase().replaceAll('.', '_')}`;

function setAt(root: Section, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop() as string;
  let section = root;
  for (const key of keys) {
    if (!isSection(section[key])) section[key] = {};
    section = section[key] as Section;
  }
  section[last] = value;
}

/** The schema of one key. */
function schemaAt(path: string): { type?: string } {
  let node = schema as TSchema & { properties?: Record<string, TSchema> };
  for (const key of path.split('.')) node = (node.properties?.[key] ?? {}) as typeof node;
  return node as { type?: string };
}

/** Text from the environment or a flag, read as the key wants it; lists are `a,b` or YAML. */
function parseValue(text: string, path: string): unknown {
  const { type } = schemaAt(path);
  if (type === 'string') return text;
  let value: unknown = text;
  try {
    value = parse(text) ?? '';
  } catch {
    // Not YAML: the schema says what is wrong with it.
  }
  return type === 'array' && !Array.isArray(value) ? text.split(',') : value;
}

export interface NodeConfigSources {
  /** Text of the YAML file; empty when there is none. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `key=value` of the command line. */
  readonly settings: readonly string[];
}

function overlay(root: Section, sources: NodeConfigSources, problems: string[]): void {
  const paths = leafPaths(schema, '');
  const byName = new Map(paths.map((path) => [environmentName(path), path]));
  for (const [name, text] of Object.entries(sources.environment)) {
    if (!name.startsWith('TROUPE_') || text === undefined) continue;
    const path = byName.get(name);
    if (path === undefined) problems.push(`${name}: no setting has this name`);
    else setAt(root, path, parseValue(text, path));
  }
  for (const setting of sources.settings) {
    const equals = setting.indexOf('=');
    const path = setting.slice(0, Math.max(0, equals));
    if (!paths.includes(path)) problems.push(`--set ${setting}: no setting has this name`);
    else setAt(root, path, parseValue(setting.slice(equals + 1), path));
  }
}

type AppSections = CellSections & RouteEmitterSections & InspectorSections;

/** A text: what is wrong. */
function appParts(sections: AppSections, controlPlane: ControlPlaneOptions | undefined) {
  const cell = toCell(sections, controlPlane);
  if (typeof cell === 'string') return cell;
  const { file_server: fileServer } = sections;
  return {
    auctioneer: toAuctioneer(sections, controlPlane),
    cell,
    routeEmitter: toRouteEmitter(sections, controlPlane),
    inspector: toInspector(sections, controlPlane),
    fileServer: fileServer.enabled && controlPlane !== undefined ? fileServer : undefined,
  };
}

/** defaults < file < TROUPE_* < --set; all problems at once (DESIGN §8). */
export function readNodeConfig(
  sources: NodeConfigSources,
  randomSecret: () => string,
): NodeConfigResult {
  const problems: string[] = [];
  let parsed: unknown = {};
  try {
    parsed = parse(sources.file) ?? {};
  } catch (error) {
    problems.push(`yaml: ${(error as Error).message}`);
  }
  if (!isSection(parsed)) return { ok: false, problems: ['the file is not a mapping of keys'] };
  overlay(parsed, sources, problems);
  const section = Value.Default(schema, parsed) as Section;
  problems.push(...schemaProblems(schema, section));
  if (problems.length > 0) return { ok: false, problems };
  const router = toRouterOptions(section['router'] as Section, randomSecret);
  if (router.problems.length > 0) {
    return { ok: false, problems: router.problems.map((problem) => `router.${problem}`) };
  }
  const controlPlane = toControlPlane(section);
  if ('problems' in controlPlane) return { ok: false, problems: controlPlane.problems };
  const parts = appParts(section as unknown as AppSections, controlPlane.options);
  if (typeof parts === 'string') return { ok: false, problems: [parts] };
  const logging = section['logging'] as NodeConfig['log'];
  return {
    ok: true,
    printed: stringify(section),
    config: {
      dataDir: section['data_dir'] as string,
      log: logging,
      nats: toNatsOptions(section['nats'] as NatsSection),
      router: router.options,
      controlPlane: controlPlane.options,
      ...parts,
      warnings: router.warnings,
    },
  };
}
