/** Requests and answers of the receptor, field by field (diego.md §12.2). */
import { Buffer } from 'node:buffer';
import { rootfsProviderMap } from '../bbs/cell-presence.ts';
import { resolvedOf } from '../bbs/group.ts';
import { ActualLRP, type ActualLRPGroup, PortMapping } from '../bbs/messages/actual-lrp.ts';
import { CellCapacity, type CellPresence } from '../bbs/messages/cells.ts';
import {
  ICMPInfo,
  ModificationTag,
  PortRange,
  ProtoRoutes,
  SecurityGroupRule,
} from '../bbs/messages/common.ts';
import { DesiredLRP, DesiredLRPUpdate } from '../bbs/messages/desired-lrp.ts';
import { DesireTaskRequest, TASK_STATE, Task, TaskDefinition } from '../bbs/messages/tasks.ts';
import { action, environment } from './actions.ts';
import { parseExactJson } from './exact-json.ts';
import {
  type Form,
  flag,
  int32,
  int64,
  isObject,
  type JsonObject,
  list,
  maybe,
  named,
  record,
  text,
  uint16,
  uint32,
  whenPresent,
  whenSet,
  wrong,
} from './forms.ts';

export type ReadResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string };

/** Whatever JSON the readers of a key agreed on; null stands for a key that is not there. */
const routes: Form<ProtoRoutes> = {
  read(json, place, problems) {
    if (!isObject(json)) {
      wrong(problems, place, 'an object');
      return ProtoRoutes.empty;
    }
    const given = Object.entries(json).filter(([, value]) => value !== null);
    return ProtoRoutes.create({
      routes: new Map(given.map(([key, value]) => [key, Buffer.from(JSON.stringify(value))])),
    });
  },
  write(value) {
    const shown = [...(value?.routes ?? [])].flatMap(([key, bytes]) => {
      const parsed = parseExactJson(Buffer.from(bytes).toString());
      // Others may have stored what is no JSON: it cannot be shown here.
      return parsed.ok ? [[key, parsed.value] as const] : [];
    });
    return shown.length === 0 ? undefined : Object.fromEntries(shown);
  },
};

const egressRules = list(
  record(SecurityGroupRule, {
    protocol: text,
    destinations: whenSet(list(text)),
    ports: whenSet(list(uint16)),
    port_range: whenPresent(record(PortRange, { start: uint16, end: uint16 })),
    icmp_info: whenPresent(record(ICMPInfo, { type: int32, code: int32 })),
    log: flag,
  }),
);

const modificationTag = record(ModificationTag, { epoch: text, index: uint32 });

const desiredFields = {
  process_guid: text,
  domain: text,
  rootfs: named('root_fs', text),
  instances: int32,
  env: named('environment_variables', whenSet(environment)),
  setup: action,
  action,
  monitor: action,
  start_timeout: uint32,
  disk_mb: int32,
  memory_mb: int32,
  cpu_weight: uint32,
  privileged: flag,
  ports: list(uint16),
  routes,
  log_source: text,
  log_guid: text,
  metrics_guid: text,
  annotation: whenSet(text),
  egress_rules: whenSet(egressRules),
};

const desiredRequest = record(DesiredLRP, desiredFields);
const desiredResponse = record(DesiredLRP, {
  ...desiredFields,
  modification_tag: maybe(modificationTag),
});

const updateRequest = record(DesiredLRPUpdate, { instances: int32, routes, annotation: text });

const taskFields = record(TaskDefinition, {
  action,
  annotation: whenSet(text),
  completion_callback_url: text,
  cpu_weight: uint32,
  disk_mb: int32,
  log_guid: text,
  log_source: text,
  metrics_guid: text,
  memory_mb: int32,
  result_file: text,
  rootfs: named('root_fs', text),
  privileged: flag,
  env: named('environment_variables', whenSet(environment)),
  egress_rules: whenSet(egressRules),
});
const taskNames = record(DesireTaskRequest, { task_guid: text, domain: text });

const TASK_STATE_NAMES = new Map<number, string>(
  Object.entries(TASK_STATE).map(([name, number]) => [number, name.toUpperCase()]),
);

