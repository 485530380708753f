/** `troupe push DIR`: from a directory to a running app. */
import { statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import {
  type AppAnnotation,
  appNameFrom,
  type HealthCheck,
  isAppName,
  versionsOf,
} from './app-model.ts';
import { upsertDomain } from './bbs-calls.ts';
import { START_TIMEOUT_MS } from './desired-lrp.ts';
import { type DetectedApp, detectApp } from './detect-app.ts';
import { failed, wrongUse } from './failure.ts';
import { uploadDroplet } from './file-server-calls.ts';
import { findApp, urlsOf } from './find-app.ts';
import { bytesText, parseCount, parseDurationMs, parseMegabytes } from './format.ts';
import { packDroplet } from './pack-droplet.ts';
import { rollOver } from './roll-over.ts';
import type { NodeFlags, Session } from './session.ts';
import { stageDroplet } from './stage-droplet.ts';

export interface PushFlags extends NodeFlags {
  readonly name?: string;
  readonly command?: string;
  readonly instances?: string;
  readonly memory?: string;
  readonly healthCheck?: string;
  readonly route: readonly string[];
  readonly timeout?: string;
}

const MAX_INSTANCES = 1000;
const DEFAULT_MEMORY_MB = 256;
const MAX_COMMAND_CHARACTERS = 4096;
const MAX_ROUTES = 50;
const HOSTNAME =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** Beyond the start timeout of the cell: to find a place, to download, to route. */
const MARGIN_MS = 60_000;

/** Given by the user; undefined: as before, or the default. */
interface Wishes {
  readonly name: string;
  readonly command: string | undefined;
  readonly instances: number | undefined;
  readonly memoryMb: number | undefined;
  readonly healthCheck: HealthCheck | undefined;
  readonly routes: readonly string[];
  readonly timeoutMs: number;
}

const HEALTH_CHECKS: ReadonlyMap<string, HealthCheck> = new Map(
  Object.entries({
    port: { type: 'port' },
    process: { type: 'none' },
    http: { type: 'http', path: '/' },
  } as const),
);

function parseHealthCheck(text: string): HealthCheck {
  const known = HEALTH_CHECKS.get(text);
  if (known !== undefined) return known;
  const path = /^http:(\/\S*)$/.exec(text)?.[1];
  if (path !== undefined) return { type: 'http', path };
  throw wrongUse(`--health-check ${text}: port, process, http or http:/path is wanted`);
}

function nameOf(directory: string, given: string | undefined): string {
  const name = given ?? appNameFrom(basename(directory));
  const advice = 'use small letters, digits and dashes: --name my-app';
  if (name === undefined) throw wrongUse(`no name can be made of ${directory}`, advice);
  if (!isAppName(name)) throw wrongUse(`${name} cannot be the name of an app`, advice);
  return name;
}

export function parseInstances(text: string): number {
  const instances = parseCount(text, 0, MAX_INSTANCES);
  if (instances !== undefined) return instances;
  throw wrongUse(`${text} is no number of instances from 0 to ${MAX_INSTANCES}`);
}

export function parseMemory(text: string): number {
  const memoryMb = parseMegabytes(text);
  if (memoryMb !== undefined) return memoryMb;
  throw wrongUse(`${text} is no amount of memory; write 256M or 1G`);
}

export function parseTimeout(text: string): number {
  const timeoutMs = parseDurationMs(text);
  if (timeoutMs !== undefined) return timeoutMs;
  throw wrongUse(`${text} is no time; write 90s or 5m`);
}

export const START_WAIT_MS = START_TIMEOUT_MS + MARGIN_MS;

function wishesOf(directory: string, flags: PushFlags): Wishes {
  const { command, instances, memory, healthCheck, route, timeout } = flags;
  if (command !== undefined && command.length > MAX_COMMAND_CHARACTERS) {
    throw wrongUse(`the command is longer than ${MAX_COMMAND_CHARACTERS} characters`);
  }
  const routes = route.map((own) => own.toLowerCase());
  const wrong = routes.find((own) => !HOSTNAME.test(own));
  if (wrong !== undefined) throw wrongUse(`--route ${wrong}: a host name is wanted`);
  if (routes.length > MAX_ROUTES) throw wrongUse(`there are more than ${MAX_ROUTES} routes`);
  const count = instances === undefined ? undefined : parseInstances(instances);
  if (count === 0) throw wrongUse('an app is pushed with at least one instance');
  return {
    name: nameOf(directory, flags.name),
    command,
    instances: count,
    memoryMb: memory === undefined ? undefined : parseMemory(memory),
    healthCheck: healthCheck === undefined ? undefined : parseHealthCheck(healthCheck),
    routes,
    timeoutMs: timeout === undefined ? START_WAIT_MS : parseTimeout(timeout),
  };
}

function demandDirectory(path: string): string {
  const directory = resolve(path);
  const info = statSync(directory, { throwIfNoEntry: false });
  if (info?.isDirectory() === true) return directory;
  throw wrongUse(`${path} is no directory`, 'name the directory of the app: troupe push DIR');
}

function demandDetected(directory: string, command: string | undefined): DetectedApp {
  const detection = detectApp(directory, command);
  if (detection.ok) return detection.app;
  throw failed(`${directory}: ${detection.problem}`, 'say how it starts: --command "…"');
}

const DROPLET_NAME_CHARACTERS = 16;

/** Packs, uploads, and fetches dependencies where that is needed. */
export async function makeDroplet(
  session: Session,
  directory: string,
  app: string,
  detected: DetectedApp,
): Promise<AppAnnotation['droplet']> {
  const { out } = session;
  let packed: Awaited<ReturnType<typeof packDroplet>>;
  try {
    packed = await packDroplet(directory, detected.extras);
  } catch (error) {
    throw failed(`${directory} cannot be packed: ${(error as Error).message}`);
  }
  try {
    const suffix = packed.sha256.slice(0, DROPLET_NAME_CHARACTERS);
    const name = `${app}-${suffix}.tgz`;
    out.progress(`Uploading ${packed.files} files (${bytesText(packed.bytes)})`);
    await uploadDroplet(session, name, packed);
    const source = { name, sha256: packed.sha256 };
    if (detected.stage === undefined) return source;
    return await stageDroplet(session, app, source, detected.stage);
  } finally {
    await packed.dispose();
  }
}

function routesOf(session: Session, { name, routes }: Wishes, before: readonly string[]): string[] {
  const own = `${name}.${session.node.domain}`;
  return [...new Set([own, ...(routes.length === 0 ? before : routes)])];
}

/** `troupe push DIR` */
export async function push(session: Session, path: string, flags: PushFlags): Promise<void> {
  const { out, clock } = session;
  const directory = demandDirectory(path);
  const wishes = wishesOf(directory, flags);
  const { name } = wishes;
  const before = await findApp(session, name);
  const old = before?.current.annotation;
  const detected = demandDetected(directory, wishes.command);
  out.progress(`Pushing ${name} (${detected.kind}): ${detected.command}`);
  await upsertDomain(session);
  const droplet = await makeDroplet(session, directory, name, detected);
  const instances = wishes.instances ?? old?.instances ?? 1;
  const annotation: AppAnnotation = {
    app: name,
    version: (old?.version ?? 0) + 1,
    pushed_at: Math.trunc(clock.wallMs()),
    command: detected.command,
    droplet,
    instances,
    memory_mb: wishes.memoryMb ?? old?.memory_mb ?? DEFAULT_MEMORY_MB,
    health_check: wishes.healthCheck ?? old?.health_check ?? { type: 'port' },
    routes: routesOf(session, wishes, old?.routes ?? []),
  };
  out.progress(before === undefined ? `Starting ${name}` : `Replacing ${name}`);
  const processGuid = await rollOver(session, {
    annotation,
    instances,
    older: before === undefined ? [] : versionsOf(before),
    timeoutMs: wishes.timeoutMs,
    surge: instances,
  });
  const app = { name, current: { processGuid, instances, annotation }, older: [] };
  const urls = urlsOf(app, session);
  if (out.isJson) out.json({ ...annotation, process_guid: processGuid, urls });
  else out.line(`${out.paint('Up:', 'green')} ${urls.join('  ')}`);
}
