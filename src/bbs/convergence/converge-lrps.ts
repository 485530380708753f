/** One pass over all LRPs (diego.md §7): plan, then run it through the operations of requests. */
import type { ActualLrpCommand } from '../../../machines/bbs/actual-lrp.events.ts';
import { domainStateOf } from '../../../machines/bbs/domain.machine.ts';
import {
  evacuationLifecycle,
  evacuationStateOf,
} from '../../../machines/bbs/evacuation.machine.ts';
import type { LrpContext, LrpSlots } from '../../../machines/bbs/lrp.context.ts';
import { type LrpStartRequest, lrpStartRequest } from '../clients/auctioneer-client.ts';
import { commandFacts, type Stepped, stepOrdinary, stepSlots } from '../operations/actual-lrps.ts';
import { createRows } from '../operations/desired-lrps.ts';
import { pruneDomains } from '../operations/domains.ts';
import { retire } from '../operations/lifecycle-requests.ts';
import { BBS_LIMITS } from '../options.ts';
import type { BbsState } from '../state.ts';
import { type LrpAction, planLrps } from './plan-lrps.ts';

const NS_PER_MS = 1_000_000n;

function* allRows({ image }: BbsState): Generator<LrpSlots> {
  for (const indices of image.actuals.values()) {
    for (const slots of indices.values()) yield slots.rows();
  }
}

function planFor(state: BbsState): LrpAction[] {
  const { image, options } = state;
  const now = state.now();
  const desireds = function* () {
    for (const { message } of image.desireds.values()) yield message;
  };
  return planLrps({
    generation: options.generation,
    now,
    staleUnclaimedNs: BigInt(BBS_LIMITS.staleUnclaimedMs) * NS_PER_MS,
    desireds: desireds(),
    desired: (guid) => image.desireds.get(guid)?.message,
    slotsOf: (guid) => [...(image.actuals.get(guid)?.values() ?? [])].map((own) => own.rows()),
    slots: allRows(state),
    isCellRegistered: (cellId) => image.cells.has(cellId),
    isDomainFresh: (domain) => domainStateOf(image.domains.get(domain)?.expiresAt, now) === 'fresh',
  });
}

type OfIndex = Extract<LrpAction, { readonly slots: LrpSlots }>;

/** A step only if the rows are still those of the snapshot: a newer start must not be undone. */
function stepIfUnchanged(
  state: BbsState,
  { slots, key }: OfIndex,
  step: (draft: LrpContext) => void,
): Promise<Stepped> {
  return stepSlots(state, key.process_guid, key.index, (draft) => {
    if (draft.ordinary === slots.ordinary && draft.suspect === slots.suspect) step(draft);
  });
}

function commandOf(state: BbsState, action: OfIndex): ActualLrpCommand | undefined {
  const { key } = action;
  const facts = commandFacts(state);
  switch (action.type) {
    case 'lose-cell':
      return { type: 'LOSE_CELL', key, isWanted: action.isWanted, ...facts };
    case 'regain-cell':
      return { type: 'REGAIN_CELL', key, ...facts };
    case 'remove-suspect':
      return { type: 'REMOVE_SUSPECT', key, ...facts };
    case 'restart':
      return { type: 'RESTART', key, ...facts };
    default:
      return undefined;
  }
}

function tellCell(state: BbsState, action: Extract<LrpAction, { type: 'update-cell' }>): void {
  const { slots, key } = action;
  const row = slots.ordinary;
  const desired = state.image.desireds.get(key.process_guid)?.message;
  const cell = row && state.image.cells.get(row.actual_lrp_instance_key.cell_id);
  if (row === undefined || cell === undefined || desired === undefined) return;
  // One call for each, as the original makes them.
  const { hasRoutes, hasTags } = action;
  if (hasRoutes) state.rep.updateLater(cell, row, desired, { hasRoutes, hasTags: false });
  if (hasTags) state.rep.updateLater(cell, row, desired, { hasRoutes: false, hasTags });
}

async function removeEvacuating(state: BbsState, action: OfIndex): Promise<void> {
  const instanceKey = action.slots.evacuating?.actual_lrp_instance_key;
  if (instanceKey === undefined) return;
  await stepSlots(state, action.key.process_guid, action.key.index, (draft) => {
    if (draft.evacuating !== action.slots.evacuating) return;
    const command = { type: 'LOSE_CELL', key: action.key, instanceKey } as const;
    const before = evacuationStateOf(draft.evacuating);
    evacuationLifecycle.step(before, draft, { ...command, ...commandFacts(state) });
  });
}

interface Wanted {
  readonly guid: string;
  readonly index: number;
}

/** Does one action; returns the indices that want a place. */
async function run(state: BbsState, action: LrpAction): Promise<Wanted[]> {
  if (action.type === 'create') {
    const guid = action.desired.process_guid;
    const created = await createRows(state, action.desired, action.indices, '');
    return created.map((index) => ({ guid, index }));
  }
  const { key } = action;
  const own = [{ guid: key.process_guid, index: key.index }];
  if (action.type === 'auction') return own;
  if (action.type === 'update-cell') tellCell(state, action);
  else if (action.type === 'retire') {
    const error = await retire(state, { actual_lrp_key: key });
    if (error !== undefined) state.ports.log.error('bbs.converge.retire-failed', { key, error });
  } else if (action.type === 'remove-evacuating') await removeEvacuating(state, action);
  else {
    const stepped = await stepIfUnchanged(state, action, (draft) => {
      const command = commandOf(state, action);
      if (command !== undefined) stepOrdinary(draft, command);
    });
    if (stepped.outcome.isAuctionWanted && stepped.error === undefined) return own;
  }
  return [];
}

/** Some actions at a time, begun in the order of the plan. */
async function runAll(state: BbsState, actions: readonly LrpAction[]): Promise<Wanted[]> {
  const wanted: Wanted[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < actions.length) {
      const action = actions[next++];
      if (action !== undefined) wanted.push(...(await run(state, action)));
    }
  };
  await Promise.all(Array.from({ length: BBS_LIMITS.convergenceWorkers }, worker));
  return wanted;
}

/** In a pass each index is asked for by itself, and drivers are null when there are none. */
function startRequests(state: BbsState, wanted: readonly Wanted[]): LrpStartRequest[] {
  return wanted.flatMap(({ guid, index }) => {
    const desired = state.image.desireds.get(guid)?.message;
    if (desired === undefined) return [];
    const request = lrpStartRequest(desired, [index]);
    const { VolumeDrivers } = request;
    return [{ ...request, VolumeDrivers: VolumeDrivers?.length === 0 ? null : VolumeDrivers }];
  });
}

export interface LrpPass {
  readonly actions: number;
  readonly auctions: number;
  readonly tookMs: number;
}

export async function convergeLrps(state: BbsState): Promise<LrpPass> {
  const { clock } = state.ports;
  const startedAtMs = clock.nowMs();
  await pruneDomains(state);
  const actions = planFor(state);
  const requests = startRequests(state, await runAll(state, actions));
  state.auctioneer.requestLrps(requests);
  const tookMs = clock.nowMs() - startedAtMs;
  return { actions: actions.length, auctions: requests.length, tookMs };
}
