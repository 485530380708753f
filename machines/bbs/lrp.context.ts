/** What the machines of one index of a long-running process work on. */
import type { BbsError } from '../../src/model/bbs/errors.ts';
import type {
  ActualLRP,
  ActualLRPInstanceKey,
  ActualLRPKey,
  ActualLRPNetInfo,
  StartActualLRPRequest,
} from '../../src/model/bbs/messages/actual-lrp.ts';
import type { Of } from '../../src/model/bbs/messages/common.ts';

/** Rules of today, or those of autumn 2015 where they differ (diego.md). */
export type Generation = 'today' | '2015';

/** The rows of one index: at most one of each presence (diego.md §3). */
export interface LrpSlots {
  readonly ordinary: ActualLRP | undefined;
  readonly evacuating: ActualLRP | undefined;
  readonly suspect: ActualLRP | undefined;
}

/** What is to follow from a step, besides the rows themselves. */
export interface LrpOutcome {
  error: BbsError | undefined;
  /** Ask the auctioneer for a new place. */
  isAuctionWanted: boolean;
  /** Tell the cell of the ordinary row to stop it. */
  isStopWanted: boolean;
  /** Streams hear of a crash (§10.2). */
  hasCrashed: boolean;
  keepContainer: boolean;
  /** What the evacuation wants to happen to the ordinary row in the same step. */
  next: 'UNCLAIM' | 'REMOVE' | 'CRASH' | undefined;
}

export interface LrpContext {
  ordinary: ActualLRP | undefined;
  evacuating: ActualLRP | undefined;
  suspect: ActualLRP | undefined;
  outcome: LrpOutcome;
}

const NO_OUTCOME: LrpOutcome = {
  error: undefined,
  isAuctionWanted: false,
  isStopWanted: false,
  hasCrashed: false,
  keepContainer: false,
  next: undefined,
};

export const lrpContext = (slots: LrpSlots): LrpContext => ({
  ordinary: slots.ordinary,
  evacuating: slots.evacuating,
  suspect: slots.suspect,
  outcome: { ...NO_OUTCOME },
});

/** Rows are replaced, never written into, so a copy of the frame is enough. */
export const copyLrpContext = (context: LrpContext): LrpContext => ({
  ...context,
  outcome: { ...context.outcome },
});

/** What every command brings along from outside: time, a fresh epoch, the rules. */
export interface CommandFacts {
  readonly generation: Generation;
  /** Nanoseconds since 1970. */
  readonly now: bigint;
  /** For a row that may be created. */
  readonly epoch: string;
}

export interface KeyedCommand extends CommandFacts {
  readonly key: ActualLRPKey;
}

export interface InstanceCommand extends KeyedCommand {
  readonly instanceKey: ActualLRPInstanceKey;
}

type StartFields = Of<typeof StartActualLRPRequest>;

/** What a start or an evacuation tells about the running instance. */
export interface RunningFields {
  readonly netInfo: ActualLRPNetInfo;
  readonly internalRoutes: StartFields['actual_lrp_internal_routes'];
  readonly metricTags: ReadonlyMap<string, string>;
  readonly routable: boolean;
  readonly availabilityZone: string;
}
