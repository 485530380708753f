import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ERROR_TYPES, type ErrorType } from '../../../src/model/bbs/errors.ts';
import {
  ActualLRP,
  ActualLRPGroup,
  ActualLRPInstanceKey,
  ActualLRPKey,
} from '../../../src/model/bbs/messages/actual-lrp.ts';
import { CellCapacity, CellPresence, Provider } from '../../../src/model/bbs/messages/cells.ts';
import { DesiredLRP } from '../../../src/model/bbs/messages/desired-lrp.ts';
import { Task, TaskDefinition } from '../../../src/model/bbs/messages/tasks.ts';
import { type Started, startReceptor } from './receptor-kit.ts';

let receptor: Started;
beforeAll(async () => {
  receptor = await startReceptor();
});
afterEach(() => {
  receptor.answers.clear();
  receptor.calls.length = 0;
});
afterAll(() => receptor.stop());

const error = (type: ErrorType, message = 'why') => ({
  error: { type: ERROR_TYPES[type], message },
});

const row = ActualLRP.create({
  actual_lrp_key: ActualLRPKey.create({ process_guid: 'pg', index: 1, domain: 'd' }),
  actual_lrp_instance_key: ActualLRPInstanceKey.create({ instance_guid: 'ig', cell_id: 'c' }),
  state: 'RUNNING',
  since: 1_440_575_420_123_456_789n,
});
const group = ActualLRPGroup.create({ instance: row });

const definition = TaskDefinition.create({ root_fs: 'preloaded:x', result_file: '/r' });
const task = Task.create({ task_guid: 't', domain: 'd', state: 2, task_definition: definition });
const lrp = DesiredLRP.create({ process_guid: 'pg', domain: 'd', instances: 2 });
const cell = CellPresence.create({
  cell_id: 'c',
  zone: 'z',
  capacity: CellCapacity.create({ memory_mb: 1, disk_mb: 2, containers: 3 }),
  rootfs_providers: [Provider.create({ name: 'docker' })],
});

const P = {
  desireTask: '/v1/tasks/desire',
  tasks: '/v1/tasks/list',
  task: '/v1/tasks/get_by_task_guid',
  cancel: '/v1/tasks/cancel',
  resolving: '/v1/tasks/resolving',
  deleteTask: '/v1/tasks/delete',
  desire: '/v1/desired_lrp/desire',
  desired: '/v1/desired_lrps/list',
  desiredOne: '/v1/desired_lrps/get_by_process_guid',
  update: '/v1/desired_lrp/update',
  remove: '/v1/desired_lrp/remove',
  groups: '/v1/actual_lrp_groups/list',
  groupsOf: '/v1/actual_lrp_groups/list_by_process_guid',
  group: '/v1/actual_lrp_groups/get_by_process_guid_and_index',
  retire: '/v1/actual_lrps/retire',
  cells: '/v1/cells/list.r1',
  domains: '/v1/domains/list',
  upsert: '/v1/domains/upsert',
} as const;

type Answers = Partial<Record<keyof typeof P, object>>;
type Want = number | [status: number, json: unknown];
type Row = readonly [request: string, body: unknown, answers: Answers, want: Want];

const named = (name: string) => expect.objectContaining({ name, message: expect.any(String) });
const wrongIndex = { name: 'InvalidRequest', message: 'index not a number' };
const noTask = { name: 'TaskNotFound', message: "task with guid 't' not found" };
const noLrp = { name: 'DesiredLRPNotFound', message: "Desired LRP with guid 'pg' not found" };
const unknown = { name: 'UnknownError', message: 'why' };
const GONE = error('ResourceNotFound');
const BROKEN = error('UnknownError');

