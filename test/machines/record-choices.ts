/** Tasks, desired LRPs and domains, and commands for them. */
import type { DesiredLrpCommand } from '../../machines/bbs/desired-lrp.events.ts';
import { type DesiredLrpContext, desiredLrpContext } from '../../machines/bbs/desired-lrp.rules.ts';
import {
  type DomainCommand,
  type DomainContext,
  domainContext,
} from '../../machines/bbs/domain.context.ts';
import type { TaskCommand } from '../../machines/bbs/task.events.ts';
import { type TaskContext, taskContext } from '../../machines/bbs/task.rules.ts';
import { DesiredLRP, DesiredLRPUpdate } from '../../src/model/bbs/messages/desired-lrp.ts';
import { TASK_STATE, Task, TaskDefinition } from '../../src/model/bbs/messages/tasks.ts';
import { type Choices, frozen } from './choices.ts';
import type { Position } from './lifecycle-kind.ts';
import { NOW, SECOND } from './lrp-choices.ts';

const DEFINITION = TaskDefinition.create({ root_fs: 'preloaded:some-rootfs' });

const task = (fields: Partial<Task>): Task =>
  Task.create({
    task_definition: DEFINITION,
    task_guid: 'task',
    domain: 'domain',
    created_at: NOW - 60n * SECOND,
    updated_at: NOW - 30n * SECOND,
    ...fields,
  });

export const TASK_CONTEXTS: readonly TaskContext[] = [
  undefined,
  task({ state: TASK_STATE.Pending }),
  task({ state: TASK_STATE.Pending, rejection_count: 1, rejection_reason: 'full' }),
  task({ state: TASK_STATE.Running, cell_id: 'a' }),
  task({ state: TASK_STATE.Running, cell_id: 'b', rejection_count: 1 }),
  task({ state: TASK_STATE.Completed, first_completed_at: NOW - SECOND, result: 'done' }),
  task({ state: TASK_STATE.Completed, first_completed_at: NOW - SECOND, rejection_count: 1 }),
  task({ state: TASK_STATE.Resolving, first_completed_at: NOW - SECOND, failed: true }),
  task({ state: TASK_STATE.Resolving, first_completed_at: NOW - SECOND, rejection_count: 1 }),
].map((own) => frozen(taskContext(own)));

const facts = { generation: ['today', '2015'], now: [NOW] } as const;
const REASONS = ['no', 'x'.repeat(1024)];

export const TASK_CHOICES: Choices<TaskCommand> = {
  DESIRE: { ...facts, taskGuid: ['task'], domain: ['domain'], definition: [DEFINITION] },
  START: { ...facts, cellId: ['a', 'b'] },
  CANCEL: facts,
  FAIL: { ...facts, reason: REASONS },
  COMPLETE: {
    ...facts,
    cellId: ['a', 'b'],
    failed: [true, false],
    reason: REASONS,
    result: ['', '42'],
  },
  REJECT: { ...facts, reason: REASONS, maxRetries: [0, 1, 3] },
  RESOLVE: facts,
  DELETE: facts,
  EXPIRE: facts,
  LOSE_CELL: facts,
  DEMOTE: facts,
  PRUNE: facts,
};

const desired = (instances: number): DesiredLRP =>
  DesiredLRP.create({
    process_guid: 'guid',
    domain: 'domain',
    instances,
    metrics_guid: 'metrics',
    modification_tag: { epoch: 'old', index: 7 },
  });

export const DESIRED_CONTEXTS: readonly DesiredLrpContext[] = [
  undefined,
  desired(0),
  desired(2),
].map((own) => frozen(desiredLrpContext(own)));

const ROUTES = { routes: new Map([['cf-router', Buffer.from('[]')]]) };
const METRIC_TAGS = new Map([['source_id', { static: 'guid', dynamic: 0 }]]);

export const DESIRED_CHOICES: Choices<DesiredLrpCommand> = {
  DESIRE: {
    desired: [desired(0), desired(3), { ...desired(1), routes: ROUTES }],
    epoch: ['fresh'],
  },
  UPDATE: {
    update: [
      {},
      { instances: 0 },
      { instances: 2 },
      { instances: 5 },
      { routes: ROUTES },
      { instances: 1, annotation: 'new', metric_tags: METRIC_TAGS },
      { instances: 4, image_username: 'me', image_password: 'secret', routes: ROUTES },
    ].map((fields) => DesiredLRPUpdate.create(fields)),
  },
  REMOVE: {},
};

/** Time may have passed an expiry that nobody looked at since. */
export const DOMAIN_POSITIONS: readonly Position<DomainContext>[] = (
  [
    ['absent', undefined],
    ['fresh', 0n],
    ['fresh', NOW + SECOND],
    ['fresh', NOW],
    ['fresh', NOW - SECOND],
    ['expired', NOW],
    ['expired', NOW - SECOND],
  ] as const
).map(([state, expiresAt]) => ({ state, context: frozen(domainContext(expiresAt)) }));

export const DOMAIN_CHOICES: Choices<DomainCommand> = {
  UPSERT: { now: [NOW], ttlSeconds: [0, 1, 100] },
  TIME: { now: [NOW] },
  PRUNE: { now: [NOW] },
};
