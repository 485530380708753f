/** Applies one revision of the store to the image, and tells what changed for the streams. */
import type { LrpSlots } from '../../../machines/bbs/lrp.context.ts';
import { parseCellPresence } from '../../model/bbs/cell-presence.ts';
import { ActualLRP } from '../../model/bbs/messages/actual-lrp.ts';
import { DesiredLRP } from '../../model/bbs/messages/desired-lrp.ts';
import { RESOURCE_TYPE, Resource } from '../../model/bbs/messages/locket.ts';
import { Task } from '../../model/bbs/messages/tasks.ts';
import type { Log } from '../../ports/log.ts';
import type { KeyValue, StoreEvent } from '../../ports/store.ts';
import { decodedOf } from './decoded.ts';
import type { Image } from './image.ts';
import { placeOf, type RecordPlace } from './keys.ts';
import { decodeNote, NO_NOTE, type Note } from './note.ts';

interface Changed<T> {
  readonly before: T;
  readonly after: T;
}

/** What one revision changed, in the order of its operations. */
export interface ChangeSet {
  readonly desireds: readonly Changed<DesiredLRP | undefined>[];
  readonly slots: readonly Changed<LrpSlots>[];
  readonly tasks: readonly Changed<Task | undefined>[];
  readonly note: Note;
  /** Cells that came or went. */
  readonly hasCellsChanged: boolean;
}

const NO_ROWS: LrpSlots = { ordinary: undefined, evacuating: undefined, suspect: undefined };

/** Takes one record over; `kv` undefined: it is gone. */
function applyRecord(image: Image, place: RecordPlace, kv: KeyValue | undefined): void {
  if (place.kind === 'actual') {
    const record = kv && {
      message: decodedOf(ActualLRP, kv.value),
      bytes: kv.value,
      modRevision: kv.modRevision,
    };
    image.setActual(place.id, place.index, place.slot, record);
  } else if (place.kind === 'desired') {
    if (kv === undefined) image.desireds.delete(place.id);
    else {
      image.desireds.set(place.id, {
        message: decodedOf(DesiredLRP, kv.value),
        bytes: kv.value,
        modRevision: kv.modRevision,
        schedulingInfo: undefined,
        answer: undefined,
      });
    }
  } else if (place.kind === 'task') {
    if (kv === undefined) image.tasks.delete(place.id);
    else {
      const message = decodedOf(Task, kv.value);
      image.tasks.set(place.id, { message, bytes: kv.value, modRevision: kv.modRevision });
    }
  } else if (place.kind === 'domain') {
    if (kv === undefined) image.domains.delete(place.id);
    else {
      const expiresAt = BigInt(Buffer.from(kv.value).toString('latin1'));
      image.domains.set(place.id, { expiresAt, modRevision: kv.modRevision });
    }
  } else if (place.kind === 'lock') applyLock(image, place.id, kv);
}

function applyLock(image: Image, id: string, kv: KeyValue | undefined): void {
  image.cells.delete(id);
  if (kv === undefined) return;
  const { type, type_code, value } = decodedOf(Resource, kv.value);
  if (type_code !== RESOURCE_TYPE.PRESENCE && type !== 'presence') return;
  const presence = parseCellPresence(value);
  if (presence !== undefined) image.cells.set(id, presence);
}

/** A record that cannot be read is as if it were not there; the log says which. */
function applySafely(image: Image, place: RecordPlace, kv: KeyValue | undefined, log: Log): void {
  try {
    applyRecord(image, place, kv);
  } catch (error) {
    log.error('bbs.image.record-unreadable', { key: kv?.key, error: (error as Error).message });
    applyRecord(image, place, undefined);
  }
}

export function loadRecords(image: Image, kvs: readonly KeyValue[], log: Log): void {
  for (const kv of kvs) {
    const place = placeOf(kv.key);
    if (place.kind !== 'note' && place.kind !== 'other') applySafely(image, place, kv, log);
  }
}

export function applyChanges(image: Image, events: readonly StoreEvent[], log: Log): ChangeSet {
  const desireds: Changed<DesiredLRP | undefined>[] = [];
  const tasks: Changed<Task | undefined>[] = [];
  const touched = new Map<string, { guid: string; index: number; before: LrpSlots }>();
  let note = NO_NOTE;
  let hasCellsChanged = false;
  for (const event of events) {
    const kv = event.type === 'put' ? event.kv : undefined;
    const place = placeOf(event.key);
    if (place.kind === 'note') note = kv === undefined ? NO_NOTE : decodeNote(kv.value);
    if (place.kind === 'note' || place.kind === 'other') continue;
    const { id } = place;
    if (place.kind === 'actual') {
      const { index } = place;
      const key = `${id}/${index}`;
      if (!touched.has(key)) {
        const before = image.slots(id, index)?.rows() ?? NO_ROWS;
        touched.set(key, { guid: id, index, before });
      }
      applySafely(image, place, kv, log);
    } else if (place.kind === 'desired') {
      const before = image.desireds.get(id)?.message;
      applySafely(image, place, kv, log);
      desireds.push({ before, after: image.desireds.get(id)?.message });
    } else if (place.kind === 'task') {
      const before = image.tasks.get(id)?.message;
      applySafely(image, place, kv, log);
      tasks.push({ before, after: image.tasks.get(id)?.message });
    } else {
      const before = image.cells.size;
      applySafely(image, place, kv, log);
      if (place.kind === 'lock' && before > image.cells.size) hasCellsChanged = true;
    }
  }
  const slots = [...touched.values()].map(({ guid, index, before }) => ({
    before,
    after: image.slots(guid, index)?.rows() ?? NO_ROWS,
  }));
  return { desireds, slots, tasks, note, hasCellsChanged };
}
