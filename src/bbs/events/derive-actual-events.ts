/** From the rows of one index before and after a change to its events (diego.md §10.2). Pure. */
import type { LrpSlots } from '../../../machines/bbs/lrp.context.ts';
import { groupOf } from '../../model/bbs/group.ts';
import {
  type ActualLRP,
  ActualLRPGroup,
  ActualLRPInfo,
  type ActualLRPInstanceKey,
} from '../../model/bbs/messages/actual-lrp.ts';
import {
  ActualLRPChangedEvent,
  ActualLRPCrashedEvent,
  ActualLRPCreatedEvent,
  ActualLRPInstanceChangedEvent,
  ActualLRPInstanceCreatedEvent,
  ActualLRPInstanceRemovedEvent,
  ActualLRPRemovedEvent,
} from '../../model/bbs/messages/events.ts';
import { sameInstanceKey } from '../../model/bbs/rows.ts';
import { encode } from '../../model/protobuf/encode.ts';
import type { MessageType } from '../../model/protobuf/fields.ts';
import type { Note } from '../image/note.ts';
import type { BbsEvent } from './hub.ts';

/** Crashes first, then what runs, then the rest: a new endpoint before the old one goes (§10.3). */
interface Scored {
  readonly score: 0 | 1 | 2;
  readonly event: BbsEvent;
}

export function makeEvent<T>(
  name: string,
  type: MessageType<T>,
  fields: Partial<T>,
  cells: readonly string[] | undefined,
): BbsEvent {
  const message = type.create(fields);
  return {
    name,
    type: type as MessageType<unknown>,
    message,
    encoded: encode(type, message),
    cells,
  };
}

const cellOf = (row: ActualLRP): string => row.actual_lrp_instance_key.cell_id;
const isPlaced = (key: ActualLRPInstanceKey): boolean => key.instance_guid !== '';
const scoreOf = (row: ActualLRP): 0 | 1 => (row.state === 'RUNNING' ? 1 : 0);

interface Pair {
  readonly before: ActualLRP | undefined;
  readonly after: ActualLRP | undefined;
}

const MOVES = [
  ['ordinary', 'evacuating'],
  ['ordinary', 'suspect'],
  ['suspect', 'ordinary'],
  ['suspect', 'evacuating'],
] as const;

/** Rows that are the same instance before and after, also when it has another presence now. */
function pairRows(before: LrpSlots, after: LrpSlots): Pair[] {
  const from = { ...before };
  const to = { ...after };
  const pairs: Pair[] = [];
  for (const [source, target] of MOVES) {
    const old = from[source];
    const next = to[target];
    if (old === undefined || next === undefined || before[target] === next) continue;
    if (!isPlaced(old.actual_lrp_instance_key)) continue;
    if (!sameInstanceKey(old.actual_lrp_instance_key, next.actual_lrp_instance_key)) continue;
    const stays = to[source];
    if (
      stays !== undefined &&
      sameInstanceKey(stays.actual_lrp_instance_key, old.actual_lrp_instance_key)
    ) {
      continue;
    }
    pairs.push({ before: old, after: next });
    Object.assign(from, { [source]: undefined });
    // What an evacuation overwrites is not heard of again (§4.2).
    if (target === 'evacuating') Object.assign(from, { evacuating: undefined });
    Object.assign(to, { [target]: undefined });
  }
  for (const slot of ['ordinary', 'suspect', 'evacuating'] as const) {
    if (from[slot] !== to[slot]) pairs.push({ before: from[slot], after: to[slot] });
  }
  return pairs;
}

const infoOf = (row: ActualLRP): ActualLRPInfo =>
  ActualLRPInfo.create({
    actual_lrp_net_info: row.actual_lrp_net_info,
    crash_count: row.crash_count,
    crash_reason: row.crash_reason,
    state: row.state,
    placement_error: row.placement_error,
    since: row.since,
    modification_tag: row.modification_tag,
    presence: row.presence,
    Routable: row.routable,
    availability_zone: row.availability_zone,
  });

