/** How a component is to stop: `drain` finishes work in hand, `fast` cuts it. */
export type ShutdownMode = 'drain' | 'fast';

/** The one event that every supervised actor understands. */
export interface ShutdownEvent {
  readonly type: 'SHUTDOWN';
  readonly mode: ShutdownMode;
}

/** What an invoked resource reports when its own code failed; the actor crashes on it. */
export interface ResourceFailedEvent {
  readonly type: 'RESOURCE_FAILED';
  readonly error: unknown;
}

export type SupervisorEvent =
  | ShutdownEvent
  | { readonly type: 'CHILD_READY'; readonly actorId: string }
  | { readonly type: 'CHILD_READY_TIMEOUT'; readonly actorId: string }
  | { readonly type: 'CHILD_STOP_TIMEOUT'; readonly actorId: string }
  | { readonly type: 'RESTART_DUE'; readonly dueAtMs: number }
  | { readonly type: `xstate.done.actor.${string}`; readonly actorId: string }
  | {
      readonly type: `xstate.error.actor.${string}`;
      readonly actorId: string;
      readonly error: unknown;
    };
