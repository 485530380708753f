import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Action } from '../../../src/model/bbs/messages/actions.ts';
import { ProtoRoutes } from '../../../src/model/bbs/messages/common.ts';
import { DesiredLRP } from '../../../src/model/bbs/messages/desired-lrp.ts';
import { DesireTaskRequest, Task } from '../../../src/model/bbs/messages/tasks.ts';
import { decode } from '../../../src/model/protobuf/decode.ts';
import { encode } from '../../../src/model/protobuf/encode.ts';
import { MAX_ACTION_DEPTH } from '../../../src/model/receptor/actions.ts';
import { MAX_JSON_DEPTH, parseExactJson } from '../../../src/model/receptor/exact-json.ts';
import {
  desiredLrpJson,
  readDesiredLrp,
  readDesiredLrpUpdate,
  readTask,
  taskJson,
} from '../../../src/model/receptor/resources.ts';

const ACTIONS = {
  serial: {
    actions: [
      { download: { artifact: 'a', from: 'http://f', to: '/t', cache_key: 'k', user: 'u' } },
      { upload: { artifact: 'b', from: '/f', to: 'http://t', user: 'u' } },
      {
        run: {
          path: '/bin/sh',
          args: ['-c', 'true'],
          dir: '/',
          env: [{ name: 'A', value: 'B' }],
          resource_limits: { nofile: 1024 },
          user: 'vcap',
          log_source: 'APP',
        },
      },
      {
        timeout: {
          action: { try: { action: { run: { path: 'x', user: 'u', resource_limits: {} } } } },
          timeout: 1_500_000,
        },
      },
      {
        emit_progress: {
          action: { parallel: { actions: [], log_source: 'p' } },
          start_message: 's',
          success_message: 'ok',
          failure_message_prefix: 'no',
        },
      },
      { codependent: { actions: [{ run: { path: 'y', user: 'u', resource_limits: {} } }] } },
    ],
  },
};

const LRP = {
  process_guid: 'pg',
  domain: 'd',
  rootfs: 'preloaded:cflinuxfs2',
  instances: 2,
  env: [{ name: 'N', value: 'V' }],
  setup: ACTIONS,
  action: { run: { path: 'p', user: 'u', resource_limits: {} } },
  monitor: { run: { path: 'm', user: 'u', resource_limits: { nofile: 0 } } },
  start_timeout: 60,
  disk_mb: 1,
  memory_mb: 2,
  cpu_weight: 3,
  privileged: true,
  ports: [8080, 2222],
  routes: { 'cf-router': [{ hostnames: ['a.b'], port: 8080 }] },
  log_source: 'ls',
  log_guid: 'lg',
  metrics_guid: 'mg',
  annotation: 'note',
  egress_rules: [
    {
      protocol: 'tcp',
      destinations: ['0.0.0.0/0'],
      port_range: { start: 1, end: 1024 },
      log: true,
    },
    { protocol: 'udp', destinations: ['1.1.1.1'], ports: [53], log: false },
    { protocol: 'icmp', destinations: ['1.1.1.1'], icmp_info: { type: 0, code: -1 }, log: false },
  ],
};

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('a desired LRP', () => {
  it('is the same after reading, the wire and writing', () => {
    const read = readDesiredLrp(JSON.stringify(LRP));
    if (!read.ok) throw new Error(read.message);
    const again = decode(DesiredLRP, encode(DesiredLRP, read.value));
    expect(plain(desiredLrpJson(again))).toEqual({ ...LRP, modification_tag: null });
  });

  it('has its times in the units of both eras', () => {
    const read = readDesiredLrp(JSON.stringify(LRP));
    const value = read.ok ? read.value : undefined;
    expect([value?.start_timeout, value?.start_timeout_ms]).toEqual([60, 60_000n]);
    const timeout = value?.setup?.serial_action?.actions[3]?.timeout_action;
    expect([timeout?.timeout, timeout?.timeout_ms]).toEqual([1_500_000n, 2n]);
  });

  it('shows times that were given in milliseconds only', () => {
    const action = Action.create({
      timeout_action: { action: undefined, timeout: 0n, timeout_ms: 3n, log_source: '' },
    });
    const json = desiredLrpJson(DesiredLRP.create({ start_timeout_ms: 7000n, action }));
    expect(plain(json)).toMatchObject({
      start_timeout: 7,
      action: { timeout: { timeout: 3_000_000 } },
    });
  });

  it('keeps the numbers of routes as they were written', () => {
    const routes = '{"r":{"big":12345678901234567890,"float":1.0,"e":1e3}}';
    const read = readDesiredLrp(`{"routes":${routes}}`);
    const value = read.ok ? read.value : DesiredLRP.empty;
    const bytes = value.routes?.routes.get('r') ?? new Uint8Array();
    expect(Buffer.from(bytes).toString()).toBe('{"big":12345678901234567890,"float":1.0,"e":1e3}');
    expect(JSON.stringify(desiredLrpJson(value))).toContain(`"routes":${routes}`);
  });

  it('leaves out routes that are no JSON', () => {
    const routes = ProtoRoutes.create({
      routes: new Map([
        ['bad', Buffer.from('{')],
        ['good', Buffer.from(' [ 1 ] ')],
      ]),
    });
    expect(plain(desiredLrpJson(DesiredLRP.create({ routes })))).toMatchObject({
      routes: { good: [1] },
    });
  });

  it.each([
    ['{"instances":"1"}', 'instances is not a whole number'],
    ['{"instances":1.0}', 'instances is not a whole number'],
    ['{"instances":2147483648}', 'instances is not a whole number'],
    ['{"cpu_weight":-1}', 'cpu_weight is not a positive whole number'],
    ['{"ports":[80,65536]}', 'ports[1] is not a port number'],
    ['{"ports":80}', 'ports is not a list'],
    ['{"privileged":1}', 'privileged is not true or false'],
    ['{"env":[{"name":1}]}', 'env[0].name is not a string'],
    ['{"routes":[]}', 'routes is not an object'],
    ['{"routes":1.0}', 'routes is not an object'],
    ['{"action":[]}', 'action is not an action'],
    ['{"action":{"run":{"path":1}}}', 'action.run.path is not a string'],
    ['{"action":{"run":{"resource_limits":{"nofile":-1}}}}', 'nofile is not a positive'],
    ['{"action":{"timeout":{"timeout":1.5}}}', 'timeout is not a whole number of 64 bits'],
    ['{"action":{"timeout":{"timeout":9223372036854775808}}}', 'is not a whole number of 64 bits'],
    ['{"action":{"run":{},"try":{}}}', 'action must have one key'],
    ['{"action":{"constructor":{}}}', 'action must have one key'],
    ['{"egress_rules":[{"icmp_info":7}]}', 'egress_rules[0].icmp_info is not an object'],
    ['[]', 'the body is not an object'],
    ['"x"', 'the body is not an object'],
    ['{"a":1', 'JSON'],
  ])('%s is refused', (body, message) => {
    const read = readDesiredLrp(body);
    expect(read.ok ? '' : read.message).toContain(message);
  });

  it('reports everything that is wrong at once', () => {
    const read = readDesiredLrp('{"instances":"1","ports":[-1],"domain":7}');
    const all = 'domain is not a string, instances is not a whole number, ports[0] is not a port';
    expect(read.ok ? '' : read.message).toContain(all);
  });

  it('takes actions to a depth that the wire takes too', () => {
    const nest = (depth: number): object =>
      depth === 1 ? { run: {} } : { try: { action: nest(depth - 1) } };
    const body = (depth: number) => JSON.stringify({ action: nest(depth) });
    const read = readDesiredLrp(body(MAX_ACTION_DEPTH));
    if (!read.ok) throw new Error(read.message);
    expect(decode(DesiredLRP, encode(DesiredLRP, read.value))).toEqual(read.value);
    expect(readDesiredLrp(body(MAX_ACTION_DEPTH + 1))).toMatchObject({ ok: false });
  });
});