const created = (row: ActualLRP, trace_id: string): Scored => ({
  score: scoreOf(row),
  event: makeEvent(
    'actual_lrp_instance_created',
    ActualLRPInstanceCreatedEvent,
    { actual_lrp: row, trace_id },
    [cellOf(row)],
  ),
});

const removed = (row: ActualLRP, trace_id: string): Scored => ({
  score: 0,
  event: makeEvent(
    'actual_lrp_instance_removed',
    ActualLRPInstanceRemovedEvent,
    { actual_lrp: row, trace_id },
    [cellOf(row)],
  ),
});

function changed(before: ActualLRP, after: ActualLRP, trace_id: string): Scored {
  const { actual_lrp_key, actual_lrp_instance_key: key } = after;
  const instanceKey = isPlaced(key) ? key : before.actual_lrp_instance_key;
  return {
    score: scoreOf(after),
    event: makeEvent(
      'actual_lrp_instance_changed',
      ActualLRPInstanceChangedEvent,
      {
        actual_lrp_key,
        actual_lrp_instance_key: instanceKey,
        before: infoOf(before),
        after: infoOf(after),
        trace_id,
      },
      [instanceKey.cell_id],
    ),
  };
}

/** An unclaimed row that had a place, or that had crashed, counts as a new instance. */
const isRenewed = (before: ActualLRP, after: ActualLRP): boolean =>
  after.state === 'UNCLAIMED' && before.state !== 'UNCLAIMED';

function instanceEventsOf({ before, after }: Pair, traceId: string): Scored[] {
  if (before === undefined) return after === undefined ? [] : [created(after, traceId)];
  if (after === undefined) return [removed(before, traceId)];
  if (isRenewed(before, after)) return [created(after, traceId), removed(before, traceId)];
  // Evacuated again with other addresses (§10.2).
  if (before.presence === 1 && after.presence === 1) return [created(after, traceId)];
  return [changed(before, after, traceId)];
}

const inOrder = (events: readonly Scored[]): BbsEvent[] =>
  events.toSorted((a, b) => b.score - a.score).map(({ event }) => event);

/** The crash itself, from both rows (§2.10). */
function crashEvents(before: LrpSlots, after: LrpSlots, note: Note): Scored[] {
  if (note.crash === 'none' || before.ordinary === undefined || after.ordinary === undefined)
    return [];
  const { actual_lrp_instance_key } = before.ordinary;
  const { actual_lrp_key, crash_count, crash_reason, since } = after.ordinary;
  const fields = {
    actual_lrp_key,
    actual_lrp_instance_key,
    crash_count,
    crash_reason: note.crashReason === '' ? crash_reason : note.crashReason,
    since,
  };
  const { cell_id } = actual_lrp_instance_key;
  return [
    { score: 2, event: makeEvent('actual_lrp_crashed', ActualLRPCrashedEvent, fields, [cell_id]) },
  ];
}

/** The events say the whole text, the row only its beginning (§3.3, §3.5). */
function withFullText(before: LrpSlots, after: LrpSlots, note: Note): LrpSlots {
  const { ordinary } = after;
  if (ordinary === undefined || ordinary === before.ordinary) return after;
  const { crashReason, placementError } = note;
  if (crashReason === '' && placementError === '') return after;
  const crash_reason = crashReason === '' ? ordinary.crash_reason : crashReason;
  const placement_error = placementError === '' ? ordinary.placement_error : placementError;
  return { ...after, ordinary: { ...ordinary, crash_reason, placement_error } };
}

export function instanceEvents(before: LrpSlots, rows: LrpSlots, note: Note): BbsEvent[] {
  const after = withFullText(before, rows, note);
  const pairs = pairRows(before, after).flatMap((pair) => instanceEventsOf(pair, note.traceId));
  return inOrder([...crashEvents(before, after, note), ...pairs]);
}

const groupWith = (slot: 'instance' | 'evacuating', row: ActualLRP): ActualLRPGroup =>
  ActualLRPGroup.create({ [slot]: row });

