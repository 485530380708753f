import type { ActorRefLike, InspectionEvent } from 'xstate';

/** The internals of XState 5.33 that the reaper needs; `test/kernel/reaper.test.ts` pins them. */
interface ActorInternals {
  readonly _parent?: ActorRefLike;
  _stop(): void;
  readonly system: { _unregister(actor: ActorRefLike): void };
}

const internals = (ref: ActorRefLike): ActorInternals => ref as unknown as ActorInternals;

export interface Reaper {
  observe(event: InspectionEvent): void;
  /** Stops everything below an actor that is dead. */
  reap(dead: ActorRefLike): void;
}

/**
 * Stops what a crashed machine leaves running. XState ends the machine but not its children
 * (statelyai/xstate#5153): without this their sockets and timers would stay for ever, and a child
 * that never started would keep its name (xstate.md §2.4).
 */
export function createReaper(): Reaper {
  const childrenOf = new Map<ActorRefLike, Set<ActorRefLike>>();

  function forget(ref: ActorRefLike): void {
    childrenOf.delete(ref);
    const parent = internals(ref)._parent;
    if (parent !== undefined) childrenOf.get(parent)?.delete(ref);
  }

  function reap(dead: ActorRefLike): void {
    for (const child of childrenOf.get(dead) ?? []) {
      reap(child);
      internals(child)._stop();
      internals(child).system._unregister(child);
    }
    forget(dead);
  }

  function observe(event: InspectionEvent): void {
    if (event.type === '@xstate.actor') {
      const parent = internals(event.actorRef)._parent;
      if (parent === undefined) return;
      const siblings = childrenOf.get(parent) ?? new Set();
      siblings.add(event.actorRef);
      childrenOf.set(parent, siblings);
    } else if (event.type === '@xstate.event') {
      if (event.event.type.startsWith('xstate.error.actor.') && event.sourceRef !== undefined) {
        reap(event.sourceRef);
      }
    } else if (event.type === '@xstate.snapshot' && event.snapshot.status !== 'active') {
      forget(event.actorRef);
    }
  }

  return { observe, reap };
}
