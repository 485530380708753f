/** What must hold of the rows of one index (diego.md §3), before and after every step. */
import { isDeepStrictEqual } from 'node:util';
import type { CommandFacts, LrpContext } from '../../machines/bbs/lrp.context.ts';
import {
  type ActualLRP,
  ActualLRPInstanceKey,
  ActualLRPNetInfo,
  PRESENCE,
} from '../../src/model/bbs/messages/actual-lrp.ts';
import { hasInstanceKey } from '../../src/model/bbs/rows.ts';

const SLOTS = ['ordinary', 'evacuating', 'suspect'] as const;
type Slot = (typeof SLOTS)[number];

const PRESENCES = {
  ordinary: PRESENCE.ORDINARY,
  evacuating: PRESENCE.EVACUATING,
  suspect: PRESENCE.SUSPECT,
} as const;

const isPlaced = ({ actual_lrp_instance_key: { instance_guid, cell_id } }: ActualLRP): boolean =>
  instance_guid !== '' && cell_id !== '';
const hasNoKey = (row: ActualLRP): boolean =>
  isDeepStrictEqual({ ...row.actual_lrp_instance_key }, { ...ActualLRPInstanceKey.empty });
const hasNoNetInfo = (row: ActualLRP): boolean =>
  isDeepStrictEqual({ ...row.actual_lrp_net_info }, { ...ActualLRPNetInfo.empty });
const hasAddress = (row: ActualLRP): boolean => row.actual_lrp_net_info.address !== '';

/** The table at the head of diego.md §3. */
const LEGAL: Readonly<Record<string, (row: ActualLRP) => boolean>> = {
  UNCLAIMED: (row) => hasNoKey(row) && hasNoNetInfo(row),
  CLAIMED: (row) => isPlaced(row) && hasNoNetInfo(row) && row.placement_error === '',
  RUNNING: (row) => isPlaced(row) && hasAddress(row) && row.placement_error === '',
  CRASHED: (row) => hasNoKey(row) && hasNoNetInfo(row) && row.placement_error === '',
};

/**
 * A known fault of today's original, kept (§4.2): what was only claimed when its cell evacuated it
 * counts as running there, without an address. In 2015 the address came with the request (§4.1).
 */
function isEvacuatedClaim(before: LrpContext, row: ActualLRP, facts: CommandFacts): boolean {
  if (row.state !== 'RUNNING' || !isPlaced(row) || !hasNoNetInfo(row)) return false;
  return SLOTS.some((slot) => {
    const from = before[slot];
    if (from === undefined || !hasInstanceKey(from, row.actual_lrp_instance_key)) return false;
    if (slot === 'evacuating') return hasNoNetInfo(from);
    const isOfToday = facts.generation === 'today' || slot === 'suspect';
    return from.state === 'CLAIMED' && isOfToday;
  });
}

/** Everything but what a change of presence alone touches. */
const withoutPresence = ({ presence: _presence, ...rest }: ActualLRP) => rest;

function isTagRight(before: LrpContext, slot: Slot, row: ActualLRP, freshEpoch: string): boolean {
  const { epoch, index } = row.modification_tag;
  // 2015 began the tag of an evacuating row with 1 (§4.1).
  if (epoch === freshEpoch) return index === 0 || (slot === 'evacuating' && index === 1);
  const own = before[slot];
  const rest = withoutPresence(row);
  for (const from of SLOTS) {
    const other = before[from];
    if (other !== undefined && isDeepStrictEqual(withoutPresence(other), rest)) return true;
  }
  return (
    own !== undefined &&
    own.modification_tag.epoch === epoch &&
    own.modification_tag.index + 1 === index
  );
}

function rowProblems(before: LrpContext, slot: Slot, row: ActualLRP, facts: CommandFacts) {
  const problems: string[] = [];
  const isLegal = LEGAL[row.state]?.(row) ?? false;
  if (!isLegal && !(slot === 'evacuating' && isEvacuatedClaim(before, row, facts))) {
    problems.push(`${slot}: no legal ${row.state} row`);
  }
  if (row.presence !== PRESENCES[slot]) problems.push(`${slot}: presence ${row.presence}`);
  if (row.since <= 0n || row.since > facts.now) problems.push(`${slot}: since ${row.since}`);
  if (!isTagRight(before, slot, row, facts.epoch)) {
    const { epoch, index } = row.modification_tag;
    problems.push(`${slot}: tag ${epoch}/${index}`);
  }
  if (slot === 'evacuating' && row.state !== 'RUNNING') problems.push(`${slot}: ${row.state}`);
  return problems;
}

/** What is wrong with the rows after a step; the epoch of each command must be its own. */
export const lrpProblems = (
  before: LrpContext,
  after: LrpContext,
  facts: CommandFacts,
): readonly string[] =>
  SLOTS.flatMap((slot) => {
    const row = after[slot];
    return row === undefined ? [] : rowProblems(before, slot, row, facts);
  });