/** `whole`: the groups to tell instead of the one slot that changed. */
function groupEventsOf(
  slot: 'instance' | 'evacuating',
  { before, after }: Pair,
  whole?: { readonly before: ActualLRPGroup; readonly after: ActualLRPGroup },
): Scored[] {
  const gone = (row: ActualLRP): Scored => ({
    score: 0,
    event: makeEvent(
      'actual_lrp_removed',
      ActualLRPRemovedEvent,
      { actual_lrp_group: groupWith(slot, row) },
      [cellOf(row)],
    ),
  });
  const come = (row: ActualLRP): Scored => ({
    score: scoreOf(row),
    event: makeEvent(
      'actual_lrp_created',
      ActualLRPCreatedEvent,
      { actual_lrp_group: groupWith(slot, row) },
      [cellOf(row)],
    ),
  });
  if (before === undefined) return after === undefined ? [] : [come(after)];
  if (after === undefined) return [gone(before)];
  const [old, next] = [before.actual_lrp_instance_key, after.actual_lrp_instance_key];
  if (isPlaced(old) && isPlaced(next) && !sameInstanceKey(old, next)) {
    return [come(after), gone(before)];
  }
  const fields = whole ?? { before: groupWith(slot, before), after: groupWith(slot, after) };
  const cells = [cellOf(before), cellOf(after)];
  return [
    {
      score: scoreOf(after),
      event: makeEvent('actual_lrp_changed', ActualLRPChangedEvent, fields, cells),
    },
  ];
}

/** A row that only changed its presence looks the same in a group. */
const looksSame = (a: ActualLRP | undefined, b: ActualLRP | undefined): boolean =>
  a === b ||
  (a !== undefined &&
    b !== undefined &&
    a.presence !== b.presence &&
    sameInstanceKey(a.actual_lrp_instance_key, b.actual_lrp_instance_key) &&
    a.modification_tag.epoch === b.modification_tag.epoch &&
    a.modification_tag.index === b.modification_tag.index);

/** The stream of 2015 (§9): each key of the store by itself, a crash is a change like others. */
export function groupEvents2015(before: LrpSlots, after: LrpSlots): BbsEvent[] {
  const slots = [
    ['evacuating', before.evacuating, after.evacuating],
    ['instance', before.ordinary, after.ordinary],
  ] as const;
  return slots.flatMap(([slot, old, next]) => {
    if (old === next) return [];
    if (old === undefined || next === undefined) {
      return groupEventsOf(slot, { before: old, after: next }).map(({ event }) => event);
    }
    const fields = { before: groupWith(slot, old), after: groupWith(slot, next) };
    const cells = [cellOf(old), cellOf(next)];
    return [makeEvent('actual_lrp_changed', ActualLRPChangedEvent, fields, cells)];
  });
}

/** The replacement of a suspect that is ORDINARY again: it is told as removed (§10.2, promote). */
function replacedByPromotion(before: LrpSlots, after: LrpSlots): ActualLRP | undefined {
  const { ordinary, suspect } = before;
  if (ordinary === undefined || suspect === undefined || after.ordinary === undefined) {
    return undefined;
  }
  const [old, next] = [suspect.actual_lrp_instance_key, after.ordinary.actual_lrp_instance_key];
  return isPlaced(old) && sameInstanceKey(old, next) ? ordinary : undefined;
}

export function groupEvents(before: LrpSlots, rows: LrpSlots, note: Note): BbsEvent[] {
  const after = withFullText(before, rows, note);
  const gone = replacedByPromotion(before, after);
  if (gone !== undefined) {
    return groupEventsOf('instance', { before: gone, after: undefined }).map(({ event }) => event);
  }
  const [old, next] = [groupOf(before), groupOf(after)];
  // A crash is told with both slots, every other change with the one slot that changed.
  const whole =
    note.crash === 'reported'
      ? { before: ActualLRPGroup.create(old), after: ActualLRPGroup.create(next) }
      : undefined;
  const events = (['instance', 'evacuating'] as const).flatMap((slot) =>
    looksSame(old[slot], next[slot])
      ? []
      : groupEventsOf(slot, { before: old[slot], after: next[slot] }, whole),
  );
  if (events.length === 0) return [];
  return inOrder([...crashEvents(before, after, note), ...events]);
}
