/**
 * The parts of `docs/` that list what code also lists. `npm run docs` writes them; a test
 * compares, so that none can go stale.
 */
import { readFileSync } from 'node:fs';
import type { TSchema } from 'typebox';
import { controlPlaneProperties } from '../../src/config/bbs-options.ts';
import { natsSchema } from '../../src/config/nats-options.ts';
import { type Flavor, routerProperties } from '../../src/config/router-schema.ts';
import { ROUTER_ERRORS } from '../../src/router/policy/router-errors.ts';
import { statusText } from '../../src/router/policy/status-text.ts';
import { renderCatalogue } from '../catalogue/render-catalogue.ts';
import { deviations } from '../golden/deviations.ts';
import { deviations as bbsDeviationList } from '../golden/diego/deviations.ts';
import { KEPT_DIFFERENCES } from '../messaging/conformance/kept-differences.ts';
import { limits } from './limits.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function errors(): string {
  const rows = Object.entries(ROUTER_ERRORS).map(([name, kind]) => [
    name,
    `${kind.status} ${statusText(kind.status)}`,
    kind.routerError === '' ? 'none' : `\`${kind.routerError}\``,
    kind.cacheControl === '' ? 'none' : `\`${kind.cacheControl}\``,
    kind.message === '' ? 'empty body' : kind.message,
    kind.counter === '' ? 'none' : `\`${kind.counter}\``,
    kind.when,
  ]);
  const head = ['name', 'status', 'X-Cf-RouterError', 'Cache-Control', 'text', 'counter', 'when'];
  return table(head, rows);
}

/** Reasons with the recorded cases that they explain. */
function goldenDeviations(): string {
  const byReason = new Map<string, string[]>();
  for (const { id, group, reason } of deviations) {
    const where = (id ?? group)?.source.replace(/[\^$()]/g, '').replaceAll('|', ', ') ?? 'any';
    byReason.set(reason, [...(byReason.get(reason) ?? []), where]);
  }
  const rows = [...byReason].map(([reason, where]) => [where.join(', '), reason]);
  return table(['recorded cases', 'difference and reason'], rows);
}

function brokerDifferences(): string {
  return table(
    ['conversation', 'reason'],
    KEPT_DIFFERENCES.map(({ name, reason }) => [name, reason]),
  );
}

interface Leaf {
  readonly path: string;
  readonly default: string;
  readonly description: string;
  readonly allowed: string;
}

function leaves(schema: TSchema, prefix: string): Leaf[] {
  const node = schema as {
    properties?: Record<string, TSchema>;
    default?: unknown;
    description?: string;
    enum?: string[];
  };
  if (node.properties !== undefined) {
    return Object.entries(node.properties).flatMap(([key, own]) =>
      leaves(own, prefix === '' ? key : `${prefix}.${key}`),
    );
  }
  return [
    {
      path: prefix,
      default: JSON.stringify(node.default ?? null),
      description: node.description ?? '',
      allowed: node.enum?.join(', ') ?? '',
    },
  ];
}

function routerLeaves(flavor: Flavor): Leaf[] {
  return Object.entries(routerProperties(flavor)).flatMap(([key, own]) => leaves(own, key));
}

function routerKeys(): string {
  const original = new Map(routerLeaves('original').map((leaf) => [leaf.path, leaf.default]));
  const rows = routerLeaves('node').map((leaf) => [
    `\`${leaf.path}\``,
    `\`${leaf.default}\``,
    `\`${original.get(leaf.path) ?? ''}\``,
    [leaf.description, leaf.allowed].filter((part) => part !== '').join(': '),
  ]);
  return table(['key', 'default of a node', 'default with `troupe gorouter`', 'meaning'], rows);
}

function natsKeys(): string {
  const rows = leaves(natsSchema, 'nats').map((leaf) => [
    `\`${leaf.path}\``,
    `\`${leaf.default}\``,
    leaf.description,
  ]);
  return table(['key', 'default', 'meaning'], rows);
}

function controlPlaneKeys(): string {
  const rows = Object.entries(controlPlaneProperties)
    .flatMap(([key, own]) => leaves(own, key))
    .map((leaf) => [
      `\`${leaf.path}\``,
      `\`${leaf.default}\``,
      [leaf.description, leaf.allowed].filter((part) => part !== '').join(': '),
    ]);
  return table(['key', 'default', 'meaning'], rows);
}

/** Why some recorded steps of the original BBS come out otherwise here. */
function bbsDeviations(): string {
  const byReason = new Map<string, string[]>();
  for (const { command, path, reason } of bbsDeviationList) {
    const where = `${command?.source ?? 'any command'}: ${path.source}`;
    byReason.set(reason, [...(byReason.get(reason) ?? []), `\`${where}\``]);
  }
  return table(
    ['where', 'difference and reason'],
    [...byReason].map(([reason, where]) => [where.join(', '), reason]),
  );
}

function limitTable(): string {
  return table(
    ['what', 'default', 'unit', 'at the limit'],
    limits().map(({ what, value, unit, then }) => [what, String(value), unit, then]),
  );
}

const SECTIONS: Readonly<Record<string, () => string>> = {
  errors,
  'golden-deviations': goldenDeviations,
  'broker-differences': brokerDifferences,
  catalogue: renderCatalogue,
  'router-keys': routerKeys,
  'nats-keys': natsKeys,
  'control-plane-keys': controlPlaneKeys,
  'bbs-deviations': bbsDeviations,
  limits: limitTable,
};

export const GENERATED_DOCS = [
  'docs/ERRORS.md',
  'docs/COMPATIBILITY.md',
  'docs/CONFIGURATION.md',
  'docs/LIMITS.md',
] as const;

/** The file with every `<!-- generated: NAME -->` … `<!-- end -->` filled anew. */
export function renderDoc(path: string): string {
  return read(path).replace(
    /<!-- generated: ([a-z-]+) -->[\s\S]*?<!-- end -->/g,
    (_all, name: string) => {
      const section = SECTIONS[name];
      if (section === undefined) throw new Error(`${path}: no generator named ${name}`);
      return `<!-- generated: ${name} -->\n${section()}\n<!-- end -->`;
    },
  );
}

export const readDoc = read;
