/** What the load desires and runs: an app of usual size. */
import { Action, RunAction } from '../../src/model/bbs/messages/actions.ts';
import {
  ActualLRP,
  ActualLRPInstanceKey,
  ActualLRPKey,
  ActualLRPNetInfo,
  PortMapping,
} from '../../src/model/bbs/messages/actual-lrp.ts';
import {
  EnvironmentVariable,
  MetricTagValue,
  ProtoRoutes,
  SecurityGroupRule,
} from '../../src/model/bbs/messages/common.ts';
import { DesiredLRP } from '../../src/model/bbs/messages/desired-lrp.ts';

const APP_PORT = 8080;
const EGRESS = ['0.0.0.0-9.255.255.255', '11.0.0.0-169.253.255.255', '172.32.0.0-192.167.255.255'];
const VCAP_SERVICES = JSON.stringify({
  'user-provided': [{ name: 'database', credentials: { uri: 'postgres://10.0.0.5:5432/app' } }],
});

const digits = (value: number, length: number): string => String(value).padStart(length, '0');

/** As Cloud Controller makes them: guid of the app, then guid of its version. */
export const processGuidOf = (app: number): string => {
  const tail = digits(app, 12);
  return `1f0c3a52-7b8e-4b5c-9d20-${tail}-6d1e2f93-4a5b-4c6d-8e7f-${tail}`;
};

export const cellIdOf = (cell: number): string => `cell-${digits(cell, 4)}`;

const tagsOf = (app: number) =>
  ({ source_id: processGuidOf(app).slice(0, 36), app_name: `app-${app}` }) as const;

const environment = (app: number): readonly EnvironmentVariable[] =>
  Object.entries({
    VCAP_APPLICATION: JSON.stringify({ application_name: `app-${app}`, limits: { mem: 256 } }),
    VCAP_SERVICES,
    MEMORY_LIMIT: '256m',
    LANG: 'en_US.UTF-8',
    CF_INSTANCE_CERT: '/etc/cf-instance-credentials/instance.crt',
  }).map(([name, value]) => EnvironmentVariable.create({ name, value }));

const run = (path: string, args: readonly string[]) =>
  Action.create({ run_action: RunAction.create({ path, args, user: 'vcap' }) });

/** Desires `instances` of the app with this number. */
export function desiredLrp(app: number, instances: number, domain: string): DesiredLRP {
  const routes = [{ hostnames: [`app-${app}.apps.example.com`], port: APP_PORT }];
  const { source_id, app_name } = tagsOf(app);
  return DesiredLRP.create({
    process_guid: processGuidOf(app),
    domain,
    root_fs: 'preloaded:cflinuxfs4',
    instances,
    environment_variables: environment(app),
    setup: run('/tmp/lifecycle/download', ['http://files.internal/droplets/', source_id]),
    action: run('/tmp/lifecycle/launcher', ['app', 'bundle exec rackup -p $PORT', '']),
    monitor: run('/tmp/lifecycle/healthcheck', ['-port=8080', '-timeout=1s']),
    disk_mb: 1024,
    memory_mb: 256,
    cpu_weight: 25,
    ports: [APP_PORT],
    routes: ProtoRoutes.create({
      routes: new Map([['cf-router', Buffer.from(JSON.stringify(routes))]]),
    }),
    log_source: 'APP/PROC/WEB',
    log_guid: source_id,
    metrics_guid: source_id,
    egress_rules: EGRESS.map((destination) =>
      SecurityGroupRule.create({ protocol: 'all', destinations: [destination] }),
    ),
    start_timeout_ms: 60_000n,
    max_pids: 1024,
    metric_tags: new Map([
      ['source_id', MetricTagValue.create({ static: source_id })],
      ['app_name', MetricTagValue.create({ static: app_name })],
    ]),
  });
}

export const lrpKey = (app: number, index: number, domain: string): ActualLRPKey =>
  ActualLRPKey.create({ process_guid: processGuidOf(app), index, domain });

export const instanceKey = (app: number, index: number, cell: number): ActualLRPInstanceKey =>
  ActualLRPInstanceKey.create({
    instance_guid: `9a7b5c3d-${digits(index, 4)}-4e2f-8a1b-${digits(app, 12)}`,
    cell_id: cellIdOf(cell),
  });

/** `version`: a container that started again has another port on its host. */
export const netInfo = (app: number, version: number): ActualLRPNetInfo =>
  ActualLRPNetInfo.create({
    address: `10.1.${(app >> 8) & 255}.${app & 255}`,
    instance_address: `10.255.${(app >> 8) & 255}.${app & 255}`,
    ports: [
      PortMapping.create({ container_port: APP_PORT, host_port: 61_000 + version }),
      PortMapping.create({ container_port: 2222, host_port: 62_000 + version }),
    ],
  });

export const metricTags = (app: number): ReadonlyMap<string, string> =>
  new Map(Object.entries(tagsOf(app)));

export const runningLrp = (
  app: number,
  index: number,
  cell: number,
  domain: string,
  since: bigint,
): ActualLRP =>
  ActualLRP.create({
    actual_lrp_key: lrpKey(app, index, domain),
    actual_lrp_instance_key: instanceKey(app, index, cell),
    actual_lrp_net_info: netInfo(app, index),
    state: 'RUNNING',
    since,
    modification_tag: {
      epoch: `3c1d5e7f-${digits(index, 4)}-4b6a-9c8d-${digits(app, 12)}`,
      index: 2,
    },
    metric_tags: metricTags(app),
    routable: true,
    availability_zone: 'z1',
  });
