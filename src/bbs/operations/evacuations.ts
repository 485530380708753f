/** What a cell that empties itself says of its instances (diego.md §4). */
import type { EvacuationCommand } from '../../../machines/bbs/evacuation.events.ts';
import {
  evacuationLifecycle,
  evacuationStateOf,
} from '../../../machines/bbs/evacuation.machine.ts';
import type { CommandFacts, LrpContext } from '../../../machines/bbs/lrp.context.ts';
import { type BbsError, bbsError } from '../../model/bbs/errors.ts';
import {
  ActualLRPInstanceKey,
  ActualLRPKey,
  ActualLRPNetInfo,
  type EvacuateClaimedActualLRPRequest,
  type EvacuateCrashedActualLRPRequest,
  type EvacuateRunningActualLRPRequest,
} from '../../model/bbs/messages/actual-lrp.ts';
import type { Of } from '../../model/bbs/messages/common.ts';
import { UPDATE_STRATEGY } from '../../model/bbs/messages/desired-lrp.ts';
import type { BbsState } from '../state.ts';
import {
  type CommandOf,
  commandFacts,
  type StepOptions,
  stepOrdinary,
  stepSlots,
} from './actual-lrps.ts';
import { requestAuction } from './lifecycle-requests.ts';

export interface Evacuated {
  readonly error: BbsError | undefined;
  readonly keep_container: boolean;
}

interface Keys {
  readonly actual_lrp_key: ActualLRPKey | undefined;
  readonly actual_lrp_instance_key: ActualLRPInstanceKey | undefined;
}

const keysOf = ({ actual_lrp_key, actual_lrp_instance_key }: Keys) => ({
  key: actual_lrp_key ?? ActualLRPKey.empty,
  instanceKey: actual_lrp_instance_key ?? ActualLRPInstanceKey.empty,
});

/** What the evacuation wants of the ORDINARY row, as a step of its own machine. */
function stepNext(
  draft: LrpContext,
  command: EvacuationCommand,
  facts: CommandFacts,
  reason: string,
) {
  const { outcome } = draft;
  const { key, instanceKey } = command;
  if (outcome.next === undefined) return;
  const { keepContainer, isAuctionWanted } = outcome;
  const type = outcome.next;
  if (type === 'CRASH') stepOrdinary(draft, { type, key, instanceKey, reason, ...facts });
  else stepOrdinary(draft, { type, key, instanceKey, ...facts });
  draft.outcome.keepContainer = keepContainer;
  // §4.2: a crash while evacuating waits for convergence, and is heard of only when it is final.
  if (type === 'CRASH' && facts.generation === 'today') {
    draft.outcome.isAuctionWanted = false;
    draft.outcome.hasCrashed = draft.ordinary?.state === 'CRASHED';
  } else if (type === 'UNCLAIM') {
    draft.outcome.isAuctionWanted = isAuctionWanted && draft.outcome.error === undefined;
  }
  settleErrors(draft, type, facts);
}

function settleErrors(
  draft: LrpContext,
  type: 'CRASH' | 'UNCLAIM' | 'REMOVE',
  facts: CommandFacts,
) {
  const { outcome } = draft;
  if (outcome.error === undefined) return;
  // Nothing there any more is what was wanted.
  if (outcome.error.type === 'ResourceNotFound') outcome.error = undefined;
  else if (type === 'UNCLAIM' && facts.generation === 'today') outcome.keepContainer = true;
}

async function evacuate(
  state: BbsState,
  fields: CommandOf<EvacuationCommand>,
  reason = '',
  options: StepOptions = {},
): Promise<Evacuated> {
  const { process_guid, index } = fields.key;
  const step = (draft: LrpContext): void => {
    const facts = commandFacts(state);
    const command = { ...fields, ...facts } as EvacuationCommand;
    evacuationLifecycle.step(evacuationStateOf(draft.evacuating), draft, command);
    stepNext(draft, command, facts, reason);
  };
  const stepped = await stepSlots(state, process_guid, index, step, {
    ...options,
    crashText: reason,
    isEvacuation: true,
  });
  const { outcome, error, isWritten } = stepped;
  const auction =
    outcome.isAuctionWanted && isWritten
      ? await requestAuction(state, process_guid, index)
      : 'requested';
  const isLost = error !== undefined && outcome.error === undefined;
  const refused = error ?? (auction === 'failed' ? bbsError('UnknownError') : undefined);
  return { error: refused, keep_container: outcome.keepContainer || isLost };
}

export async function removeEvacuating(
  state: BbsState,
  request: Of<typeof EvacuateClaimedActualLRPRequest>,
): Promise<BbsError | undefined> {
  const { error } = await evacuate(state, { type: 'REMOVE_EVACUATING', ...keysOf(request) });
  return error;
}

export const evacuateClaimed = (
  state: BbsState,
  request: Of<typeof EvacuateClaimedActualLRPRequest>,
): Promise<Evacuated> => evacuate(state, { type: 'EVACUATE_CLAIMED', ...keysOf(request) });

export const evacuateStopped = (
  state: BbsState,
  request: Of<typeof EvacuateClaimedActualLRPRequest>,
): Promise<Evacuated> => evacuate(state, { type: 'EVACUATE_STOPPED', ...keysOf(request) });

export const evacuateCrashed = (
  state: BbsState,
  request: Of<typeof EvacuateCrashedActualLRPRequest>,
): Promise<Evacuated> =>
  evacuate(state, { type: 'EVACUATE_CRASHED', ...keysOf(request) }, request.error_message);

function areEnoughRunning(state: BbsState, guid: string): boolean {
  const wanted = state.image.desireds.get(guid)?.message.instances ?? 0;
  const running = state.image
    .slotsOf(guid)
    .filter(({ ordinary }) => ordinary?.message.state === 'RUNNING');
  return running.length >= wanted;
}

/** The lease of an evacuating row by the rules of 2015; undefined: it stays (§4). */
async function leaseFor(state: BbsState, ttlSeconds: bigint): Promise<string | undefined> {
  if (state.options.generation === 'today' || ttlSeconds === 0n) return undefined;
  const maxMs = 31_536_000_000;
  const ttlMs = Math.min(Number(ttlSeconds) * 1000, maxMs);
  const lease = await state.ports.store()?.grantLease(ttlMs);
  return lease?.ok === true ? lease.value.id : undefined;
}

export async function evacuateRunning(
  state: BbsState,
  request: Of<typeof EvacuateRunningActualLRPRequest>,
): Promise<Evacuated> {
  const keys = keysOf(request);
  const guid = keys.key.process_guid;
  const desired = state.image.desireds.get(guid)?.message;
  return await evacuate(
    state,
    {
      type: 'EVACUATE_RUNNING',
      ...keys,
      netInfo: request.actual_lrp_net_info ?? ActualLRPNetInfo.empty,
      internalRoutes: request.actual_lrp_internal_routes,
      metricTags: request.metric_tags,
      routable: request.Routable ?? true,
      availabilityZone: request.availability_zone,
      isRecreated:
        state.options.generation === 'today' &&
        desired?.update_strategy === UPDATE_STRATEGY.RECREATE,
      areEnoughRunning: areEnoughRunning(state, guid),
    },
    '',
    { evacuatingLease: await leaseFor(state, request.ttl) },
  );
}
