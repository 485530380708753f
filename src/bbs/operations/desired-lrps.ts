/** desire, update, remove (diego.md §5). */

import { createdRow } from '../../../machines/bbs/actual-lrp.rules.ts';
import type { DesiredLrpCommand } from '../../../machines/bbs/desired-lrp.events.ts';
import {
  desiredLrpLifecycle,
  desiredLrpStateOf,
} from '../../../machines/bbs/desired-lrp.machine.ts';
import {
  type DesiredLrpContext,
  desiredLrpContext,
} from '../../../machines/bbs/desired-lrp.rules.ts';
import { type BbsError, invalidRequest } from '../../model/bbs/errors.ts';
import {
  internalRoutesOf,
  sameInternalRoutes,
  sameMetricTags,
} from '../../model/bbs/internal-routes.ts';
import { ActualLRP } from '../../model/bbs/messages/actual-lrp.ts';
import type { Of } from '../../model/bbs/messages/common.ts';
import {
  DesiredLRP,
  DesiredLRPUpdate,
  type DesireLRPRequest,
  type UpdateDesiredLRPRequest,
} from '../../model/bbs/messages/desired-lrp.ts';
import type { Compare, Operation } from '../../ports/store.ts';
import { lrpStartRequest } from '../clients/auctioneer-client.ts';
import type { SlotRecords } from '../image/image.ts';
import { actualKey, desiredKey } from '../image/keys.ts';
import { NO_NOTE } from '../image/note.ts';
import { BBS_LIMITS } from '../options.ts';
import type { BbsState } from '../state.ts';
import { commandFacts } from './actual-lrps.ts';
import { commit, put, unchanged } from './commit.ts';
import { retire, stepRetire } from './lifecycle-requests.ts';

type Result = Promise<BbsError | undefined>;

interface NewRows {
  readonly indices: readonly number[];
  readonly compare: readonly Compare[];
  readonly operations: readonly Operation[];
}

/** UNCLAIMED rows for indices without an ORDINARY one. */
function newRows(state: BbsState, desired: DesiredLRP, wanted: readonly number[]): NewRows {
  const { process_guid, domain } = desired;
  const indices = wanted.filter(
    (index) => state.image.slots(process_guid, index)?.ordinary === undefined,
  );
  const operations = indices.map((index) => {
    const command = { key: { process_guid, index, domain }, ...commandFacts(state) };
    const row = createdRow(command, { state: 'UNCLAIMED' });
    return put(actualKey(process_guid, index, 'ordinary'), ActualLRP, row);
  });
  const compare = indices.map(
    (index): Compare => ({ key: actualKey(process_guid, index, 'ordinary'), modRevision: 0 }),
  );
  return { indices, compare, operations };
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_none, offset) => from + offset);

/** UNCLAIMED rows, some dozens per transaction; returns the indices that were missing. */
export async function createRows(
  state: BbsState,
  desired: DesiredLRP,
  wanted: readonly number[],
  traceId: string,
): Promise<number[]> {
  const created: number[] = [];
  for (let from = 0; from < wanted.length; from += BBS_LIMITS.transactionRows) {
    const some = wanted.slice(from, from + BBS_LIMITS.transactionRows);
    const committed = await commit(state, () => {
      const { indices, compare, operations } = newRows(state, desired, some);
      return { reply: indices, compare, operations, note: { ...NO_NOTE, traceId } };
    });
    if (!committed.ok) break;
    created.push(...committed.reply);
  }
  return created;
}

interface Stepped {
  readonly context: DesiredLrpContext;
  readonly before: DesiredLRP | undefined;
  readonly indices: readonly number[];
}

/** One step of the desired LRP, together with the first of its new rows. */
function stepDesired(state: BbsState, guid: string, command: DesiredLrpCommand, traceId: string) {
  return state.queue.run(guid, () =>
    commit<Stepped>(state, () => {
      const record = state.image.desireds.get(guid);
      const before = record?.message;
      const context = desiredLrpContext(before);
      desiredLrpLifecycle.step(desiredLrpStateOf(before), context, command);
      const { desired, outcome } = context;
      const key = desiredKey(guid);
      const own: Operation[] =
        desired === before
          ? []
          : desired === undefined
            ? [{ type: 'delete', key }]
            : [put(key, DesiredLRP, desired)];
      const first = Math.min(outcome.createTo, outcome.createFrom + BBS_LIMITS.transactionRows);
      const rows =
        desired === undefined || own.length === 0
          ? { indices: [], compare: [], operations: [] }
          : newRows(state, desired, range(outcome.createFrom, first));
      return {
        reply: { context, before, indices: rows.indices },
        compare: [unchanged(key, record), ...rows.compare],
        operations: [...own, ...rows.operations],
        note: { ...NO_NOTE, traceId },
      };
    }),
  );
}

/** Ends the rows from an index on: at once where nothing runs, else by their cells (§5.1). */
async function stopFrom(state: BbsState, guid: string, index: number, traceId: string) {
  for (const slots of state.image.slotsOf(guid)) {
    if (slots.index < index) continue;
    const row = (slots.ordinary ?? slots.suspect)?.message;
    if (row === undefined) continue;
    const key = row.actual_lrp_key;
    if (state.options.generation === '2015') {
      if (slots.ordinary !== undefined) await retire(state, { actual_lrp_key: key }, traceId);
      continue;
    }
    await stopSlots(state, slots, traceId);
  }
}