const TASK_ROWS: readonly Row[] = [
  ['POST /v1/tasks', { task_guid: 't' }, {}, 201],
  ['POST /v1/tasks', '{', {}, [400, named('InvalidJSON')]],
  ['POST /v1/tasks', '', {}, [400, named('InvalidJSON')]],
  ['POST /v1/tasks', [], {}, [400, named('InvalidJSON')]],
  ['POST /v1/tasks', { disk_mb: 'x' }, {}, [400, named('InvalidJSON')]],
  [
    'POST /v1/tasks',
    {},
    { desireTask: error('InvalidRequest') },
    [400, { name: 'InvalidTask', message: 'why' }],
  ],
  [
    'POST /v1/tasks',
    {},
    { desireTask: error('ResourceExists') },
    [409, { name: 'TaskGuidAlreadyExists', message: 'task already exists' }],
  ],
  ['POST /v1/tasks', {}, { desireTask: BROKEN }, [500, unknown]],
  ['GET /v1/tasks', undefined, { tasks: { tasks: [task] } }, [200, [expect.anything()]]],
  ['GET /v1/tasks', undefined, {}, [200, []]],
  ['GET /v1/tasks', undefined, { tasks: BROKEN }, [500, unknown]],
  [
    'GET /v1/tasks/t',
    undefined,
    { task: { task } },
    [200, expect.objectContaining({ task_guid: 't', state: 'RUNNING', rootfs: 'preloaded:x' })],
  ],
  ['GET /v1/tasks/t', undefined, { task: GONE }, [404, noTask]],
  ['GET /v1/tasks/t', undefined, { task: BROKEN }, [500, unknown]],
  ['DELETE /v1/tasks/t', undefined, {}, 200],
  ['DELETE /v1/tasks/t', undefined, { resolving: GONE }, [404, noTask]],
  [
    'DELETE /v1/tasks/t',
    undefined,
    { resolving: error('InvalidStateTransition') },
    [
      409,
      {
        name: 'TaskNotDeletable',
        message: 'This task has not been completed. Please retry when it is completed.',
      },
    ],
  ],
  ['DELETE /v1/tasks/t', undefined, { resolving: BROKEN }, [500, unknown]],
  ['DELETE /v1/tasks/t', undefined, { deleteTask: BROKEN }, [500, unknown]],
  ['POST /v1/tasks/t/cancel', undefined, {}, 200],
  ['POST /v1/tasks/t/cancel', undefined, { cancel: GONE }, [404, noTask]],
  [
    'POST /v1/tasks/t/cancel',
    undefined,
    { cancel: error('InvalidStateTransition') },
    [500, unknown],
  ],
];

const DESIRED_ROWS: readonly Row[] = [
  ['POST /v1/desired_lrps', { process_guid: 'pg' }, {}, 201],
  ['POST /v1/desired_lrps', 'null', {}, 201],
  ['POST /v1/desired_lrps', '{"routes":', {}, [400, named('InvalidJSON')]],
  ['POST /v1/desired_lrps', { action: { jump: {} } }, {}, [400, named('InvalidJSON')]],
  [
    'POST /v1/desired_lrps',
    {},
    { desire: error('InvalidRequest') },
    [400, { name: 'InvalidLRP', message: 'why' }],
  ],
  [
    'POST /v1/desired_lrps',
    { process_guid: 'pg' },
    { desire: error('ResourceExists') },
    [
      409,
      { name: 'DesiredLRPAlreadyExists', message: "Desired LRP with guid 'pg' already exists" },
    ],
  ],
  ['POST /v1/desired_lrps', {}, { desire: BROKEN }, [500, unknown]],
  [
    'GET /v1/desired_lrps',
    undefined,
    { desired: { desired_lrps: [lrp] } },
    [200, [expect.objectContaining({ process_guid: 'pg', instances: 2 })]],
  ],
  ['GET /v1/desired_lrps', undefined, { desired: BROKEN }, [500, unknown]],
  [
    'GET /v1/desired_lrps/pg',
    undefined,
    { desiredOne: { desired_lrp: lrp } },
    [200, expect.objectContaining({ process_guid: 'pg' })],
  ],
  ['GET /v1/desired_lrps/pg', undefined, { desiredOne: GONE }, [404, noLrp]],
  ['GET /v1/desired_lrps/pg', undefined, { desiredOne: BROKEN }, [500, unknown]],
  ['PUT /v1/desired_lrps/pg', { instances: 0 }, {}, 204],
  ['PUT /v1/desired_lrps/pg', '}', {}, [400, named('InvalidJSON')]],
  ['PUT /v1/desired_lrps/pg', {}, { update: GONE }, [404, noLrp]],
  [
    'PUT /v1/desired_lrps/pg',
    {},
    { update: error('InvalidRequest') },
    [400, { name: 'InvalidLRP', message: 'why' }],
  ],
  [
    'PUT /v1/desired_lrps/pg',
    {},
    { update: error('ResourceConflict') },
    [500, { name: 'ResourceConflict', message: "Desired LRP with guid 'pg' failed to update" }],
  ],
  ['DELETE /v1/desired_lrps/pg', undefined, {}, 204],
  ['DELETE /v1/desired_lrps/pg', undefined, { remove: GONE }, [404, noLrp]],
  ['DELETE /v1/desired_lrps/pg', undefined, { remove: BROKEN }, [500, unknown]],
];

