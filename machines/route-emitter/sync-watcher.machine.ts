/**
 * Keeps the routing table as the BBS has it (diego.md §11.3): by its events, and by reading
 * everything now and then. Events never come here: while `syncing` they are cached, else they go
 * straight into the table.
 *
 *   connecting → syncing → watching ⟲ sync interval       failed: retrying → syncing
 */
import { assign, setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { SyncWatcherEvent } from './route-emitter.events.ts';

export interface SyncWatcherInput {
  readonly syncIntervalMs: number;
  /** After a sync that failed. */
  readonly retryIntervalMs: number;
}

interface SyncWatcherContext extends SyncWatcherInput {
  readonly syncs: number;
  /** The events before the source was open again are lost: the sync under way may miss them. */
  readonly isSyncWanted: boolean;
}

export const syncWatcherMachine = setup({
  types: {
    context: {} as SyncWatcherContext,
    events: {} as SyncWatcherEvent,
    input: {} as SyncWatcherInput,
  },
  actors: { eventSource: toBeProvided(), sync: toBeProvided() },
  delays: {
    syncInterval: ({ context }) => context.syncIntervalMs,
    retryInterval: ({ context }) => Math.min(context.retryIntervalMs, context.syncIntervalMs),
  },
  guards: { isSyncWanted: ({ context }) => context.isSyncWanted },
  actions: {
    crash,
    wantSync: assign({ isSyncWanted: true }),
    forgetWant: assign({ isSyncWanted: false }),
    countSync: assign(({ context }) => ({ syncs: context.syncs + 1 })),
    logSourceLost: () => {},
    logSyncInProgress: () => {},
    logSyncFailed: () => {},
    logStopping: () => {},
  },
}).createMachine({
  id: 'sync-watcher',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ ...input, syncs: 0, isSyncWanted: false }),
  on: { RESOURCE_FAILED: { actions: 'crash' } },
  initial: 'open',
  states: {
    open: {
      entry: announceReady(),
      invoke: { id: 'eventSource', src: 'eventSource', input: {} },
      initial: 'connecting',
      on: {
        EVENT_SOURCE_LOST: { actions: 'logSourceLost' },
        SHUTDOWN: { target: 'ended', actions: 'logStopping' },
      },
      states: {
        connecting: {
          // The subscription is first, so that the list misses nothing that comes after it.
          after: { syncInterval: 'syncing' },
          on: { EVENT_SOURCE_OPENED: 'syncing', SYNC_REQUESTED: 'syncing' },
        },
        syncing: {
          entry: 'forgetWant',
          invoke: { id: 'sync', src: 'sync', input: {} },
          on: {
            EVENT_SOURCE_OPENED: { actions: 'wantSync' },
            SYNC_REQUESTED: { actions: 'logSyncInProgress' },
            SYNC_SUCCEEDED: [
              { guard: 'isSyncWanted', target: 'syncing', reenter: true, actions: 'countSync' },
              { target: 'watching', actions: 'countSync' },
            ],
            SYNC_FAILED: { target: 'retrying', actions: 'logSyncFailed' },
          },
        },
        watching: {
          after: { syncInterval: 'syncing' },
          on: { EVENT_SOURCE_OPENED: 'syncing', SYNC_REQUESTED: 'syncing' },
        },
        retrying: {
          after: { retryInterval: 'syncing' },
          on: { EVENT_SOURCE_OPENED: 'syncing', SYNC_REQUESTED: 'syncing' },
        },
      },
    },
    ended: { type: 'final' },
  },
});
