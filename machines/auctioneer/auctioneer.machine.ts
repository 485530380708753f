/**
 * Finds a cell for what is to run (diego.md §13.2). One auction at a time; what is asked for
 * meanwhile is the next one. Nothing is tried again here: the BBS asks anew.
 *
 *   waiting ─ LOCK_ACQUIRED ─► working                          LOCK_LOST ─► waiting
 *
 *   idle ─► fetchingCells ─► fetchingStates ─► scheduling ─► committing ─► reporting ─► idle
 *             ▲      └► pausing                  └ nothing asked for ─► idle
 *             └──────────┘
 */
import { assign, setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { AuctioneerEvent } from './auctioneer.events.ts';

export interface AuctioneerInput {
  /** Auctions that were asked for and wait; they outlive a crash of this actor. */
  readonly waiting: () => number;
  /** After a failure to hear from the BBS which cells there are. */
  readonly retryPauseMs: number;
}

interface AuctioneerContext extends AuctioneerInput {
  readonly port: number;
  readonly auctions: number;
}

export const auctioneerMachine = setup({
  types: {
    context: {} as AuctioneerContext,
    events: {} as AuctioneerEvent,
    input: {} as AuctioneerInput,
  },
  actors: {
    lock: toBeProvided(),
    server: toBeProvided(),
    fetchCells: toBeProvided(),
    fetchStates: toBeProvided(),
    schedule: toBeProvided(),
    commit: toBeProvided(),
    report: toBeProvided(),
  },
  delays: { retryPause: ({ context }) => context.retryPauseMs },
  guards: {
    isWorkWaiting: ({ context }) => context.waiting() > 0,
    isNothingScheduled: ({ event }) =>
      event.type === 'AUCTIONS_SCHEDULED' && event.placed + event.failed === 0,
  },
  actions: {
    crash,
    acceptLrps: () => {},
    acceptTasks: () => {},
    rememberPort: assign(({ context, event }) => ({
      port: event.type === 'AUCTIONEER_LISTENING' ? event.port : context.port,
    })),
    countAuction: assign(({ context }) => ({ auctions: context.auctions + 1 })),
  },
}).createMachine({
  id: 'auctioneer',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ ...input, port: 0, auctions: 0 }),
  on: { RESOURCE_FAILED: { actions: 'crash' }, SHUTDOWN: '.ended' },
  initial: 'candidate',
  states: {
    candidate: {
      invoke: { id: 'lock', src: 'lock', input: {} },
      initial: 'waiting',
      on: {
        LOCK_LOST: '.waiting',
        LRP_AUCTION_REQUESTED: { actions: 'acceptLrps' },
        TASK_AUCTION_REQUESTED: { actions: 'acceptTasks' },
      },
      states: {
        waiting: { on: { LOCK_ACQUIRED: 'working' } },
        working: {
          invoke: { id: 'server', src: 'server', input: {} },
          initial: 'opening',
          states: {
            opening: {
              on: { AUCTIONEER_LISTENING: { target: 'open', actions: 'rememberPort' } },
            },
            open: {
              entry: announceReady(),
              initial: 'idle',
              states: {
                idle: { always: { guard: 'isWorkWaiting', target: 'fetchingCells' } },
                fetchingCells: {
                  invoke: { id: 'fetchCells', src: 'fetchCells', input: {} },
                  on: { CELLS_FETCHED: 'fetchingStates', CELLS_NOT_FETCHED: 'pausing' },
                },
                pausing: { after: { retryPause: 'fetchingCells' } },
                fetchingStates: {
                  invoke: { id: 'fetchStates', src: 'fetchStates', input: {} },
                  on: { STATES_FETCHED: 'scheduling' },
                },
                scheduling: {
                  entry: 'countAuction',
                  invoke: { id: 'schedule', src: 'schedule', input: {} },
                  on: {
                    AUCTIONS_SCHEDULED: [
                      { guard: 'isNothingScheduled', target: 'idle' },
                      { target: 'committing' },
                    ],
                  },
                },
                committing: {
                  invoke: { id: 'commit', src: 'commit', input: {} },
                  on: { WORK_COMMITTED: 'reporting' },
                },
                reporting: {
                  invoke: { id: 'report', src: 'report', input: {} },
                  on: { FAILURES_REPORTED: 'idle' },
                },
              },
            },
          },
        },
      },
    },
    ended: { type: 'final' },
  },
});
