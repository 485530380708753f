import { Action, RunAction } from '../../../src/model/bbs/messages/actions.ts';
import { MetricTagValue } from '../../../src/model/bbs/messages/common.ts';
import { DesiredLRP } from '../../../src/model/bbs/messages/desired-lrp.ts';
import { TaskDefinition } from '../../../src/model/bbs/messages/tasks.ts';

const ROOT_FS = 'preloaded:cflinuxfs4';

const runAction = (): Action =>
  Action.create({ run_action: RunAction.create({ path: '/a', user: 'vcap' }) });

/** The least that is valid (diego.md §5.2). */
export const desiredLrp = (guid: string, fields: Partial<DesiredLRP> = {}): DesiredLRP =>
  DesiredLRP.create({
    process_guid: guid,
    domain: 'dom',
    root_fs: ROOT_FS,
    instances: 1,
    action: runAction(),
    memory_mb: 128,
    disk_mb: 256,
    log_guid: 'log',
    metric_tags: new Map([['source_id', MetricTagValue.create({ static: 'log' })]]),
    ...fields,
  });

/** The least that is valid (diego.md §6.2). */
export const taskDefinition = (fields: Partial<TaskDefinition> = {}): TaskDefinition =>
  TaskDefinition.create({
    root_fs: ROOT_FS,
    action: runAction(),
    memory_mb: 64,
    disk_mb: 32,
    ...fields,
  });
