/**
 * The life of one index of a long-running process (diego.md §3, §7). The state is that of the
 * ORDINARY row; the EVACUATING and the SUSPECT row of the index stand in the context.
 *
 *            CREATE            CLAIM             START
 *   absent ─────────► unclaimed ──────► claimed ───────► running
 *                       ▲  ▲              │                 │
 *                       │  └── CRASH < 3 ─┴──────┬──────────┘
 *                       └──── RESTART ──── crashed ◄ CRASH ≥ 3
 *
 * Where today and 2015 differ, the guards say so. A lifecycle, not an actor: the BBS runs it
 * through the compiled table (kernel/lifecycle.ts).
 */
import { setup } from 'xstate';
import { actionsOf, compileLifecycle, guardsOf } from '../kernel/lifecycle.ts';
import type { ActualLrpCommand } from './actual-lrp.events.ts';
import { actualLrpRules } from './actual-lrp.rules.ts';
import { copyLrpContext, type LrpContext, type LrpSlots, lrpContext } from './lrp.context.ts';

const reject = (error: string) => ({ actions: { type: 'reject', params: { error } } }) as const;

/** §7.2: what the suspect's own cell says changes nothing. */
const IGNORED = { guard: 'ownsSuspect' } as const;

const CLAIMED_EFFECTS = ['setInstanceKey', 'clearPlacementError', 'clearNetInfo'] as const;
const CLAIM_2015 = {
  guard: 'is2015',
  target: 'claimed',
  actions: [...CLAIMED_EFFECTS, 'bumpTag'],
} as const;
const STARTED = {
  target: 'running',
  actions: [
    'setInstanceKey',
    'setRunningFields',
    'clearPlacementError',
    'stampSince',
    'bumpTag',
    'dropEvacuating',
    'dropSuspect',
  ],
} as const;
const WRONG_DOMAIN = { guard: 'isDomainOther', ...reject('ActualLRPCannotBeStarted') } as const;

const UNCLAIMED_EFFECTS = ['clearPlace', 'stampSince', 'bumpTag'] as const;
const UNCLAIMED = [
  { guard: 'isKeyOther2015', ...reject('ActualLRPCannotBeUnclaimed') },
  { target: 'unclaimed', actions: UNCLAIMED_EFFECTS },
] as const;

const CRASH_OF_SUSPECT = { guard: 'ownsSuspect', actions: 'dropSuspect' } as const;
const CRASH_EFFECTS = ['recordCrash', 'clearPlace', 'stampSince', 'bumpTag'] as const;
const CRASH = [
  CRASH_OF_SUSPECT,
  {
    guard: 'restartsAtOnce',
    target: 'unclaimed',
    actions: [...CRASH_EFFECTS, 'requestAuction'],
  },
  { guard: 'owns', target: 'crashed', actions: CRASH_EFFECTS },
  reject('ActualLRPCannotBeCrashed'),
] as const;
const NO_CRASH = [CRASH_OF_SUSPECT, reject('ActualLRPCannotBeCrashed')] as const;

const REMOVE = [
  { guard: 'isKeyOther2015', ...reject('ActualLRPCannotBeRemoved') },
  { guard: 'isKeyOther', ...reject('ResourceNotFound') },
  { target: 'absent' },
] as const;
const RETIRE_PLACED = [
  { guard: 'isCellKnown', actions: 'requestStop' },
  { target: 'absent' },
] as const;

/** §7.1 row 1 and §7.2 step 3. */
const LOSE_CELL = [
  {
    guard: 'isWanted2015',
    target: 'unclaimed',
    actions: ['createUnclaimed', 'requestAuction'],
  },
  { guard: 'is2015', target: 'absent' },
  { guard: 'hasSuspect', target: 'unclaimed', actions: UNCLAIMED_EFFECTS },
  {
    target: 'unclaimed',
    actions: ['becomeSuspect', 'createUnclaimed', 'requestAuction'],
  },
] as const;

const REGAIN_CELL = [
  { guard: 'isSuspectRunning', target: 'running', actions: 'promoteSuspect' },
  { guard: 'isSuspectClaimed', target: 'claimed', actions: 'promoteSuspect' },
  reject('ResourceNotFound'),
] as const;

const REMOVE_SUSPECT = [
  { guard: 'hasSuspect', actions: 'dropSuspect' },
  reject('ResourceNotFound'),
] as const;

const OF_SUSPECT = { REGAIN_CELL, REMOVE_SUSPECT } as const;

