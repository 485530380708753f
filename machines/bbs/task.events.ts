import type { TaskDefinition } from '../../src/model/bbs/messages/tasks.ts';
import type { Generation } from './lrp.context.ts';

interface TaskFacts {
  readonly generation: Generation;
  /** Nanoseconds since 1970. */
  readonly now: bigint;
}

/** Commands for one task (diego.md §6), from requests and from convergence. */
export type TaskCommand = TaskFacts &
  (
    | {
        readonly type: 'DESIRE';
        readonly taskGuid: string;
        readonly domain: string;
        readonly definition: TaskDefinition;
      }
    | { readonly type: 'START'; readonly cellId: string }
    | { readonly type: 'CANCEL' }
    | { readonly type: 'FAIL'; readonly reason: string }
    | {
        readonly type: 'COMPLETE';
        readonly cellId: string;
        readonly failed: boolean;
        readonly reason: string;
        readonly result: string;
      }
    | { readonly type: 'REJECT'; readonly reason: string; readonly maxRetries: number }
    | { readonly type: 'RESOLVE' }
    | { readonly type: 'DELETE' }
    /** Pending for too long (§6.4). */
    | { readonly type: 'EXPIRE' }
    | { readonly type: 'LOSE_CELL' }
    /** Its callback came to nothing: to be tried again. */
    | { readonly type: 'DEMOTE' }
    /** Completed for too long. */
    | { readonly type: 'PRUNE' }
  );
