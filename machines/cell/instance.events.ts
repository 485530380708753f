/** What a container hears in its life (diego.md §13.5). */
import type { ResourceFailedEvent, ShutdownEvent } from '../kernel/supervisor.events.ts';

export interface InstancePort {
  readonly containerPort: number;
  readonly hostPort: number;
}

export type InstanceEvent =
  | {
      readonly type: 'RUN_REQUESTED';
      /** Nothing is checked: it runs as soon as its process was started. */
      readonly isUnmonitored: boolean;
      /** Its readiness is checked: it gets no traffic before. */
      readonly hasReadiness: boolean;
      /** 0: none. */
      readonly startTimeoutMs: number;
    }
  | { readonly type: 'CONTAINER_CREATED'; readonly ports: readonly InstancePort[] }
  | { readonly type: 'CREATION_FAILED'; readonly reason: string; readonly isRetryable: boolean }
  /** The first process of its action runs. */
  | { readonly type: 'ACTION_STARTED' }
  /** Setup or action is over. */
  | { readonly type: 'ACTION_ENDED'; readonly isFailed: boolean; readonly reason: string }
  | { readonly type: 'CHECK_PASSED' }
  | { readonly type: 'CHECK_FAILED'; readonly reason: string }
  | { readonly type: 'READINESS_CHANGED'; readonly isRoutable: boolean }
  | { readonly type: 'LIMIT_EXCEEDED'; readonly reason: string }
  | { readonly type: 'STOP_REQUESTED' }
  | { readonly type: 'REMOVE_REQUESTED' }
  | { readonly type: 'PROCESSES_GONE' }
  | { readonly type: 'CONTAINER_REMOVED' }
  | ShutdownEvent
  | ResourceFailedEvent;
