/**
 * The evacuation of a cell: it takes no more work, each instance is handed over to another cell,
 * and it is over when nothing runs any more or time is up (diego.md §13.7). A node that drains
 * evacuates its cell when there is another one.
 *
 *   waiting ── EVACUATION_REQUESTED ─► evacuating ── CONTAINERS_GONE / time is up ─► evacuated
 *      └── SHUTDOWN (drain) ─► looking ── other cells ─┘
 */
import { assign, setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { Tell } from '../kernel/tell.ts';
import type { EvacuationEvent } from './cell.events.ts';

export interface EvacuationInput {
  readonly tell: Tell;
  readonly cellName: string;
  /** Survives a crash of this actor: an evacuation goes on. */
  readonly isEvacuating: () => boolean;
  readonly evacuationTimeoutMs: number;
  /** For the answer to how many cells there are. */
  readonly lookTimeoutMs: number;
}

interface EvacuationContext extends EvacuationInput {
  /** The node waits for this to be over. */
  readonly isEnding: boolean;
}

export const cellEvacuationMachine = setup({
  types: {
    context: {} as EvacuationContext,
    events: {} as EvacuationEvent,
    input: {} as EvacuationInput,
  },
  actors: { lookout: toBeProvided(), watch: toBeProvided() },
  delays: {
    evacuationTimeout: ({ context }) => context.evacuationTimeoutMs,
    lookTimeout: ({ context }) => context.lookTimeoutMs,
  },
  guards: {
    isEvacuating: ({ context }) => context.isEvacuating(),
    isEnding: ({ context }) => context.isEnding,
    isFast: ({ event }) => event.type === 'SHUTDOWN' && event.mode === 'fast',
    hasOtherCells: ({ event }) => event.type === 'CELLS_COUNTED' && event.others > 0,
  },
  actions: {
    crash,
    beginToEnd: assign({ isEnding: true }),
    /** From now on work is refused, and instances are handed over. */
    markEvacuating: () => {},
    logTimedOut: () => {},
    reportStarted: ({ context }) => {
      context.tell(context.cellName, { type: 'EVACUATION_STARTED' });
    },
    reportEnded: ({ context }) => {
      context.tell(context.cellName, { type: 'EVACUATION_ENDED' });
    },
  },
}).createMachine({
  id: 'cell-evacuation',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ ...input, isEnding: false }),
  on: { RESOURCE_FAILED: { actions: 'crash' } },
  initial: 'deciding',
  states: {
    deciding: {
      entry: announceReady(),
      always: [{ guard: 'isEvacuating', target: 'evacuating' }, { target: 'waiting' }],
    },
    waiting: {
      on: {
        EVACUATION_REQUESTED: 'evacuating',
        SHUTDOWN: [
          { guard: 'isFast', target: 'ended' },
          { target: 'looking', actions: 'beginToEnd' },
        ],
      },
    },
    looking: {
      invoke: { id: 'lookout', src: 'lookout', input: {} },
      after: { lookTimeout: 'ended' },
      on: {
        CELLS_COUNTED: [{ guard: 'hasOtherCells', target: 'evacuating' }, { target: 'ended' }],
        SHUTDOWN: { guard: 'isFast', target: 'ended' },
      },
    },
    evacuating: {
      entry: ['markEvacuating', 'reportStarted'],
      invoke: { id: 'watch', src: 'watch', input: {} },
      after: { evacuationTimeout: { target: 'evacuated', actions: 'logTimedOut' } },
      on: {
        CONTAINERS_GONE: 'evacuated',
        EVACUATION_REQUESTED: {},
        // A node that ends waits for it only while there is a cell to go to.
        SHUTDOWN: [
          { guard: 'isFast', target: 'ended' },
          { target: 'looking', actions: 'beginToEnd' },
        ],
      },
    },
    evacuated: {
      entry: 'reportEnded',
      always: { guard: 'isEnding', target: 'ended' },
      on: { EVACUATION_REQUESTED: {}, SHUTDOWN: 'ended' },
    },
    ended: { type: 'final' },
  },
});
