/** What the actors of a cell share: it outlives them (DESIGN §4 rule 5). */
import type { Tell } from '../../machines/kernel/tell.ts';
import type { ActualLRPInternalRoute } from '../model/bbs/messages/actual-lrp.ts';
import type { Of } from '../model/bbs/messages/common.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import type { Executor } from './executor/executor.ts';
import type { CellOptions } from './options.ts';
import type { BbsCalls } from './rep/bbs-calls.ts';
import type { RepWork } from './rep/rep-work.ts';

export const CELL_NAMES = { cell: 'cell/cell', evacuation: 'cell/evacuation' } as const;

export interface CellPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly tell: Tell;
}

/** What of an instance is only told to the BBS and the router. */
export interface InstanceNews {
  readonly internalRoutes: readonly Of<typeof ActualLRPInternalRoute>[];
  readonly metricTags: ReadonlyMap<string, string>;
}

export interface CellState {
  readonly options: CellOptions;
  readonly ports: CellPorts;
  readonly executor: Executor;
  readonly calls: BbsCalls;
  /** By instance guid. */
  readonly news: Map<string, InstanceNews>;
  /** Instances whose replacement was asked for. */
  readonly handedOver: Set<string>;
  /** Of tasks, by guid: the path of what is told as their result. */
  readonly resultFiles: Map<string, string>;
  readonly work: RepWork;
  /** Of the rep API, once it listens. */
  boundPort: number | undefined;
  isEvacuating: boolean;
  isStopping: boolean;
}
