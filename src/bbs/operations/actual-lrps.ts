/** Steps of the rows of one index: requests and convergence both come this way (diego.md §3). */
import type { ActualLrpCommand } from '../../../machines/bbs/actual-lrp.events.ts';
import { actualLrpLifecycle, actualLrpStateOf } from '../../../machines/bbs/actual-lrp.machine.ts';
import {
  type CommandFacts,
  type LrpContext,
  type LrpOutcome,
  type LrpSlots,
  lrpContext,
} from '../../../machines/bbs/lrp.context.ts';
import type { BbsError } from '../../model/bbs/errors.ts';
import { ActualLRP } from '../../model/bbs/messages/actual-lrp.ts';
import type { Compare, Operation } from '../../ports/store.ts';
import { SLOT_ORDER, SlotRecords } from '../image/image.ts';
import { actualKey } from '../image/keys.ts';
import { NO_NOTE, type Note } from '../image/note.ts';
import type { BbsState } from '../state.ts';
import { commit, put, unchanged } from './commit.ts';

/** What became of a step. */
export interface Stepped {
  readonly before: LrpSlots;
  readonly after: LrpSlots;
  readonly outcome: LrpOutcome;
  /** Of the store or of the machine; undefined: done. */
  readonly error: BbsError | undefined;
  readonly isWritten: boolean;
}

export const commandFacts = (state: BbsState): CommandFacts => ({
  generation: state.options.generation,
  now: state.now(),
  epoch: state.newEpoch(),
});

/** The rest of a command, without what every command brings along. */
export type CommandOf<C> = C extends CommandFacts ? Omit<C, keyof CommandFacts> : never;

const rowsOf = (state: BbsState, guid: string, index: number): LrpSlots =>
  state.image.slots(guid, index)?.rows() ?? new SlotRecords(guid, index).rows();

function compareSlots(state: BbsState, guid: string, index: number): Compare[] {
  const records = state.image.slots(guid, index);
  return SLOT_ORDER.map((slot) => unchanged(actualKey(guid, index, slot), records?.[slot]));
}

/** The puts and deletes that lead from the rows before to those after. */
function slotOperations(
  guid: string,
  index: number,
  before: LrpSlots,
  after: LrpSlots,
  evacuatingLease?: string,
): Operation[] {
  return SLOT_ORDER.flatMap((slot): Operation[] => {
    const row = after[slot];
    if (row === before[slot]) return [];
    const key = actualKey(guid, index, slot);
    if (row === undefined) return [{ type: 'delete', key }];
    return [put(key, ActualLRP, row, slot === 'evacuating' ? evacuatingLease : undefined)];
  });
}

/** One step of the ORDINARY row's machine on a draft. */
export function stepOrdinary(draft: LrpContext, command: ActualLrpCommand): void {
  actualLrpLifecycle.step(actualLrpStateOf(draft.ordinary), draft, command);
}

/** What the streams are to say of a text that the row holds only the beginning of. */
function noteOf({ outcome, ordinary }: LrpContext, options: StepOptions): Note {
  const { traceId = '', crashText = '', placementText = '', isEvacuation = false } = options;
  const { hasCrashed } = outcome;
  return {
    traceId,
    crash: hasCrashed ? (isEvacuation ? 'evacuating' : 'reported') : 'none',
    crashReason: crashText === ordinary?.crash_reason ? '' : crashText,
    placementError: placementText === ordinary?.placement_error ? '' : placementText,
  };
}

export interface StepOptions {
  readonly traceId?: string;
  /** The text of a crash, before it is cut. */
  readonly crashText?: string;
  /** The text of a failed placement, before it is cut. */
  readonly placementText?: string;
  /** A crash is one while evacuating (§4.2). */
  readonly isEvacuation?: boolean;
  /** The lease of an evacuating row that is written (2015). */
  readonly evacuatingLease?: string | undefined;
}

/** Runs any machine of the rows of one index, and commits what it changed. */
export async function stepSlots(
  state: BbsState,
  guid: string,
  index: number,
  step: (draft: LrpContext) => void,
  options: StepOptions = {},
): Promise<Stepped> {
  const committed = await state.queue.run(`${guid}/${index}`, () =>
    commit(state, () => {
      const before = rowsOf(state, guid, index);
      const draft = lrpContext(before);
      step(draft);
      const { outcome, ordinary, evacuating, suspect } = draft;
      const after = { ordinary, evacuating, suspect };
      return {
        reply: { before, after, outcome },
        compare: compareSlots(state, guid, index),
        operations: slotOperations(guid, index, before, after, options.evacuatingLease),
        note: outcome.error === undefined ? noteOf(draft, options) : NO_NOTE,
      };
    }),
  );
  if (committed.ok) {
    const { reply, isWritten } = committed;
    return { ...reply, error: reply.outcome.error, isWritten };
  }
  const before = rowsOf(state, guid, index);
  const { outcome } = lrpContext(before);
  return { before, after: before, outcome, error: committed.error, isWritten: false };
}

/** One command of actual-lrp.machine.ts. */
export function stepActual(
  state: BbsState,
  guid: string,
  index: number,
  command: CommandOf<ActualLrpCommand>,
  options?: StepOptions,
): Promise<Stepped> {
  const step = (draft: LrpContext): void =>
    stepOrdinary(draft, { ...command, ...commandFacts(state) } as ActualLrpCommand);
  return stepSlots(state, guid, index, step, options);
}