const groups = { actual_lrp_groups: [group, ActualLRPGroup.empty] };
const one = expect.objectContaining({ process_guid: 'pg', index: 1, evacuating: false });
const noIndex = {
  name: 'ActualLRPIndexNotFound',
  message: "process-guid 'pg' does not exist or has no instance at index 1",
};

const OTHER_ROWS: readonly Row[] = [
  ['GET /v1/actual_lrps', undefined, { groups }, [200, [one]]],
  ['GET /v1/actual_lrps', undefined, { groups: BROKEN }, [500, unknown]],
  ['GET /v1/actual_lrps/pg', undefined, { groupsOf: groups }, [200, [one]]],
  ['GET /v1/actual_lrps/pg', undefined, {}, [200, []]],
  ['GET /v1/actual_lrps/pg/index/1', undefined, { group: { actual_lrp_group: group } }, [200, one]],
  ['GET /v1/actual_lrps/pg/index/1', undefined, { group: GONE }, [404, null]],
  ['GET /v1/actual_lrps/pg/index/x', undefined, {}, [400, wrongIndex]],
  ['GET /v1/actual_lrps/pg/index/-1', undefined, {}, [400, wrongIndex]],
  ['GET /v1/actual_lrps/pg/index/4294967296', undefined, {}, [400, wrongIndex]],
  ['GET /v1/actual_lrps/pg/index/1', undefined, { group: BROKEN }, [500, unknown]],
  ['DELETE /v1/actual_lrps/pg/index/1', undefined, { group: { actual_lrp_group: group } }, 204],
  ['DELETE /v1/actual_lrps/pg/index/1', undefined, { group: GONE }, [404, noIndex]],
  ['DELETE /v1/actual_lrps/pg/index/x', undefined, {}, [400, wrongIndex]],
  [
    'DELETE /v1/actual_lrps/pg/index/1',
    undefined,
    { group: { actual_lrp_group: group }, retire: GONE },
    [404, noIndex],
  ],
  [
    'GET /v1/cells',
    undefined,
    { cells: { cells: [cell] } },
    [
      200,
      [
        {
          cell_id: 'c',
          zone: 'z',
          capacity: { memory_mb: 1, disk_mb: 2, containers: 3 },
          rootfs_providers: { docker: [] },
        },
      ],
    ],
  ],
  ['GET /v1/cells', undefined, { cells: BROKEN }, [500, unknown]],
  ['GET /v1/domains', undefined, { domains: { domains: ['a', 'b'] } }, [200, ['a', 'b']]],
  ['PUT /v1/domains/d', undefined, {}, 204],
  [
    'PUT /v1/domains/d',
    undefined,
    { upsert: error('InvalidRequest') },
    [400, { name: 'InvalidDomain', message: 'why' }],
  ],
  ['GET /v1/nothing', undefined, {}, [404, named('InvalidRequest')]],
  [
    'GET /v1/tasks/',
    undefined,
    {},
    [400, { name: 'InvalidRequest', message: 'task_guid missing from request' }],
  ],
  ['GET /v1/tasks/%zz', undefined, {}, [400, named('InvalidRequest')]],
  ['PATCH /v1/tasks', undefined, {}, [405, named('InvalidRequest')]],
  ['HEAD /v1/tasks', undefined, {}, 405],
];