const taskState = record(Task, {
  task_guid: text,
  domain: text,
  cell_id: text,
  created_at: int64,
  failed: flag,
  failure_reason: text,
  result: text,
});

function readBody<T>(body: string, read: (json: unknown, problems: string[]) => T): ReadResult<T> {
  const parsed = parseExactJson(body);
  if (!parsed.ok) return parsed;
  const problems: string[] = [];
  const value = read(parsed.value, problems);
  return problems.length === 0 ? { ok: true, value } : { ok: false, message: problems.join(', ') };
}

const MS_PER_SECOND = 1000n;

/** DesiredLRPCreateRequest. The start timeout is set in seconds and, as today, in milliseconds. */
export const readDesiredLrp = (body: string): ReadResult<DesiredLRP> =>
  readBody(body, (json, problems) => {
    const read = desiredRequest.read(json, '', problems);
    return { ...read, start_timeout_ms: BigInt(read.start_timeout) * MS_PER_SECOND };
  });

/** DesiredLRPUpdateRequest: what is absent stays as it is. */
export const readDesiredLrpUpdate = (body: string): ReadResult<DesiredLRPUpdate> =>
  readBody(body, (json, problems) => updateRequest.read(json, '', problems));

/** TaskCreateRequest. */
export const readTask = (body: string): ReadResult<typeof DesireTaskRequest.empty> =>
  readBody(body, (json, problems) => {
    const definition = taskFields.read(json, '', problems);
    // Read from the same object: that it is none was reported above.
    const names = taskNames.read(isObject(json) ? json : null, '', problems);
    return { ...names, task_definition: definition };
  });

export function desiredLrpJson(lrp: DesiredLRP): JsonObject {
  const seconds = Number(lrp.start_timeout_ms / MS_PER_SECOND);
  return desiredResponse.write(
    lrp.start_timeout === 0 && seconds > 0 ? { ...lrp, start_timeout: seconds } : lrp,
  );
}

export const taskJson = (task: Task): JsonObject => ({
  ...taskFields.write(task.task_definition ?? TaskDefinition.empty),
  ...taskState.write(task),
  state: TASK_STATE_NAMES.get(task.state) ?? 'INVALID',
});

const ports = list(record(PortMapping, { container_port: uint32, host_port: whenSet(uint32) }));

const STATES: ReadonlySet<string> = new Set(['UNCLAIMED', 'CLAIMED', 'RUNNING', 'CRASHED']);

const actualState = record(ActualLRP, {
  crash_count: int32,
  crash_reason: whenSet(text),
  placement_error: whenSet(text),
  since: int64,
  modification_tag: modificationTag,
});

/** One row; `isEvacuating`: it stands in the evacuating slot of its group. */
const actualLrpJson = (lrp: ActualLRP, isEvacuating: boolean): JsonObject => ({
  process_guid: lrp.actual_lrp_key.process_guid,
  instance_guid: lrp.actual_lrp_instance_key.instance_guid,
  cell_id: lrp.actual_lrp_instance_key.cell_id,
  domain: lrp.actual_lrp_key.domain,
  index: lrp.actual_lrp_key.index,
  address: lrp.actual_lrp_net_info.address,
  ports: ports.write(lrp.actual_lrp_net_info.ports.map((mapping) => mapping ?? PortMapping.empty)),
  state: STATES.has(lrp.state) ? lrp.state : 'INVALID',
  ...actualState.write(lrp),
  evacuating: isEvacuating,
});

/** The row that stands for the group (§3.11); undefined when the group is empty. */
export function groupJson(group: ActualLRPGroup | undefined): JsonObject | undefined {
  const resolved = group === undefined ? undefined : resolvedOf(group);
  return resolved === undefined
    ? undefined
    : actualLrpJson(resolved, resolved === group?.evacuating);
}

export function cellJson({ cell_id, zone, capacity, ...presence }: CellPresence): JsonObject {
  const { memory_mb, disk_mb, containers } = capacity ?? CellCapacity.empty;
  return {
    cell_id,
    zone,
    capacity: { memory_mb, disk_mb, containers },
    rootfs_providers: rootfsProviderMap(presence),
  };
}
