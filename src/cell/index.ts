/** Composes a cell: the data that outlives its actors, and the supervisor's list of children. */
import type { ChildSpec } from '../../machines/kernel/supervisor.machine.ts';
import { createBbsClient } from '../clients/bbs-client.ts';
import { cellLogic } from './actors/cell-actor.ts';
import { evacuationLogic } from './actors/evacuation-actor.ts';
import type { Executor } from './executor/executor.ts';
import { CELL_LIMITS, type CellOptions } from './options.ts';
import { createBbsCalls } from './rep/bbs-calls.ts';
import { createRepWork } from './rep/rep-work.ts';
import { CELL_NAMES, type CellPorts, type CellState } from './state.ts';

export { createExecutor } from './executor/create-executor.ts';

export interface Cell {
  readonly state: CellState;
  /** In start order; the evacuation ends before the cell does. */
  readonly children: readonly ChildSpec[];
}

export interface CellParts {
  readonly executor: Executor;
  /** Ends what an earlier run left; called once. */
  readonly reap: () => Promise<{ readonly processes: number; readonly directories: number }>;
  /** The same in every run on one data directory. */
  readonly owner: string;
  /** Called when an evacuation is over. */
  readonly onEvacuated: () => void;
}

const READY_TIMEOUT_MS = 60_000;
/** For an actor to end, beyond what it waits for. */
const GRACE_MS = 5000;

function createState(options: CellOptions, ports: CellPorts, executor: Executor) {
  const bbs = createBbsClient({
    clock: ports.clock,
    url: options.bbsUrl,
    tls: options.bbsTls,
    timeoutMs: options.communicationTimeoutMs,
  });
  const work = createRepWork({
    workers: CELL_LIMITS.operations,
    capacity: CELL_LIMITS.operationsWaiting,
    onFault: (guid, error) => {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      ports.log.error('rep.operation-failed', { guid, error: text });
    },
  });
  const state: CellState = {
    options,
    ports,
    executor,
    calls: createBbsCalls(bbs, options.cellId),
    news: new Map(),
    handedOver: new Set(),
    resultFiles: new Map(),
    work,
    boundPort: undefined,
    isEvacuating: false,
    isStopping: false,
  };
  return { state, bbs };
}

export function createCell(options: CellOptions, ports: CellPorts, parts: CellParts): Cell {
  const { executor, owner, onEvacuated } = parts;
  const { state, bbs } = createState(options, ports, executor);
  let reaped: ReturnType<CellParts['reap']> | undefined;
  const isEvacuating = (): boolean => state.isEvacuating;
  const reap = (): ReturnType<CellParts['reap']> => {
    // Only what an earlier process left: after a crash of the actor the containers run on.
    reaped ??= parts.reap();
    return reaped;
  };
  const cell: ChildSpec = {
    id: 'cell',
    name: CELL_NAMES.cell,
    logic: cellLogic(state, { reap, owner, onEvacuated }),
    input: { isEvacuating },
    restart: 'permanent',
    readyTimeoutMs: READY_TIMEOUT_MS,
    shutdownMs: options.stopTimeoutMs + GRACE_MS,
  };
  const { evacuationTimeoutMs } = options;
  const { lookTimeoutMs } = CELL_LIMITS;
  const evacuation: ChildSpec = {
    id: 'evacuation',
    name: CELL_NAMES.evacuation,
    logic: evacuationLogic(state, bbs),
    input: {
      tell: ports.tell,
      cellName: CELL_NAMES.cell,
      isEvacuating,
      evacuationTimeoutMs,
      lookTimeoutMs,
    },
    restart: 'permanent',
    readyTimeoutMs: READY_TIMEOUT_MS,
    shutdownMs: evacuationTimeoutMs + lookTimeoutMs + GRACE_MS,
  };
  return { state, children: [cell, evacuation] };
}
