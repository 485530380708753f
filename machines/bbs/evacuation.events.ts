import type { InstanceCommand, RunningFields } from './lrp.context.ts';

/** What a cell that empties itself says of one of its instances (diego.md §4). */
export type EvacuationCommand =
  | ({ readonly type: 'REMOVE_EVACUATING' } & InstanceCommand)
  /** Its cell is not registered any more (§7.2 step 1). */
  | ({ readonly type: 'LOSE_CELL' } & InstanceCommand)
  | ({ readonly type: 'EVACUATE_CLAIMED' } & InstanceCommand)
  | ({ readonly type: 'EVACUATE_STOPPED' } & InstanceCommand)
  | ({ readonly type: 'EVACUATE_CRASHED' } & InstanceCommand)
  | ({
      readonly type: 'EVACUATE_RUNNING';
      /** The desired LRP is to be recreated: the container goes before its replacement runs. */
      readonly isRecreated: boolean;
      /** As many ORDINARY rows of the process run as are desired. */
      readonly areEnoughRunning: boolean;
    } & InstanceCommand &
      RunningFields);
