/** The guards and effects of evacuation.machine.ts, by name. */
import { bbsError, type PlainErrorType } from '../../src/model/bbs/errors.ts';
import { type ActualLRP, PRESENCE } from '../../src/model/bbs/messages/actual-lrp.ts';
import { hasInstanceKey, nextTag, sameNetInfo } from '../../src/model/bbs/rows.ts';
import type { Rules } from '../kernel/lifecycle.ts';
import { createdRow, runningFields } from './actual-lrp.rules.ts';
import type { EvacuationCommand } from './evacuation.events.ts';
import type { LrpContext } from './lrp.context.ts';

type Target = 'ordinary' | 'evacuating' | 'suspect' | 'none';

/**
 * The row that the request speaks of. The original takes whichever row its database returns
 * first; here the order is fixed (§4.2).
 */
function targetOf(context: LrpContext, command: EvacuationCommand): Target {
  const has = (row: ActualLRP | undefined) =>
    row !== undefined && hasInstanceKey(row, command.instanceKey);
  if (has(context.ordinary)) return 'ordinary';
  if (has(context.evacuating)) return 'evacuating';
  return has(context.suspect) ? 'suspect' : 'none';
}

type Running = Extract<EvacuationCommand, { readonly type: 'EVACUATE_RUNNING' }>;
const asRunning = (command: EvacuationCommand): Running => command as Running;

const ownsEvacuating = ({ evacuating }: LrpContext, { instanceKey }: EvacuationCommand): boolean =>
  evacuating !== undefined && hasInstanceKey(evacuating, instanceKey);

const isSameEvacuating = (context: LrpContext, command: EvacuationCommand): boolean =>
  ownsEvacuating(context, command) &&
  context.evacuating !== undefined &&
  sameNetInfo(context.evacuating.actual_lrp_net_info, asRunning(command).netInfo);

const isHopeless = ({ ordinary }: LrpContext): boolean =>
  ordinary?.state === 'UNCLAIMED' && ordinary.placement_error !== '';

/** There is no replacement to be waited for. */
const isSettled = (context: LrpContext, { generation }: EvacuationCommand): boolean =>
  context.ordinary === undefined ||
  context.ordinary.state === 'RUNNING' ||
  context.ordinary.state === 'CRASHED' ||
  (generation === '2015' && isHopeless(context));

/** The row as it goes on in the EVACUATING slot. */
function evacuated(context: LrpContext, command: EvacuationCommand): ActualLRP {
  const { generation } = command;
  const fields: Partial<ActualLRP> = {
    ...runningFields(asRunning(command)),
    state: 'RUNNING',
    actual_lrp_instance_key: command.instanceKey,
    presence: PRESENCE.EVACUATING,
    since: command.now,
  };
  const before = context.evacuating;
  if (before !== undefined) {
    // Whether it takes traffic is not for its cell to say a second time.
    const { routable } = before;
    return { ...before, ...fields, routable, modification_tag: nextTag(before.modification_tag) };
  }
  const row = createdRow(command, fields);
  if (generation === 'today') return row;
  return { ...row, modification_tag: { epoch: command.epoch, index: 1 } };
}

/** Fields that the EVACUATING row takes over from the row that is evacuated (§4.2). */
const inherited = ({
  actual_lrp_net_info,
  actual_lrp_internal_routes,
  metric_tags,
  routable,
  availability_zone,
}: ActualLRP): Partial<ActualLRP> => ({
  actual_lrp_net_info,
  actual_lrp_internal_routes,
  metric_tags,
  routable,
  availability_zone,
});

export const evacuationRules = {
  guards: {
    is2015: (_context, { generation }) => generation === '2015',
    isTargetNone: (context, command) => targetOf(context, command) === 'none',
    isTargetOrdinary: (context, command) => targetOf(context, command) === 'ordinary',
    isTargetEvacuating: (context, command) => targetOf(context, command) === 'evacuating',
    isTargetSuspect: (context, command) => targetOf(context, command) === 'suspect',
    ownsEvacuating,
    ownsEvacuating2015: ({ evacuating }, { generation, instanceKey }) =>
      generation === '2015' && evacuating !== undefined && hasInstanceKey(evacuating, instanceKey),
    /** Today a row that is ORDINARY as well is not meant (§4.2, look-up of the target). */
    isOnlyEvacuating: (context, command) =>
      targetOf(context, command) === 'evacuating' ||
      (command.generation === '2015' && ownsEvacuating(context, command)),
    hasNoOrdinary: ({ ordinary }) => ordinary === undefined,
    isReplaced: ({ ordinary }) => ordinary?.state === 'RUNNING' || ordinary?.state === 'CRASHED',
    /** 2015: nobody found a place, so nobody waits (§4.1). */
    isHopeless2015: (context, { generation }) => generation === '2015' && isHopeless(context),
    /** The own evacuating row is of no use any more: the index runs, crashed or is gone. */
    isReleased: (context, command) =>
      ownsEvacuating(context, command) && isSettled(context, command),
    isSettled,
    /** 2015 rewrites nothing that is the same already (§4.1). */
    isHandedOverAlready: (context, command) =>
      command.generation === '2015' &&
      targetOf(context, command) === 'ordinary' &&
      isSameEvacuating(context, command),
    isUnchanged: isSameEvacuating,
    isOrdinaryRecreated: (context, command) =>
      asRunning(command).isRecreated &&
      targetOf(context, command) === 'ordinary' &&
      asRunning(command).areEnoughRunning,
    isOrdinaryKept: (context, command) =>
      asRunning(command).isRecreated && targetOf(context, command) === 'ordinary',
    isNoneRecreated: (context, command) =>
      asRunning(command).isRecreated && targetOf(context, command) === 'none',
    isEvacuatingRecreated: (context, command) =>
      asRunning(command).isRecreated && targetOf(context, command) === 'evacuating',
    isSuspectRecreated: (context, command) =>
      asRunning(command).isRecreated && targetOf(context, command) === 'suspect',
  },
  effects: {
    reject: ({ outcome }, _command, { error }) => {
      outcome.error = bbsError(error as PlainErrorType);
    },
    keepContainer: ({ outcome }) => {
      outcome.keepContainer = true;
    },
    dropEvacuating: (draft) => {
      draft.evacuating = undefined;
    },
    dropSuspect: (draft) => {
      draft.suspect = undefined;
    },
    /** From the request, which is all that is known of it. */
    evacuateRequested: (draft, command) => {
      draft.evacuating = evacuated(draft, command);
    },
    /** From the ORDINARY row that runs here; in 2015 from the request alone. */
    evacuateOrdinary: (draft, command) => {
      const { ordinary } = draft;
      const row = evacuated(draft, command);
      // A row that is overwritten keeps whether it takes traffic.
      const { routable } = draft.evacuating ?? ordinary ?? row;
      const isFromRow = ordinary !== undefined && command.generation === 'today';
      draft.evacuating = isFromRow ? { ...row, ...inherited(ordinary), routable } : row;
    },
    evacuateSuspect: (draft, command) => {
      const { suspect } = draft;
      const row = evacuated(draft, command);
      draft.evacuating = suspect === undefined ? row : { ...row, ...inherited(suspect) };
      draft.suspect = undefined;
    },
    thenUnclaim: ({ outcome }) => {
      outcome.next = 'UNCLAIM';
      outcome.isAuctionWanted = true;
    },
    thenRemove: ({ outcome }) => {
      outcome.next = 'REMOVE';
    },
    thenCrash: ({ outcome }) => {
      outcome.next = 'CRASH';
    },
  },
} as const satisfies Rules<LrpContext, EvacuationCommand>;