describe('an update', () => {
  it('knows what is absent', () => {
    expect(readDesiredLrpUpdate('{"instances":null}')).toMatchObject({
      ok: true,
      value: { instances: undefined, routes: undefined, annotation: undefined },
    });
  });
});

describe('a task', () => {
  const TASK = {
    task_guid: 't',
    domain: 'd',
    rootfs: 'r:s',
    action: ACTIONS,
    annotation: 'a',
    completion_callback_url: 'http://c',
    cpu_weight: 1,
    disk_mb: 2,
    memory_mb: 3,
    log_guid: 'lg',
    log_source: 'ls',
    metrics_guid: 'mg',
    result_file: '/r',
    privileged: true,
    env: [{ name: 'N', value: 'V' }],
    egress_rules: [{ protocol: 'all', destinations: ['1.1.1.1'], log: false }],
  };

  it('is the same after reading, the wire and writing', () => {
    const read = readTask(JSON.stringify(TASK));
    if (!read.ok) throw new Error(read.message);
    const sent = decode(DesireTaskRequest, encode(DesireTaskRequest, read.value));
    const task = Task.create({
      ...sent,
      state: 4,
      cell_id: 'c',
      created_at: 1_440_575_420_123_456_789n,
      failed: true,
      failure_reason: 'f',
      result: 'r',
    });
    const text = JSON.stringify(taskJson(task));
    expect(text).toContain('"created_at":1440575420123456789');
    expect({ ...(JSON.parse(text) as object), created_at: 0 }).toEqual({
      ...TASK,
      cell_id: 'c',
      created_at: 0,
      failed: true,
      failure_reason: 'f',
      result: 'r',
      state: 'RESOLVING',
    });
  });

  it.each([
    [0, 'INVALID'],
    [1, 'PENDING'],
    [3, 'COMPLETED'],
    [9, 'INVALID'],
  ])('in state %i is %s', (state, name) => {
    expect(taskJson(Task.create({ state }))['state']).toBe(name);
  });

  it('names the body once when it is no object', () => {
    expect(readTask('[]')).toEqual({ ok: false, message: 'the body is not an object' });
  });
});

describe('JSON', () => {
  it('may not be nested more deeply than both directions can take', () => {
    const nest = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(parseExactJson(nest(MAX_JSON_DEPTH)).ok).toBe(true);
    expect(parseExactJson(nest(MAX_JSON_DEPTH + 1)).ok).toBe(false);
    expect(parseExactJson('['.repeat(2_000_000)).ok).toBe(false);
    expect(parseExactJson(`"${'['.repeat(1000)}\\"${'['.repeat(1000)}"`).ok).toBe(true);
  });

  it('of any kind is read without an exception', () => {
    const bodies = fc.oneof(
      fc.json(),
      fc.json().map((json) => `{"action":${json},"routes":${json},"ports":${json}}`),
      fc.string(),
    );
    fc.assert(
      fc.property(bodies, (body) => {
        const read = readDesiredLrp(body);
        if (read.ok) JSON.stringify(desiredLrpJson(read.value));
        readTask(body);
        readDesiredLrpUpdate(body);
      }),
    );
  });
});
