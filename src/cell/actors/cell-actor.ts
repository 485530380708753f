import type { CellEvent } from '../../../machines/cell/cell.events.ts';
import { cellMachine } from '../../../machines/cell/cell.machine.ts';
import { createLocketClient } from '../../clients/locket-client.ts';
import { listen } from '../../kernel/listen.ts';
import { type ResourceScope, resource } from '../../kernel/resource.ts';
import { RESOURCE_TYPE } from '../../model/bbs/messages/locket.ts';
import type { Timer } from '../../ports/clock.ts';
import { lookAfter, reconcile } from '../rep/reconcile.ts';
import { createRepServer } from '../rep/rep-server.ts';
import type { CellState } from '../state.ts';
import { presenceTextOf } from './presence-text.ts';
import { removeContainers } from './remove-containers.ts';

type Scope = ResourceScope<CellEvent>;
type Nothing = Record<string, never>;
const effect = (open: (scope: Scope) => () => void) =>
  resource<CellEvent, Nothing>((_input, scope) => open(scope));

export interface CellLogicOptions {
  /** Ends what an earlier run left. */
  readonly reap: () => Promise<{ readonly processes: number; readonly directories: number }>;
  /** The same in every run on this data directory: a cell that starts anew is the same cell. */
  readonly owner: string;
  readonly onEvacuated: () => void;
}

/** The cell is seen by others as long as this runs. */
function keepPresence(state: CellState, owner: string, scope: Scope): () => void {
  const { options, ports } = state;
  const { clock } = ports;
  const client = createLocketClient({
    clock,
    address: options.locketAddress,
    tls: options.locketTls,
    ttlMs: options.presenceTtlMs,
    retryMs: Math.ceil(options.presenceTtlMs / 3),
  });
  const kept = client.keep(
    {
      key: options.cellId,
      owner,
      value: presenceTextOf(state),
      type: 'presence',
      type_code: RESOURCE_TYPE.PRESENCE,
    },
    {
      onAcquired: () => scope.send({ type: 'PRESENCE_ACQUIRED' }),
      onLost: ({ text }) => scope.send({ type: 'PRESENCE_LOST', reason: text }),
    },
  );
  return () => {
    void kept.release().finally(() => client.close());
  };
}

/** One pass after the other, with a pause between. */
function reconcileAgainAndAgain(state: CellState, scope: Scope): () => void {
  const { options, ports } = state;
  const { clock } = ports;
  let timer: Timer | undefined;
  let isOpen = true;
  const pass = async (): Promise<void> => {
    await reconcile(state);
    if (!isOpen) return;
    const { pollingIntervalMs, evacuationPollingIntervalMs } = options;
    const waitMs = state.isEvacuating ? evacuationPollingIntervalMs : pollingIntervalMs;
    timer = clock.setTimeout(next, waitMs);
  };
  const next = (): void => void pass().catch((error: unknown) => scope.fail(error));
  next();
  return () => {
    isOpen = false;
    clock.clearTimeout(timer);
  };
}

/** The rep API, the presence, and the loop that keeps records and containers equal. */
export function cellLogic(state: CellState, { reap, owner, onEvacuated }: CellLogicOptions) {
  const { options, ports, executor } = state;
  const { log } = ports;

  const leftovers = effect((scope) => {
    reap().then(
      (found) => scope.send({ type: 'LEFTOVERS_REAPED', ...found }),
      (error: unknown) => scope.fail(error),
    );
    return () => {};
  });

  const server = effect((scope) => {
    const advice = 'stop the other program, or set another port for the cell (cell.port)';
    const where = { what: 'rep', host: options.host, port: options.port, advice };
    return listen(createRepServer(state, scope.fail), where, scope, (port) => {
      state.boundPort = port;
      scope.send({ type: 'CELL_LISTENING', port });
    });
  });

  const presence = effect((scope) => keepPresence(state, owner, scope));

  const watcher = effect((scope) =>
    executor.onChange(
      scope.guard((container) => {
        // What lies between is the executor's own; the passes look at it (§13.6).
        const isNews = container.state !== 'initializing' && container.state !== 'created';
        if (isNews) lookAfter(state, container);
      }),
    ),
  );

  const reconciler = effect((scope) => reconcileAgainAndAgain(state, scope));

  const removal = effect((scope) => {
    removeContainers(state).then(
      () => scope.send({ type: 'CONTAINERS_REMOVED' }),
      (error: unknown) => scope.fail(error),
    );
    return () => {};
  });

  return cellMachine.provide({
    actors: { leftovers, server, presence, watcher, reconciler, removal },
    actions: {
      logPresence: ({ event }) => {
        if (event.type === 'PRESENCE_ACQUIRED')
          log.info('rep.presence-set', { cell: options.cellId });
        if (event.type === 'PRESENCE_LOST')
          log.error('rep.presence-lost', { reason: event.reason });
      },
      logLeftovers: ({ event }) => {
        if (event.type !== 'LEFTOVERS_REAPED' || event.processes + event.directories === 0) return;
        const { processes, directories } = event;
        log.info('rep.leftovers-reaped', { processes, directories });
      },
      markStopping: () => {
        state.isStopping = true;
      },
      reportEvacuated: () => {
        log.info('rep.evacuated', { containers: executor.list().length });
        onEvacuated();
      },
    },
  });
}
