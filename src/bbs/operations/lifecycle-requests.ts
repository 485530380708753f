/** claim, start, crash, fail, remove, retire (diego.md §3.1–3.7). */
import type { LrpContext } from '../../../machines/bbs/lrp.context.ts';
import { type BbsError, bbsError } from '../../model/bbs/errors.ts';
import {
  ActualLRPInstanceKey,
  ActualLRPKey,
  ActualLRPNetInfo,
  type ClaimActualLRPRequest,
  type CrashActualLRPRequest,
  type FailActualLRPRequest,
  type RemoveActualLRPRequest,
  type RetireActualLRPRequest,
  type StartActualLRPRequest,
} from '../../model/bbs/messages/actual-lrp.ts';
import type { Of } from '../../model/bbs/messages/common.ts';
import { lrpStartRequest } from '../clients/auctioneer-client.ts';
import { BBS_LIMITS } from '../options.ts';
import type { BbsState } from '../state.ts';
import { commandFacts, type Stepped, stepActual, stepOrdinary, stepSlots } from './actual-lrps.ts';

type Result = Promise<BbsError | undefined>;
const keyOf = (key: ActualLRPKey | undefined): ActualLRPKey => key ?? ActualLRPKey.empty;
const instanceKeyOf = (key: ActualLRPInstanceKey | undefined): ActualLRPInstanceKey =>
  key ?? ActualLRPInstanceKey.empty;

/**
 * A new place for one index. `unwanted`: nobody desires the process any more. Only in 2015 was
 * the auctioneer's word waited for, and its failure an answer (§3.3, §4.1).
 */
export async function requestAuction(
  state: BbsState,
  guid: string,
  index: number,
): Promise<'requested' | 'unwanted' | 'failed'> {
  const desired = state.image.desireds.get(guid)?.message;
  if (desired === undefined) return 'unwanted';
  const requests = [lrpStartRequest(desired, [index])];
  if (state.options.generation === '2015') {
    return (await state.auctioneer.requestLrpsNow(requests)) ? 'requested' : 'failed';
  }
  state.auctioneer.requestLrps(requests);
  return 'requested';
}

export async function claim(state: BbsState, request: Of<typeof ClaimActualLRPRequest>): Result {
  const { process_guid, index, actual_lrp_instance_key } = request;
  const { error } = await stepActual(state, process_guid, index, {
    type: 'CLAIM',
    // A claim names no domain (§3.1).
    key: { process_guid, index, domain: '' },
    instanceKey: instanceKeyOf(actual_lrp_instance_key),
  });
  return error;
}

export async function start(state: BbsState, request: Of<typeof StartActualLRPRequest>): Result {
  const key = keyOf(request.actual_lrp_key);
  const { error } = await stepActual(state, key.process_guid, key.index, {
    type: 'START',
    key,
    instanceKey: instanceKeyOf(request.actual_lrp_instance_key),
    netInfo: request.actual_lrp_net_info ?? ActualLRPNetInfo.empty,
    internalRoutes: request.actual_lrp_internal_routes,
    metricTags: request.metric_tags,
    routable: request.Routable ?? true,
    availabilityZone: request.availability_zone,
  });
  return error;
}

/** After a crash that restarts at once (§3.3). */
async function afterCrash(state: BbsState, { outcome, after }: Stepped, key: ActualLRPKey): Result {
  if (!outcome.isAuctionWanted || after.ordinary === undefined) return undefined;
  const { process_guid, index } = key;
  const auction = await requestAuction(state, process_guid, index);
  if (auction === 'requested') return undefined;
  if (auction === 'failed') return bbsError('UnknownError');
  if (state.options.generation === 'today') return bbsError('ResourceNotFound');
  await stepActual(state, process_guid, index, { type: 'REMOVE', key, instanceKey: undefined });
  return undefined;
}

export async function crash(state: BbsState, request: Of<typeof CrashActualLRPRequest>): Result {
  const key = keyOf(request.actual_lrp_key);
  const instanceKey = instanceKeyOf(request.actual_lrp_instance_key);
  const reason = request.error_message;
  const stepped = await stepActual(
    state,
    key.process_guid,
    key.index,
    { type: 'CRASH', key, instanceKey, reason },
    { crashText: reason },
  );
  return stepped.error ?? (await afterCrash(state, stepped, key));
}

export async function fail(state: BbsState, request: Of<typeof FailActualLRPRequest>): Result {
  const key = keyOf(request.actual_lrp_key);
  const reason = request.error_message;
  const { error } = await stepActual(
    state,
    key.process_guid,
    key.index,
    { type: 'FAIL', key, reason },
    { placementText: reason },
  );
  return error;
}

export async function remove(state: BbsState, request: Of<typeof RemoveActualLRPRequest>): Result {
  const { process_guid, index, actual_lrp_instance_key: instanceKey } = request;
  const { error } = await stepActual(state, process_guid, index, {
    type: 'REMOVE',
    key: { process_guid, index, domain: '' },
    instanceKey,
  });
  return error;
}

async function stopOnCell(state: BbsState, { before }: Stepped): Result {
  const row = before.ordinary;
  const cell = row && state.image.cells.get(row.actual_lrp_instance_key.cell_id);
  if (row === undefined || cell === undefined) return bbsError('ResourceNotFound');
  let message = '';
  for (let attempt = 0; attempt < BBS_LIMITS.stopAttempts; attempt += 1) {
    const result = await state.rep.stop(cell, row);
    if (result.ok && result.status < 300) return undefined;
    message = result.ok ? `http error: status code ${result.status}` : result.message;
  }
  if (state.options.generation === '2015') return bbsError('ActualLRPCannotBeStopped');
  return { type: 'UnknownError', message };
}

/** Decides on the row as it is then: another cell may have it by now (§3.7). */
export function stepRetire(state: BbsState, key: ActualLRPKey, traceId: string): Promise<Stepped> {
  const step = (draft: LrpContext): void => {
    const cellId = draft.ordinary?.actual_lrp_instance_key.cell_id ?? '';
    const isCellKnown = state.image.cells.has(cellId);
    stepOrdinary(draft, { type: 'RETIRE', key, isCellKnown, ...commandFacts(state) });
  };
  return stepSlots(state, key.process_guid, key.index, step, { traceId });
}

/** Takes an index away: at once, or by its cell (§3.7). */
export async function retire(
  state: BbsState,
  request: Of<typeof RetireActualLRPRequest>,
  traceId = '',
): Result {
  const stepped = await stepRetire(state, keyOf(request.actual_lrp_key), traceId);
  if (stepped.error !== undefined) return stepped.error;
  return stepped.outcome.isStopWanted ? await stopOnCell(state, stepped) : undefined;
}