export const actualLrpMachine = setup({
  types: {
    context: {} as LrpContext,
    events: {} as ActualLrpCommand,
    input: {} as LrpSlots,
  },
  guards: guardsOf<LrpContext, ActualLrpCommand, typeof actualLrpRules>(actualLrpRules),
  actions: actionsOf<LrpContext, ActualLrpCommand, typeof actualLrpRules>(
    actualLrpRules,
    copyLrpContext,
  ),
}).createMachine({
  id: 'actual-lrp',
  options: { maxIterations: 1000 },
  context: ({ input }) => lrpContext(input),
  initial: 'absent',
  states: {
    absent: {
      entry: 'removeRow',
      on: {
        CREATE: { target: 'unclaimed', actions: 'createUnclaimed' },
        CLAIM: [IGNORED, reject('ResourceNotFound')],
        START: [
          IGNORED,
          {
            target: 'running',
            actions: ['createRunning', 'dropEvacuating', 'dropSuspect'],
          },
        ],
        CRASH: [CRASH_OF_SUSPECT, reject('ResourceNotFound')],
        // Today the refusal is swallowed (§3.5).
        FAIL: [{ guard: 'is2015', ...reject('ResourceNotFound') }, {}],
        REMOVE: reject('ResourceNotFound'),
        RETIRE: reject('ResourceNotFound'),
        UNCLAIM: reject('ResourceNotFound'),
        RESTART: reject('ResourceNotFound'),
        LOSE_CELL: reject('ResourceNotFound'),
        ...OF_SUSPECT,
      },
    },
    unclaimed: {
      entry: { type: 'setState', params: { state: 'UNCLAIMED' } },
      on: {
        CREATE: reject('ResourceExists'),
        CLAIM: [
          IGNORED,
          CLAIM_2015,
          { target: 'claimed', actions: [...CLAIMED_EFFECTS, 'stampSince', 'bumpTag'] },
        ],
        START: [IGNORED, WRONG_DOMAIN, STARTED],
        CRASH: NO_CRASH,
        FAIL: { actions: ['setPlacementError', 'stampSince', 'bumpTag'] },
        REMOVE,
        RETIRE: { target: 'absent' },
        UNCLAIM: [{ guard: 'is2015' }, reject('ActualLRPCannotBeUnclaimed')],
        RESTART: reject('ActualLRPCannotBeUnclaimed'),
        LOSE_CELL: {},
        ...OF_SUSPECT,
      },
    },
    claimed: {
      entry: { type: 'setState', params: { state: 'CLAIMED' } },
      on: {
        CREATE: reject('ResourceExists'),
        CLAIM: [
          IGNORED,
          { guard: 'owns2015', actions: [...CLAIMED_EFFECTS, 'bumpTag'] },
          { guard: 'owns' },
          reject('ActualLRPCannotBeClaimed'),
        ],
        START: [IGNORED, WRONG_DOMAIN, STARTED],
        CRASH,
        FAIL: reject('ActualLRPCannotBeFailed'),
        REMOVE,
        RETIRE: RETIRE_PLACED,
        UNCLAIM: UNCLAIMED,
        RESTART: reject('ActualLRPCannotBeUnclaimed'),
        LOSE_CELL,
        ...OF_SUSPECT,
      },
    },
    running: {
      entry: { type: 'setState', params: { state: 'RUNNING' } },
      on: {
        CREATE: reject('ResourceExists'),
        CLAIM: [
          IGNORED,
          {
            guard: 'owns2015',
            target: 'claimed',
            actions: [...CLAIMED_EFFECTS, 'bumpTag'],
          },
          {
            guard: 'owns',
            target: 'claimed',
            actions: [...CLAIMED_EFFECTS, 'stampSince', 'bumpTag'],
          },
          reject('ActualLRPCannotBeClaimed'),
        ],
        START: [
          IGNORED,
          WRONG_DOMAIN,
          { guard: 'isUnchanged', actions: ['dropEvacuating', 'dropSuspect'] },
          { guard: 'owns', actions: STARTED.actions },
          reject('ActualLRPCannotBeStarted'),
        ],
        CRASH,
        FAIL: reject('ActualLRPCannotBeFailed'),
        REMOVE,
        RETIRE: RETIRE_PLACED,
        UNCLAIM: UNCLAIMED,
        RESTART: reject('ActualLRPCannotBeUnclaimed'),
        LOSE_CELL,
        ...OF_SUSPECT,
      },
    },
    crashed: {
      entry: { type: 'setState', params: { state: 'CRASHED' } },
      on: {
        CREATE: reject('ResourceExists'),
        CLAIM: [IGNORED, CLAIM_2015, reject('ActualLRPCannotBeClaimed')],
        START: [
          IGNORED,
          WRONG_DOMAIN,
          { guard: 'is2015', ...STARTED },
          reject('ActualLRPCannotBeStarted'),
        ],
        CRASH: NO_CRASH,
        FAIL: reject('ActualLRPCannotBeFailed'),
        REMOVE,
        RETIRE: { target: 'absent' },
        UNCLAIM: UNCLAIMED,
        RESTART: {
          target: 'unclaimed',
          actions: [...UNCLAIMED_EFFECTS, 'requestAuction'],
        },
        LOSE_CELL: {},
        ...OF_SUSPECT,
      },
    },
  },
});

/** The same machine as the BBS runs it. */
export const actualLrpLifecycle = compileLifecycle<LrpContext, ActualLrpCommand>(
  actualLrpMachine,
  actualLrpRules,
);

/** The state of the machine for these rows. */
export const actualLrpStateOf = (row: LrpContext['ordinary']): string =>
  row === undefined ? 'absent' : row.state.toLowerCase();
