/**
 * The words of the tables → requests. A command is an operation, instance keys as
 * `guid@cell`, bare words, and `name=value`; `x*1024` is a text of 1024 characters.
 */
import type { JsonObject } from '../../golden/diego/message-json.ts';
import type { Generation } from './transition-row.ts';

export interface Request {
  readonly kind: 'request';
  readonly path: string;
  readonly requestType: string;
  readonly responseType: string;
  readonly message: JsonObject;
}

export type Action =
  | Request
  | { readonly kind: 'advance'; readonly seconds: number }
  /** In real time: leases of stores follow no other. */
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'register' | 'release'; readonly cell: string }
  | { readonly kind: 'converge' }
  /** From now on this peer answers 500. */
  | { readonly kind: 'fail'; readonly peer: 'auctioneer' | 'rep' }
  /** Claims and crashes index 0 until it has crashed so often. */
  | { readonly kind: 'crash_until'; readonly count: number };

export interface Guids {
  readonly process_guid: string;
  readonly task_guid: string;
}

interface Words {
  readonly operation: string;
  readonly key: JsonObject;
  readonly bare: readonly string[];
  readonly named: ReadonlyMap<string, string>;
}

function parse(command: string): Words {
  const [operation = '', ...words] = command.match(/[^\s"]+(?:"[^"]*")?/g) ?? [];
  const plain = words.filter((word) => !word.includes('='));
  const instance = plain.find((word) => word.includes('@'));
  const [instance_guid = '', cell_id = ''] = instance?.split('@') ?? [];
  const named = words
    .filter((word) => word.includes('='))
    .map((word) => {
      const position = word.indexOf('=');
      return [word.slice(0, position), wordValue(word.slice(position + 1))] as const;
    });
  return {
    operation,
    key: instance === undefined ? {} : { actual_lrp_instance_key: { instance_guid, cell_id } },
    bare: plain.filter((word) => !word.includes('@')),
    named: new Map(named),
  };
}

function wordValue(text: string): string {
  const long = /^(.)\*(\d+)$/.exec(text);
  if (long !== null) return (long[1] ?? '').repeat(Number(long[2]));
  return text.replace(/^"(.*)"$/, '$1');
}

const RUN = { run_action: { path: '/a', user: 'vcap' } };
const ROOT_FS = 'preloaded:cflinuxfs4';
const DOMAIN = 'dom';

/** Fields of today are left out of the bodies of 2015. */
const ofToday = (generation: Generation, fields: JsonObject): JsonObject =>
  generation === 'today' ? fields : {};

function lrpKey({ named }: Words, { process_guid }: Guids): JsonObject {
  const index = Number(named.get('index') ?? 0);
  return { actual_lrp_key: { process_guid, index, domain: named.get('domain') ?? DOMAIN } };
}

function netInfo({ named }: Words): JsonObject {
  const address = named.get('at') ?? '10.0.0.1';
  return { actual_lrp_net_info: { address, ports: [{ container_port: 8080, host_port: 61000 }] } };
}

function routing({ named }: Words): JsonObject {
  const routes = named.get('routes');
  const tags = named.get('tags');
  const routable = named.get('routable');
  const zone = named.get('zone');
  const [name = '', value = ''] = tags?.split(':') ?? [];
  return {
    ...(routes === undefined ? {} : { actual_lrp_internal_routes: [{ hostname: routes }] }),
    ...(tags === undefined ? {} : { metric_tags: { [name]: value } }),
    ...(routable === undefined ? {} : { Routable: routable === 'true' }),
    ...(zone === undefined ? {} : { availability_zone: zone }),
  };
}

function desiredLrp({ bare, named }: Words, { process_guid }: Guids, generation: Generation) {
  const strategy = named.get('strategy');
  return {
    desired_lrp: {
      process_guid,
      domain: DOMAIN,
      root_fs: ROOT_FS,
      instances: Number(bare[0] ?? 1),
      action: RUN,
      memory_mb: 128,
      disk_mb: 256,
      log_guid: 'log',
      ...ofToday(generation, { metric_tags: { source_id: { static: 'log' } } }),
      ...(strategy === undefined ? {} : { update_strategy: strategy }),
    },
  };
}

type Build = (words: Words, guids: Guids, generation: Generation) => JsonObject;

interface Operation {
  readonly path: string;
  /** Appended to the path today. */
  readonly version?: string;
  readonly requestType: string;
  readonly responseType: string;
  readonly build: Build;
}

const text = (words: Words): string => words.named.get('reason') ?? 'boom';
const bothKeys: Build = (words, guids) => ({ ...lrpKey(words, guids), ...words.key });

const actual = (path: string, requestType: string, build: Build, version = ''): Operation => ({
  path: `/v1/actual_lrps/${path}`,
  version,
  requestType: `${requestType}ActualLRPRequest`,
  responseType: path.startsWith('evacuate')
    ? 'EvacuationResponse'
    : path === 'remove_evacuating'
      ? 'RemoveEvacuatingActualLRPResponse'
      : 'ActualLRPLifecycleResponse',
  build,
});

const desired = (path: string, requestType: string, build: Build, version = ''): Operation => ({
  path: `/v1/desired_lrp/${path}`,
  version,
  requestType,
  responseType: 'DesiredLRPLifecycleResponse',
  build,
});

const task = (path: string, requestType: string, build: Build, version = ''): Operation => ({
  path: `/v1/tasks/${path}`,
  version,
  requestType,
  responseType: path === 'start' ? 'StartTaskResponse' : 'TaskLifecycleResponse',
  build,
});

const start: Build = (words, guids) => ({
  ...bothKeys(words, guids, 'today'),
  ...netInfo(words),
  ...routing(words),
});

const taskGuid: Build = (_words, { task_guid }) => ({ task_guid });

const OPERATIONS: Readonly<Record<string, Operation>> = {
  desire: desired('desire', 'DesireLRPRequest', desiredLrp, '.r2'),
  scale: desired('update', 'UpdateDesiredLRPRequest', ({ bare }, { process_guid }) => ({
    process_guid,
    update: { instances: Number(bare[0]) },
  })),
  remove_desired: desired('remove', 'RemoveDesiredLRPRequest', (_words, { process_guid }) => ({
    process_guid,
  })),
  claim: actual('claim', 'Claim', ({ key, named }, { process_guid }) => ({
    process_guid,
    index: Number(named.get('index') ?? 0),
    ...key,
  })),
  start: actual('start', 'Start', start, '.r1'),
  start_r0: actual('start', 'Start', start),
  crash: actual('crash', 'Crash', (words, guids) => ({
    ...bothKeys(words, guids, 'today'),
    error_message: text(words),
  })),
  fail: actual('fail', 'Fail', (words, guids) => ({
    ...lrpKey(words, guids),
    error_message: text(words),
  })),
  remove: actual('remove', 'Remove', ({ key, named }, { process_guid }) => ({
    process_guid,
    index: Number(named.get('index') ?? 0),
    ...key,
  })),
  retire: actual('retire', 'Retire', lrpKey),
  remove_evacuating: actual('remove_evacuating', 'RemoveEvacuating', bothKeys),
  evacuate_claimed: actual('evacuate_claimed', 'EvacuateClaimed', bothKeys),
  evacuate_stopped: actual('evacuate_stopped', 'EvacuateStopped', bothKeys),
  evacuate_crashed: actual('evacuate_crashed', 'EvacuateCrashed', (words, guids) => ({
    ...bothKeys(words, guids, 'today'),
    error_message: text(words),
  })),
  evacuate_running: actual(
    'evacuate_running',
    'EvacuateRunning',
    (words, guids, generation) => ({
      ...start(words, guids, generation),
      ...(generation === '2015' ? { ttl: words.named.get('ttl') ?? '600' } : {}),
    }),
    '.r1',
  ),
  desire_task: task(
    'desire',
    'DesireTaskRequest',
    (_words, { task_guid }) => ({
      task_guid,
      domain: DOMAIN,
      task_definition: { root_fs: ROOT_FS, action: RUN, memory_mb: 64, disk_mb: 32 },
    }),
    '.r2',
  ),
  start_task: task('start', 'StartTaskRequest', ({ bare }, { task_guid }) => ({
    task_guid,
    cell_id: bare[0] ?? '',
  })),
  cancel_task: task('cancel', 'TaskGuidRequest', taskGuid),
  fail_task: task('fail', 'FailTaskRequest', (words, { task_guid }) => ({
    task_guid,
    failure_reason: text(words),
  })),
  complete_task: task('complete', 'CompleteTaskRequest', (words, { task_guid }) => ({
    task_guid,
    cell_id: words.bare[0] ?? '',
    result: words.named.get('result') ?? '',
    failed: words.named.has('reason'),
    failure_reason: words.named.get('reason') ?? '',
  })),
  reject_task: task('reject', 'RejectTaskRequest', (words, { task_guid }) => ({
    task_guid,
    rejection_reason: text(words),
  })),
  resolving_task: task('resolving', 'TaskGuidRequest', taskGuid),
  delete_task: task('delete', 'TaskGuidRequest', taskGuid),
};

function controlOf({ operation, bare }: Words): Action | undefined {
  const [word = ''] = bare;
  switch (operation) {
    case 'advance':
    case 'wait':
      return { kind: operation, seconds: Number(word) };
    case 'register':
    case 'release':
      return { kind: operation, cell: word };
    case 'converge':
      return { kind: 'converge' };
    case 'auctioneer_fails':
      return { kind: 'fail', peer: 'auctioneer' };
    case 'rep_fails':
      return { kind: 'fail', peer: 'rep' };
    case 'crash_until':
      return { kind: 'crash_until', count: Number(word) };
    default:
      return undefined;
  }
}

/** Throws for a word that no command has. */
export function actionOf(command: string, guids: Guids, generation: Generation): Action {
  const words = parse(command);
  const control = controlOf(words);
  if (control !== undefined) return control;
  const operation = OPERATIONS[words.operation];
  if (operation === undefined) throw new Error(`unknown command: ${command}`);
  const { path, version = '', requestType, responseType, build } = operation;
  return {
    kind: 'request',
    path: generation === 'today' ? `${path}${version}` : path,
    requestType,
    responseType,
    message: build(words, guids, generation),
  };
}
