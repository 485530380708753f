/** From an app's version to what the BBS is asked to keep running (diego.md §2.3). Pure. */
import { Action, DownloadAction, RunAction } from '../../model/bbs/messages/actions.ts';
import {
  Check,
  CheckDefinition,
  EnvironmentVariable,
  HTTPCheck,
  MetricTagValue,
  ProtoRoutes,
  TCPCheck,
} from '../../model/bbs/messages/common.ts';
import { DesiredLRP } from '../../model/bbs/messages/desired-lrp.ts';
import { type AppAnnotation, DOMAIN, type HealthCheck } from './app-model.ts';

/** The port that stands in routes and checks; the cell maps it to one of its own. */
const CONTAINER_PORT = 8080;
const USER = 'vcap';
export const ROOT_FS = 'preloaded:cflinuxfs4';
export const DISK_MB = 1024;
export const START_TIMEOUT_MS = 60_000;

export const downloadOf = (
  { name, sha256 }: AppAnnotation['droplet'],
  fileServerUrl: string,
  to: string,
): Action =>
  Action.create({
    download_action: DownloadAction.create({
      artifact: 'droplet',
      from: `${fileServerUrl}/v1/droplets/${name}`,
      to,
      log_source: 'CELL',
      user: USER,
      checksum_algorithm: 'sha256',
      checksum_value: sha256,
    }),
  });

export const runOf = (command: string, dir: string, log_source: string): Action =>
  Action.create({
    run_action: RunAction.create({
      path: '/bin/sh',
      args: ['-c', command],
      dir,
      user: USER,
      log_source,
    }),
  });

function checksOf(check: HealthCheck): CheckDefinition | undefined {
  if (check.type === 'none') return undefined;
  const port = CONTAINER_PORT;
  const own =
    check.type === 'port'
      ? Check.create({ tcp_check: TCPCheck.create({ port }) })
      : Check.create({ http_check: HTTPCheck.create({ port, path: check.path }) });
  return CheckDefinition.create({ checks: [own], log_source: 'HEALTH' });
}

const variable = (name: string, value: string) => EnvironmentVariable.create({ name, value });

/** What apps of Cloud Foundry read about themselves. */
export const environmentOf = (own: AppAnnotation, processGuid: string): EnvironmentVariable[] => [
  variable(
    'VCAP_APPLICATION',
    JSON.stringify({
      application_id: own.app,
      application_name: own.app,
      application_uris: own.routes,
      name: own.app,
      uris: own.routes,
      process_id: processGuid,
      process_type: 'web',
      application_version: String(own.version),
      version: String(own.version),
      limits: { mem: own.memory_mb, disk: DISK_MB, fds: 16_384 },
    }),
  ),
  variable('VCAP_SERVICES', '{}'),
];

const routesOf = (hostnames: readonly string[]): ProtoRoutes =>
  ProtoRoutes.create({
    routes: new Map([
      ['cf-router', Buffer.from(JSON.stringify([{ hostnames, port: CONTAINER_PORT }]))],
    ]),
  });

export function desiredLrpOf(
  own: AppAnnotation,
  processGuid: string,
  instances: number,
  fileServerUrl: string,
): DesiredLRP {
  return DesiredLRP.create({
    process_guid: processGuid,
    domain: DOMAIN,
    root_fs: ROOT_FS,
    instances,
    environment_variables: environmentOf(own, processGuid),
    setup: downloadOf(own.droplet, fileServerUrl, '.'),
    action: runOf(own.command, '.', 'APP'),
    check_definition: checksOf(own.health_check),
    start_timeout_ms: BigInt(START_TIMEOUT_MS),
    disk_mb: DISK_MB,
    memory_mb: own.memory_mb,
    ports: [CONTAINER_PORT],
    routes: routesOf(own.routes),
    log_source: 'CELL',
    log_guid: own.app,
    metric_tags: new Map([['source_id', MetricTagValue.create({ static: own.app })]]),
    annotation: JSON.stringify(own),
  });
}
