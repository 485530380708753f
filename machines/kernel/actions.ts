import { enqueueActions } from 'xstate';
import type { ResourceFailedEvent } from './supervisor.events.ts';

/** Tells the supervisor that this actor serves now, so that the next sibling may start. */
// biome-ignore lint/suspicious/noExplicitAny: it fits machines of every context and event
export const announceReady = (): any =>
  enqueueActions(({ enqueue, self }) => {
    const parent = self._parent;
    if (parent !== undefined) enqueue.sendTo(parent, { type: 'CHILD_READY', actorId: self.id });
  });

/**
 * Crashes the actor with the error of its resource. The only way in which a failure of a timer or
 * socket callback reaches the supervisor (xstate.md §1.4: a throw there would end the process).
 */
export const crash = ({ event }: { event: { type: string } }): never => {
  throw (event as ResourceFailedEvent).error;
};
