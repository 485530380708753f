import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { TESTED_ENGINE } from '../support/engine.ts';
import { freePorts } from '../support/free-ports.ts';
import { fillValue, type PlaceholderValues } from './fill-placeholders.ts';
import type { RouterFiles } from './router-under-test.ts';

type Config = Readonly<Record<string, unknown>>;

/** The configuration of the recorder, before the keys of a case are laid over it. */
/** Another program that is tested in the place of this router has no such key. */
const ENGINE: Config = process.env['GOLDEN_ROUTER'] === undefined ? { engine: TESTED_ENGINE } : {};

function baseConfig(files: RouterFiles, natsPort: number): Config {
  return {
    status: { port: files.ports.statusPort, user: 'user', pass: 'pass' },
    nats: { hosts: [{ hostname: '127.0.0.1', port: natsPort }] },
    logging: { level: 'info', loggregator_enabled: false },
    access_log: { file: files.accessLog },
    port: files.ports.port,
    ssl_port: files.ports.sslPort,
    index: 0,
    ...ENGINE,
    start_response_delay_interval: '0s',
    load_balancer_healthy_threshold: '0s',
  };
}

function isObject(value: unknown): value is Config {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function merge(base: Config, over: Config): Config {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isObject(below) && isObject(value) ? merge(below, value) : value;
  }
  return merged;
}

export async function createRouterFiles(): Promise<RouterFiles> {
  const directory = mkdtempSync(join(tmpdir(), 'golden-router-'));
  const [port = 0, statusPort = 0, sslPort = 0] = await freePorts(3);
  return {
    directory,
    accessLog: join(directory, 'access.log'),
    ports: { port, statusPort, sslPort },
  };
}

export function removeRouterFiles(files: RouterFiles): void {
  rmSync(files.directory, { recursive: true, force: true });
}

/** `html_error_template` is the text of a file, `__raw` the text of the whole configuration. */
export function configYaml(
  config: Config | undefined,
  files: RouterFiles,
  natsPort: number,
  values: PlaceholderValues,
): string {
  const { __raw: raw, html_error_template: template, ...keys } = config ?? {};
  if (typeof raw === 'string') return raw;
  const merged = merge(baseConfig(files, natsPort), fillValue(keys, values) as Config);
  if (typeof template !== 'string') return stringify(merged);
  const templateFile = join(files.directory, 'error.html');
  writeFileSync(templateFile, template);
  return stringify({ ...merged, html_error_template_file: templateFile });
}

/** Credentials for the status port, as the case may have set them. */
export function statusAuthorization(config: Config | undefined): string {
  const status = config?.['status'];
  const { user = 'user', pass = 'pass' } = isObject(status) ? status : {};
  return `Basic ${Buffer.from(`${user}:${pass}`).toString('base64')}`;
}

/** A segment that the router's sharding accepts, so that a probe route is not refused. */
export function acceptedSegment(config: Config | undefined): string {
  const segments = config?.['isolation_segments'];
  if (config?.['routing_table_sharding_mode'] !== 'segments' || !Array.isArray(segments)) return '';
  return String(segments[0] ?? '');
}
