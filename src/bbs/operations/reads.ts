/** Answers from the image (diego.md §1.4): lists of encoded records are copied, not encoded. */
import { groupOf } from '../../model/bbs/group.ts';
import type { ActualLRP } from '../../model/bbs/messages/actual-lrp.ts';
import { ActualLRPGroup } from '../../model/bbs/messages/actual-lrp.ts';
import { CellPresence } from '../../model/bbs/messages/cells.ts';
import { DesiredLRP, DesiredLRPSchedulingInfo } from '../../model/bbs/messages/desired-lrp.ts';
import type { Task } from '../../model/bbs/messages/tasks.ts';
import { asRead, routingInfoOf, schedulingInfoOf } from '../../model/bbs/scheduling-info.ts';
import { embedEncoded, encode } from '../../model/protobuf/encode.ts';
import type { DesiredRecord, ImageRecord, SlotRecords } from '../image/image.ts';
import { SLOT_ORDER } from '../image/image.ts';
import type { BbsState } from '../state.ts';

/** The list field of every list response. */
const LIST = 2;

interface ActualFilter {
  readonly domain: string;
  readonly cell_id: string;
  readonly process_guid?: string;
  readonly index?: number | undefined;
}

function slotsFor(
  { image }: BbsState,
  { cell_id, process_guid = '', index }: ActualFilter,
): Iterable<SlotRecords> {
  if (process_guid !== '' && index !== undefined) {
    const slots = image.slots(process_guid, index);
    return slots === undefined ? [] : [slots];
  }
  if (process_guid !== '') return image.slotsOf(process_guid);
  return cell_id === '' ? image.allSlots() : image.slotsOnCell(cell_id);
}

const matches = (row: ActualLRP, { domain, cell_id, index }: ActualFilter): boolean =>
  (domain === '' || row.actual_lrp_key.domain === domain) &&
  (cell_id === '' || row.actual_lrp_instance_key.cell_id === cell_id) &&
  (index === undefined || row.actual_lrp_key.index === index);

export function listActuals(state: BbsState, filter: ActualFilter): Buffer {
  const found: Uint8Array[] = [];
  for (const slots of slotsFor(state, filter)) {
    for (const slot of SLOT_ORDER) {
      const record = slots[slot];
      if (record !== undefined && matches(record.message, filter)) found.push(record.bytes);
    }
  }
  return embedEncoded(LIST, found);
}

export function listActualsByGuids(state: BbsState, guids: readonly string[]): Buffer {
  const found: Uint8Array[] = [];
  for (const guid of new Set(guids)) {
    for (const slots of state.image.slotsOf(guid)) {
      for (const slot of SLOT_ORDER) {
        const record = slots[slot];
        if (record !== undefined) found.push(record.bytes);
      }
    }
  }
  return embedEncoded(LIST, found);
}

/** The slots of a group that pass the filter, as the deprecated API shows them (§3.11). */
function groupFor(slots: SlotRecords, filter: ActualFilter): ActualLRPGroup | undefined {
  const rows = slots.rows();
  const kept = (row: ActualLRP | undefined) =>
    row !== undefined && matches(row, filter) ? row : undefined;
  const group = groupOf({
    ordinary: kept(rows.ordinary),
    evacuating: kept(rows.evacuating),
    suspect: kept(rows.suspect),
  });
  return group.instance === undefined && group.evacuating === undefined
    ? undefined
    : ActualLRPGroup.create(group);
}

export function findGroups(state: BbsState, filter: ActualFilter): ActualLRPGroup[] {
  const groups: ActualLRPGroup[] = [];
  for (const slots of slotsFor(state, filter)) {
    const group = groupFor(slots, filter);
    if (group !== undefined) groups.push(group);
  }
  return groups;
}

export interface DesiredFilter {
  readonly domain: string;
  readonly process_guids: readonly string[];
  readonly app_guids: readonly string[];
}

export function findDesireds({ image }: BbsState, filter: DesiredFilter): DesiredRecord[] {
  const { domain, process_guids, app_guids } = filter;
  const found: DesiredRecord[] = [];
  const take = (record: DesiredRecord | undefined): void => {
    if (record === undefined) return;
    const { message } = record;
    if (domain !== '' && message.domain !== domain) return;
    if (app_guids.length > 0 && !app_guids.some((own) => message.process_guid.startsWith(own))) {
      return;
    }
    found.push(record);
  };
  if (process_guids.length > 0) {
    for (const guid of new Set(process_guids)) take(image.desireds.get(guid));
  } else for (const record of image.desireds.values()) take(record);
  return found;
}

/** A desired LRP as reads show it; made once per change of the record. */
export function answerOf(record: DesiredRecord): Uint8Array {
  record.answer ??= encode(DesiredLRP, asRead(record.message));
  return record.answer;
}

export function schedulingInfoBytes(record: DesiredRecord): Uint8Array {
  record.schedulingInfo ??= encode(DesiredLRPSchedulingInfo, schedulingInfoOf(record.message));
  return record.schedulingInfo;
}

export const listDesireds = (state: BbsState, filter: DesiredFilter): Buffer =>
  embedEncoded(LIST, findDesireds(state, filter).map(answerOf));

export const listSchedulingInfos = (state: BbsState, filter: DesiredFilter): Buffer =>
  embedEncoded(LIST, findDesireds(state, filter).map(schedulingInfoBytes));

export const listRoutingInfos = (state: BbsState, filter: DesiredFilter): Buffer =>
  embedEncoded(
    LIST,
    findDesireds(state, filter).map(({ message }) => encode(DesiredLRP, routingInfoOf(message))),
  );

interface TaskFilter {
  readonly domain: string;
  readonly cell_id: string;
}

export function findTasks({ image }: BbsState, { domain, cell_id }: TaskFilter) {
  const found: ImageRecord<Task>[] = [];
  for (const record of image.tasks.values()) {
    const { message } = record;
    if (domain !== '' && message.domain !== domain) continue;
    if (cell_id === '' || message.cell_id === cell_id) found.push(record);
  }
  return found;
}

export const listTasks = (state: BbsState, filter: TaskFilter): Buffer =>
  embedEncoded(
    LIST,
    findTasks(state, filter).map(({ bytes }) => bytes),
  );

export const oneEncoded = (bytes: Uint8Array): Buffer => embedEncoded(LIST, [bytes]);

export const listCells = ({ image }: BbsState): Buffer =>
  embedEncoded(
    LIST,
    [...image.cells.values()].map((cell) => encode(CellPresence, cell)),
  );