async function stopSlots(state: BbsState, slots: SlotRecords, traceId: string): Promise<void> {
  const { ordinary, suspect } = slots;
  for (const record of [ordinary, suspect]) {
    const row = record?.message;
    const cell = row && state.image.cells.get(row.actual_lrp_instance_key.cell_id);
    if (row === undefined) continue;
    if (row.state === 'CLAIMED' || row.state === 'RUNNING') {
      if (cell !== undefined) state.rep.stopLater(cell, row);
      continue;
    }
    const stepped = await stepRetire(state, row.actual_lrp_key, traceId);
    const placed = stepped.before.ordinary;
    const own = placed && state.image.cells.get(placed.actual_lrp_instance_key.cell_id);
    if (stepped.outcome.isStopWanted && placed && own) state.rep.stopLater(own, placed);
  }
}

async function finish(
  state: BbsState,
  { context, indices }: Stepped,
  traceId: string,
): Promise<void> {
  const { desired, outcome } = context;
  if (desired === undefined) return;
  const done = outcome.createFrom + BBS_LIMITS.transactionRows;
  const more = await createRows(state, desired, range(done, outcome.createTo), traceId);
  const created = [...indices, ...more];
  if (outcome.createTo > outcome.createFrom)
    state.auctioneer.requestLrps([lrpStartRequest(desired, created)]);
}

function tooMany(instances: number): BbsError | undefined {
  if (instances <= BBS_LIMITS.instances) return undefined;
  return invalidRequest(`Invalid field: instances, at most ${BBS_LIMITS.instances}`);
}

export async function desire(
  state: BbsState,
  request: Of<typeof DesireLRPRequest>,
  traceId: string,
): Result {
  const desired = request.desired_lrp ?? DesiredLRP.empty;
  const refused = tooMany(desired.instances);
  if (refused !== undefined) return refused;
  const command = { type: 'DESIRE', desired, epoch: state.newEpoch() } as const;
  const committed = await stepDesired(state, desired.process_guid, command, traceId);
  if (!committed.ok) return committed.error;
  const { error } = committed.reply.context.outcome;
  if (error === undefined) await finish(state, committed.reply, traceId);
  return error;
}

/** Tells the cells of running instances of new internal routes and tags (§5.1). */
function tellCells(
  state: BbsState,
  before: DesiredLRP,
  desired: DesiredLRP,
  given: DesiredLRPUpdate,
): void {
  const news = {
    // No routes before and none after count as changed, as in the original.
    hasRoutes:
      given.routes !== undefined &&
      (internalRoutesOf(desired) === undefined || !sameInternalRoutes(before, desired)),
    hasTags: given.metric_tags.size > 0 && !sameMetricTags(before, desired),
  };
  if (!news.hasRoutes && !news.hasTags) return;
  for (const { ordinary, suspect } of state.image.slotsOf(desired.process_guid)) {
    for (const record of [ordinary, suspect]) {
      const row = record?.message;
      if (row === undefined || (row.state !== 'CLAIMED' && row.state !== 'RUNNING')) continue;
      const cell = state.image.cells.get(row.actual_lrp_instance_key.cell_id);
      if (cell !== undefined) state.rep.updateLater(cell, row, desired, news);
    }
  }
}

async function afterUpdate(
  state: BbsState,
  stepped: Stepped,
  given: DesiredLRPUpdate,
  traceId: string,
) {
  const { before, context } = stepped;
  const { desired, outcome } = context;
  if (desired === undefined || before === undefined) return;
  await finish(state, stepped, traceId);
  if (outcome.stopFrom !== undefined) {
    await stopFrom(state, desired.process_guid, outcome.stopFrom, traceId);
  }
  if (outcome.isUpdateWanted && state.options.generation === 'today') {
    tellCells(state, before, desired, given);
  }
}

export async function update(
  state: BbsState,
  request: Of<typeof UpdateDesiredLRPRequest>,
  traceId: string,
): Result {
  const { process_guid, update: own = DesiredLRPUpdate.empty } = request;
  const refused = tooMany(own.instances ?? 0);
  if (refused !== undefined) return refused;
  const command = { type: 'UPDATE', update: own } as const;
  const committed = await stepDesired(state, process_guid, command, traceId);
  if (!committed.ok) return committed.error;
  const { outcome } = committed.reply.context;
  if (outcome.error === undefined) await afterUpdate(state, committed.reply, own, traceId);
  return outcome.error;
}

export async function removeDesired(
  state: BbsState,
  { process_guid }: { readonly process_guid: string },
  traceId: string,
): Result {
  const committed = await stepDesired(state, process_guid, { type: 'REMOVE' }, traceId);
  if (!committed.ok) return committed.error;
  const { outcome } = committed.reply.context;
  if (outcome.stopFrom !== undefined)
    await stopFrom(state, process_guid, outcome.stopFrom, traceId);
  return outcome.error;
}
