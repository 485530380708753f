/**
 * All records in memory, as the store's watch tells them (DESIGN §5). Reads are served from here;
 * each record keeps the bytes it has in the store, so that a list is a copy.
 */
import type { LrpSlots } from '../../../machines/bbs/lrp.context.ts';
import type { ActualLRP } from '../../model/bbs/messages/actual-lrp.ts';
import type { CellPresence } from '../../model/bbs/messages/cells.ts';
import type { DesiredLRP } from '../../model/bbs/messages/desired-lrp.ts';
import type { Task } from '../../model/bbs/messages/tasks.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Revision } from '../../ports/store.ts';
import type { SlotName } from './keys.ts';

export interface ImageRecord<T> {
  readonly message: T;
  /** The message, encoded. Shared with the store: never write into it. */
  readonly bytes: Uint8Array;
  readonly modRevision: Revision;
}

export interface DesiredRecord extends ImageRecord<DesiredLRP> {
  /** The encoded scheduling info, made when it is first asked for. */
  schedulingInfo: Uint8Array | undefined;
  /** The encoded answer to reads, which fill in metrics_guid (diego.md §2.4). */
  answer: Uint8Array | undefined;
}

/** The rows of one index. */
export class SlotRecords {
  readonly guid: string;
  readonly index: number;
  ordinary: ImageRecord<ActualLRP> | undefined;
  evacuating: ImageRecord<ActualLRP> | undefined;
  suspect: ImageRecord<ActualLRP> | undefined;

  constructor(guid: string, index: number) {
    this.guid = guid;
    this.index = index;
  }

  get isEmpty(): boolean {
    return (this.ordinary ?? this.evacuating ?? this.suspect) === undefined;
  }

  /** The rows alone, as they are now. */
  rows(): LrpSlots {
    return {
      ordinary: this.ordinary?.message,
      evacuating: this.evacuating?.message,
      suspect: this.suspect?.message,
    };
  }
}

export const SLOT_ORDER = ['ordinary', 'evacuating', 'suspect'] as const;

export class Image {
  /** Process guid → index → rows. */
  readonly actuals = new Map<string, Map<number, SlotRecords>>();
  readonly desireds = new Map<string, DesiredRecord>();
  readonly tasks = new Map<string, ImageRecord<Task>>();
  /** Name → when it expires (0: never) and the revision of the record. */
  readonly domains = new Map<string, { expiresAt: bigint; modRevision: Revision }>();
  /** Registered cells by id. */
  readonly cells = new Map<string, CellPresence>();
  /** Which indices have a row on a cell. */
  readonly #byCell = new Map<string, Set<SlotRecords>>();
  #revision: Revision = 0;
  #waiting: { readonly revision: Revision; readonly resolve: () => void }[] = [];

  get revision(): Revision {
    return this.#revision;
  }

  slots(guid: string, index: number): SlotRecords | undefined {
    return this.actuals.get(guid)?.get(index);
  }

  /** Of one process, in the order of their indices. */
  slotsOf(guid: string): SlotRecords[] {
    const indices = this.actuals.get(guid);
    if (indices === undefined) return [];
    return [...indices.values()].sort((a, b) => a.index - b.index);
  }

  *allSlots(): Generator<SlotRecords> {
    for (const guid of this.actuals.keys()) yield* this.slotsOf(guid);
  }

  slotsOnCell(cellId: string): SlotRecords[] {
    const found = [...(this.#byCell.get(cellId) ?? [])];
    return found.sort((a, b) => (a.guid < b.guid ? -1 : a.guid > b.guid ? 1 : a.index - b.index));
  }

  /** Resolves when this revision has been applied. */
  reached(revision: Revision): Promise<void> | undefined {
    if (this.#revision >= revision) return undefined;
    return new Promise((resolve) => {
      this.#waiting.push({ revision, resolve });
    });
  }

  /** Resolves with the next revision, or after a while. */
  moved(clock: Clock, withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = clock.setTimeout(resolve, withinMs);
      const done = (): void => {
        clock.clearTimeout(timer);
        resolve();
      };
      this.#waiting.push({ revision: this.#revision + 1, resolve: done });
    });
  }

  setRevision(revision: Revision): void {
    this.#revision = revision;
    if (this.#waiting.length === 0) return;
    const due = this.#waiting.filter((own) => own.revision <= revision);
    this.#waiting = this.#waiting.filter((own) => own.revision > revision);
    for (const { resolve } of due) resolve();
  }

  setActual(
    guid: string,
    index: number,
    slot: SlotName,
    record: ImageRecord<ActualLRP> | undefined,
  ): void {
    let indices = this.actuals.get(guid);
    if (indices === undefined) {
      indices = new Map();
      this.actuals.set(guid, indices);
    }
    let slots = indices.get(index);
    if (slots === undefined) {
      slots = new SlotRecords(guid, index);
      indices.set(index, slots);
    }
    const cellsBefore = this.#cellsOf(slots);
    slots[slot] = record;
    const cellsAfter = this.#cellsOf(slots);
    for (const cell of cellsBefore) if (!cellsAfter.has(cell)) this.#leaveCell(cell, slots);
    for (const cell of cellsAfter) if (!cellsBefore.has(cell)) this.#enterCell(cell, slots);
    if (!slots.isEmpty) return;
    indices.delete(index);
    if (indices.size === 0) this.actuals.delete(guid);
  }

  #cellsOf(slots: SlotRecords): Set<string> {
    const cells = new Set<string>();
    for (const slot of SLOT_ORDER) {
      const cell = slots[slot]?.message.actual_lrp_instance_key.cell_id ?? '';
      if (cell !== '') cells.add(cell);
    }
    return cells;
  }

  #enterCell(cell: string, slots: SlotRecords): void {
    const found = this.#byCell.get(cell);
    if (found === undefined) this.#byCell.set(cell, new Set([slots]));
    else found.add(slots);
  }

  #leaveCell(cell: string, slots: SlotRecords): void {
    const found = this.#byCell.get(cell);
    found?.delete(slots);
    if (found?.size === 0) this.#byCell.delete(cell);
  }

  clear(): void {
    for (const map of [this.actuals, this.desireds, this.tasks, this.domains, this.cells]) {
      map.clear();
    }
    this.#byCell.clear();
  }
}
