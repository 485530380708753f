import type { ActualLRPInstanceKey } from '../../src/model/bbs/messages/actual-lrp.ts';
import type { InstanceCommand, KeyedCommand, RunningFields } from './lrp.context.ts';

/** Commands for the rows of one index (diego.md §3), from requests and from convergence. */
export type ActualLrpCommand =
  | ({ readonly type: 'CREATE' } & KeyedCommand)
  | ({ readonly type: 'CLAIM' } & InstanceCommand)
  | ({ readonly type: 'START' } & InstanceCommand & RunningFields)
  | ({ readonly type: 'CRASH'; readonly reason: string } & InstanceCommand)
  | ({ readonly type: 'FAIL'; readonly reason: string } & KeyedCommand)
  | ({
      readonly type: 'REMOVE';
      /** Absent: whatever is there. */
      readonly instanceKey: ActualLRPInstanceKey | undefined;
    } & KeyedCommand)
  | ({ readonly type: 'RETIRE'; readonly isCellKnown: boolean } & KeyedCommand)
  | ({
      readonly type: 'UNCLAIM';
      /** Whose row it must be by the rules of 2015; absent: whatever is there. */
      readonly instanceKey: ActualLRPInstanceKey | undefined;
    } & KeyedCommand)
  /** A crashed row whose back-off is over (§3.4). */
  | ({ readonly type: 'RESTART' } & KeyedCommand)
  /** The cell of the ordinary row is not registered any more (§7.1 row 1, §7.2 step 3). */
  | ({ readonly type: 'LOSE_CELL'; readonly isWanted: boolean } & KeyedCommand)
  /** The cell of the suspect row is registered again (§7.2 step 8). */
  | ({ readonly type: 'REGAIN_CELL' } & KeyedCommand)
  /** The suspect row is not needed any more (§7.2 steps 6 and 7). */
  | ({ readonly type: 'REMOVE_SUSPECT' } & KeyedCommand);
