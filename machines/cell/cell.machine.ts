/**
 * A cell: it offers the rep API, announces itself, and keeps what the BBS says of its containers
 * equal to what they are (diego.md §13.3–13.7).
 *
 *   reaping → open( opening → announced( serving → evacuating → evacuated → stopping ) ) → ended
 */
import { assign, setup } from 'xstate';
import { announceReady, crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { CellEvent } from './cell.events.ts';

export interface CellInput {
  /** Survives a crash of this actor: an evacuation goes on. */
  readonly isEvacuating: () => boolean;
}

interface CellContext extends CellInput {
  readonly port: number;
  readonly hasPresence: boolean;
}

export const cellMachine = setup({
  types: { context: {} as CellContext, events: {} as CellEvent, input: {} as CellInput },
  actors: {
    /** Ends processes and directories of an earlier run. */
    leftovers: toBeProvided(),
    /** The port of the rep API. */
    server: toBeProvided(),
    /** The presence in Locket. */
    presence: toBeProvided(),
    /** Tells the BBS of each change of a container. */
    watcher: toBeProvided(),
    /** Compares containers and records, again and again. */
    reconciler: toBeProvided(),
    /** Ends all containers. */
    removal: toBeProvided(),
  },
  guards: { isEvacuating: ({ context }) => context.isEvacuating() },
  actions: {
    crash,
    rememberPort: assign(({ context, event }) => ({
      port: event.type === 'CELL_LISTENING' ? event.port : context.port,
    })),
    notePresence: assign({ hasPresence: true }),
    noteNoPresence: assign({ hasPresence: false }),
    logPresence: () => {},
    logLeftovers: () => {},
    /** The role of the process is over. */
    reportEvacuated: () => {},
    /** From now on work is refused. */
    markStopping: () => {},
  },
}).createMachine({
  id: 'cell',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({ ...input, port: 0, hasPresence: false }),
  on: { RESOURCE_FAILED: { actions: 'crash' } },
  initial: 'reaping',
  states: {
    reaping: {
      invoke: { id: 'leftovers', src: 'leftovers', input: {} },
      on: {
        LEFTOVERS_REAPED: { target: 'open', actions: 'logLeftovers' },
        SHUTDOWN: 'ended',
      },
    },
    open: {
      invoke: [
        { id: 'server', src: 'server', input: {} },
        { id: 'watcher', src: 'watcher', input: {} },
      ],
      initial: 'opening',
      states: {
        opening: {
          on: {
            // Nobody knows the cell; after a crash there may be containers all the same.
            SHUTDOWN: '#cell.removing',
            CELL_LISTENING: {
              target: 'announced',
              actions: ['rememberPort', announceReady()],
            },
          },
        },
        announced: {
          // Not before the port is open: whoever sees the cell gives it work at once.
          invoke: { id: 'presence', src: 'presence', input: {} },
          on: {
            PRESENCE_ACQUIRED: { actions: ['notePresence', 'logPresence'] },
            PRESENCE_LOST: { actions: ['noteNoPresence', 'logPresence'] },
            SHUTDOWN: '.stopping',
          },
          initial: 'deciding',
          states: {
            deciding: {
              always: [{ guard: 'isEvacuating', target: 'evacuating' }, { target: 'serving' }],
            },
            serving: {
              invoke: { id: 'reconciler', src: 'reconciler', input: {} },
              on: { EVACUATION_STARTED: 'evacuating' },
            },
            evacuating: {
              // Anew: it looks at every container at once, and more often from now on.
              invoke: { id: 'evacuating-reconciler', src: 'reconciler', input: {} },
              on: { EVACUATION_ENDED: 'evacuated' },
            },
            evacuated: { entry: 'reportEvacuated' },
            // Still announced: whoever misses the cell would replace what it gives back itself.
            stopping: {
              entry: 'markStopping',
              invoke: { id: 'removal', src: 'removal', input: {} },
              on: { CONTAINERS_REMOVED: '#cell.ended', SHUTDOWN: {} },
            },
          },
        },
      },
    },
    removing: {
      entry: 'markStopping',
      invoke: { id: 'last-removal', src: 'removal', input: {} },
      on: { CONTAINERS_REMOVED: 'ended', SHUTDOWN: {} },
    },
    ended: { type: 'final' },
  },
});
