/** Tells the cells what they won, and the BBS what found no place (diego.md §13.2, steps 7, 8). */
import {
  ActualLRPKey,
  ActualLRPLifecycleResponse,
  FailActualLRPRequest,
} from '../model/bbs/messages/actual-lrp.ts';
import {
  FailTaskRequest,
  RejectTaskRequest,
  TaskLifecycleResponse,
} from '../model/bbs/messages/tasks.ts';
import { forEach } from './for-each.ts';
import { AUCTIONEER_LIMITS } from './options.ts';
import {
  type LrpAuction,
  lrpIdentifier,
  type Needs,
  type TaskAuction,
} from './schedule/auction-request.ts';
import type { CellCopy } from './schedule/cell-copy.ts';
import type { FailedLrp, FailedTask, Scheduler } from './schedule/scheduler.ts';
import type { AuctioneerState } from './state.ts';

const needsJson = (needs: Needs) => ({
  PlacementTags: needs.placementTags,
  VolumeDrivers: needs.volumeDrivers,
  RootFs: needs.rootFs,
  MemoryMB: needs.memoryMb,
  DiskMB: needs.diskMb,
  MaxPids: needs.maxPids,
});

const lrpJson = (lrp: LrpAuction) => ({
  instance_guid: '',
  process_guid: lrp.processGuid,
  index: lrp.index,
  domain: lrp.domain,
  ...needsJson(lrp),
  state: '',
});

const taskJson = (task: TaskAuction) => ({
  TaskGuid: task.taskGuid,
  Domain: task.domain,
  ...needsJson(task),
  state: 'Invalid',
  failed: false,
});

/** Exactly as POST /work takes it (diego.md §13.3). */
const workJson = ({ lrps, tasks, state }: CellCopy): string =>
  JSON.stringify({
    LRPs: lrps.map(lrpJson),
    Tasks: tasks.map(taskJson),
    cell_id: state.cellId,
  });

interface Refused {
  readonly lrps: ReadonlySet<string>;
  readonly tasks: ReadonlySet<string>;
}

type Json = Readonly<Record<string, unknown>>;

const objectsOf = (value: unknown): readonly Json[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [];

/** What the cell could not take; undefined: its answer is none. */
function parseRefused(body: string): Refused | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null) return undefined;
  const { LRPs, Tasks } = json as Json;
  return {
    lrps: new Set(objectsOf(LRPs).map((lrp) => `${lrp['process_guid']}.${lrp['index'] ?? 0}`)),
    tasks: new Set(objectsOf(Tasks).map(({ TaskGuid }) => String(TaskGuid))),
  };
}

async function commitCell(state: AuctioneerState, cell: CellCopy): Promise<Refused | undefined> {
  const { log } = state.ports;
  const result = await state.work.call('POST', `${cell.repUrl}/work`, workJson(cell));
  const refused =
    result.ok && result.status === 200 ? parseRefused(result.body.toString('utf8')) : undefined;
  if (refused === undefined) {
    // Whether the cell began is not known; the convergence of the BBS repairs it.
    const error = result.ok ? `answered with ${result.status}` : result.message;
    log.error('auctioneer.auction.failed-to-commit', { 'cell-guid': cell.state.cellId, error });
  }
  return refused;
}

/** Returns how many items the cells gave back; they are added to the failed ones. */
export async function commitWork(state: AuctioneerState, scheduler: Scheduler): Promise<number> {
  const busy = scheduler.cells.filter(({ lrps, tasks }) => lrps.length + tasks.length > 0);
  let refusals = 0;
  await forEach(busy, AUCTIONEER_LIMITS.cellCalls, async (cell) => {
    const refused = await commitCell(state, cell);
    if (refused === undefined) return;
    const lrps = cell.lrps.filter((lrp) => refused.lrps.has(lrpIdentifier(lrp)));
    const tasks = cell.tasks.filter(({ taskGuid }) => refused.tasks.has(taskGuid));
    for (const lrp of lrps) scheduler.failedLrps.push({ lrp, error: '' });
    for (const task of tasks) scheduler.failedTasks.push({ task, error: '' });
    refusals += lrps.length + tasks.length;
  });
  return refusals;
}

async function failLrp({ bbs, ports: { log } }: AuctioneerState, failed: FailedLrp) {
  const { lrp, error } = failed;
  log.info('auctioneer.auction.lrp-failed-to-be-placed', {
    'lrp-guid': lrpIdentifier(lrp),
    error,
  });
  // The BBS takes no failure without a reason: such an instance waits for convergence.
  if (error === '') return;
  const { processGuid: process_guid, index, domain } = lrp;
  const answer = await bbs.invoke(
    '/v1/actual_lrps/fail',
    FailActualLRPRequest,
    ActualLRPLifecycleResponse,
    {
      actual_lrp_key: ActualLRPKey.create({ process_guid, index, domain }),
      error_message: error,
    },
  );
  const refusal = answer.ok ? answer.value.error?.message : answer.message;
  if (refusal === undefined) return;
  log.error('auctioneer.auction.failed-to-fail-lrp', { process_guid, index, error: refusal });
}

async function failTask(state: AuctioneerState, { task, error }: FailedTask): Promise<void> {
  const { bbs, options, ports } = state;
  const task_guid = task.taskGuid;
  ports.log.info('auctioneer.auction.task-failed-to-be-placed', { 'task-guid': task_guid, error });
  // As for an instance: the task stays pending, and convergence offers it again.
  if (error === '') return;
  const answer =
    options.generation === 'today'
      ? await bbs.invoke('/v1/tasks/reject', RejectTaskRequest, TaskLifecycleResponse, {
          task_guid,
          rejection_reason: error,
        })
      : await bbs.invoke('/v1/tasks/fail', FailTaskRequest, TaskLifecycleResponse, {
          task_guid,
          failure_reason: error,
        });
  const refusal = answer.ok ? answer.value.error?.message : answer.message;
  if (refusal === undefined) return;
  ports.log.error('auctioneer.auction.failed-to-reject-task', { task_guid, error: refusal });
}

/** Tells the BBS of everything that found no place. */
export async function reportFailures(state: AuctioneerState, scheduler: Scheduler): Promise<void> {
  const { failedLrps, failedTasks } = scheduler;
  state.counts.lrpAuctionsFailed += failedLrps.length;
  state.counts.taskAuctionsFailed += failedTasks.length;
  const { reports } = AUCTIONEER_LIMITS;
  await forEach(failedLrps, reports, (failed) => failLrp(state, failed));
  await forEach(failedTasks, reports, (failed) => failTask(state, failed));
}