describe('the routes', () => {
  it.each([...TASK_ROWS, ...DESIRED_ROWS, ...OTHER_ROWS])(
    'case %# %s %o',
    async (request, body, answers, want) => {
      for (const [name, answer] of Object.entries(answers)) {
        receptor.answers.set(P[name as keyof typeof P], answer);
      }
      const [method = '', path = ''] = request.split(' ');
      const answered = await receptor.call(method, path, body);
      const [status, json] = Array.isArray(want) ? want : [want, undefined];
      expect([answered.status, answered.json]).toEqual([status, json]);
      if (json === undefined) expect(answered.text).toBe('');
    },
  );
});

describe('what reaches the BBS', () => {
  it.each([
    ['GET /v1/tasks?domain=a%20b', P.tasks, { domain: 'a b', cell_id: '' }],
    ['GET /v1/desired_lrps?domain=x&domain=y', P.desired, expect.objectContaining({ domain: 'x' })],
    ['GET /v1/actual_lrps', P.groups, { domain: '', cell_id: '' }],
    ['GET /v1/tasks/a%2Fb', P.task, { task_guid: 'a/b' }],
    [`GET /v1/tasks/${'g'.repeat(300)}`, P.task, { task_guid: 'g'.repeat(300) }],
    ['POST /v1/tasks/t/cancel', P.cancel, { task_guid: 't' }],
    ['GET /v1/actual_lrps/pg/index/7', P.group, { process_guid: 'pg', index: 7 }],
    ['DELETE /v1/desired_lrps/pg', P.remove, { process_guid: 'pg' }],
  ])('%s', async (request, path, fields) => {
    const [method = '', url = ''] = request.split(' ');
    await receptor.call(method, url);
    expect(receptor.calls).toEqual([{ path, fields }]);
  });

  it('resolves a task before it deletes it', async () => {
    await receptor.call('DELETE', '/v1/tasks/t');
    expect(receptor.calls.map(({ path }) => path)).toEqual([P.resolving, P.deleteTask]);
  });

  it('retires the row that was found, with its domain', async () => {
    receptor.answers.set(P.group, { actual_lrp_group: group });
    await receptor.call('DELETE', '/v1/actual_lrps/pg/index/1');
    const key = { process_guid: 'pg', index: 1, domain: 'd' };
    expect(receptor.calls[1]).toEqual({ path: P.retire, fields: { actual_lrp_key: key } });
  });

  it('tells an absent key of an update from an empty one', async () => {
    await receptor.call('PUT', '/v1/desired_lrps/pg', { instances: 0, routes: {} });
    await receptor.call('PUT', '/v1/desired_lrps/pg', { annotation: '' });
    const updates = receptor.calls.map(({ fields }) => fields['update']);
    expect(updates).toMatchObject([
      { instances: 0, annotation: undefined, routes: { routes: new Map() } },
      { instances: undefined, annotation: '', routes: undefined },
    ]);
  });

  it.each([
    [undefined, 0],
    ['max-age=120', 120],
    ['no-cache, max-age=5', 5],
    ['no-cache', 'max-age directive missing from request'],
    ['max-age=x', 'invalid-max-age-directive: max-age=x'],
    ['max-age=-1', 'invalid-max-age-directive: max-age=-1'],
    ['max-age=9999999999', 'invalid-max-age-directive: max-age=9999999999'],
  ])('a domain with Cache-Control %s', async (header, ttlOrMessage) => {
    const headers = header === undefined ? {} : { 'cache-control': header };
    const answered = await receptor.call('PUT', '/v1/domains/d', undefined, headers);
    const sent = receptor.calls.map(({ fields }) => fields);
    if (typeof ttlOrMessage === 'number') {
      expect([answered.status, sent]).toEqual([204, [{ domain: 'd', ttl: ttlOrMessage }]]);
      return;
    }
    const refused = { name: 'InvalidRequest', message: ttlOrMessage };
    expect([answered.status, answered.json, sent]).toEqual([400, refused, []]);
  });

  it('keeps times exact', async () => {
    receptor.answers.set(P.group, { actual_lrp_group: group });
    const { text } = await receptor.call('GET', '/v1/actual_lrps/pg/index/1');
    expect(text).toContain('"since":1440575420123456789');
  });
});
