/** The guards and effects of actual-lrp.machine.ts, by name. */
import { bbsError, type PlainErrorType } from '../../src/model/bbs/errors.ts';
import {
  ActualLRP,
  ActualLRPInstanceKey,
  ActualLRPNetInfo,
  type ActualLRPState,
  PRESENCE,
} from '../../src/model/bbs/messages/actual-lrp.ts';
import { crashCountAfter, IMMEDIATE_RESTARTS } from '../../src/model/bbs/restart-policy.ts';
import { hasInstanceKey, nextTag, sameRunning, truncated } from '../../src/model/bbs/rows.ts';
import type { Rules } from '../kernel/lifecycle.ts';
import type { ActualLrpCommand } from './actual-lrp.events.ts';
import type { KeyedCommand, LrpContext, RunningFields } from './lrp.context.ts';

type Draft = LrpContext;

/** Replaces fields of the ordinary row. */
function change(draft: Draft, fields: Partial<ActualLRP>): void {
  if (draft.ordinary !== undefined) draft.ordinary = { ...draft.ordinary, ...fields };
}

const owns = (row: ActualLRP | undefined, command: ActualLrpCommand): boolean =>
  row !== undefined &&
  'instanceKey' in command &&
  command.instanceKey !== undefined &&
  hasInstanceKey(row, command.instanceKey);

export const createdRow = (
  { key, epoch, now }: KeyedCommand,
  fields: Partial<ActualLRP>,
): ActualLRP =>
  ActualLRP.create({
    actual_lrp_key: key,
    since: now,
    modification_tag: { epoch, index: 0 },
    routable: false,
    ...fields,
  });

export const runningFields = (command: RunningFields): Partial<ActualLRP> => ({
  actual_lrp_net_info: command.netInfo,
  actual_lrp_internal_routes: command.internalRoutes,
  metric_tags: command.metricTags,
  routable: command.routable,
  availability_zone: command.availabilityZone,
});

/** Without place: as after an unclaim or a crash. */
const WITHOUT_PLACE = {
  actual_lrp_instance_key: ActualLRPInstanceKey.empty,
  actual_lrp_net_info: ActualLRPNetInfo.empty,
} as const;

/** A command as one of its kind; the machine sends no other to these effects. */
const as = <T extends ActualLrpCommand['type']>(command: ActualLrpCommand, _type: T) =>
  command as Extract<ActualLrpCommand, { readonly type: T }>;

const countAfterCrash = ({ ordinary }: Draft, { now }: ActualLrpCommand): number =>
  ordinary === undefined ? 0 : crashCountAfter(ordinary, now);

export const actualLrpRules = {
  guards: {
    is2015: (_context, { generation }) => generation === '2015',
    /** Requests of the cell that holds the suspect row are ignored (§7.2). */
    ownsSuspect: ({ suspect }, command) => owns(suspect, command),
    owns: ({ ordinary }, command) => owns(ordinary, command),
    owns2015: ({ ordinary }, command) => command.generation === '2015' && owns(ordinary, command),
    isDomainOther: ({ ordinary }, { key }) => ordinary?.actual_lrp_key.domain !== key.domain,
    isUnchanged: ({ ordinary }, command) =>
      owns(ordinary, command) &&
      ordinary !== undefined &&
      sameRunning(ordinary, as(command, 'START'), command.generation === '2015'),
    restartsAtOnce: (context, command) =>
      owns(context.ordinary, command) && countAfterCrash(context, command) < IMMEDIATE_RESTARTS,
    isKeyOther: ({ ordinary }, command) =>
      as(command, 'REMOVE').instanceKey !== undefined && !owns(ordinary, command),
    isKeyOther2015: ({ ordinary }, command) =>
      command.generation === '2015' &&
      as(command, 'UNCLAIM').instanceKey !== undefined &&
      !owns(ordinary, command),
    isCellKnown: (_context, command) => as(command, 'RETIRE').isCellKnown,
    isWanted2015: (_context, command) =>
      command.generation === '2015' && as(command, 'LOSE_CELL').isWanted,
    hasSuspect: ({ suspect }) => suspect !== undefined,
    isSuspectRunning: ({ suspect }) => suspect?.state === 'RUNNING',
    isSuspectClaimed: ({ suspect }) => suspect?.state === 'CLAIMED',
  },
  effects: {
    reject: ({ outcome }, _command, { error }) => {
      outcome.error = bbsError(error as PlainErrorType);
    },
    setState: (draft, _command, { state }) => change(draft, { state: state as ActualLRPState }),
    createUnclaimed: (draft, command) => {
      draft.ordinary = createdRow(command, { state: 'UNCLAIMED' });
    },
    createRunning: (draft, command) => {
      const start = as(command, 'START');
      draft.ordinary = createdRow(command, {
        state: 'RUNNING',
        actual_lrp_instance_key: start.instanceKey,
        ...runningFields(start),
      });
    },
    removeRow: (draft) => {
      draft.ordinary = undefined;
    },
    setInstanceKey: (draft, command) =>
      change(draft, { actual_lrp_instance_key: as(command, 'CLAIM').instanceKey }),
    setRunningFields: (draft, command) => change(draft, runningFields(as(command, 'START'))),
    clearNetInfo: (draft) => change(draft, { actual_lrp_net_info: ActualLRPNetInfo.empty }),
    clearPlace: (draft) => change(draft, WITHOUT_PLACE),
    clearPlacementError: (draft) => change(draft, { placement_error: '' }),
    setPlacementError: (draft, command) =>
      change(draft, { placement_error: truncated(as(command, 'FAIL').reason) }),
    stampSince: (draft, { now }) => change(draft, { since: now }),
    bumpTag: (draft) =>
      change(draft, { modification_tag: nextTag(draft.ordinary?.modification_tag) }),
    recordCrash: (draft, command) => {
      change(draft, {
        crash_count: countAfterCrash(draft, command),
        crash_reason: truncated(as(command, 'CRASH').reason),
      });
      draft.outcome.hasCrashed = true;
    },
    requestAuction: ({ outcome }) => {
      outcome.isAuctionWanted = true;
    },
    requestStop: ({ outcome }) => {
      outcome.isStopWanted = true;
    },
    dropEvacuating: (draft, { generation }) => {
      // In 2015 it stayed until its TTL, or until its cell removed it.
      if (generation === 'today') draft.evacuating = undefined;
    },
    dropSuspect: (draft) => {
      draft.suspect = undefined;
    },
    becomeSuspect: (draft) => {
      if (draft.ordinary !== undefined) {
        draft.suspect = { ...draft.ordinary, presence: PRESENCE.SUSPECT };
      }
    },
    promoteSuspect: (draft) => {
      if (draft.suspect === undefined) return;
      draft.ordinary = { ...draft.suspect, presence: PRESENCE.ORDINARY };
      draft.suspect = undefined;
    },
  },
} as const satisfies Rules<LrpContext, ActualLrpCommand>;
