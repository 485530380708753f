import type { ImageEvent } from '../../../machines/bbs/bbs.events.ts';
import { imageMachine } from '../../../machines/bbs/image.machine.ts';
import { resource } from '../../kernel/resource.ts';
import { type Following, followStore } from '../image/follow-store.ts';
import { BBS_NAMES, type BbsState } from '../state.ts';

/** Loads the image and follows the store. */
export function imageLogic(state: BbsState) {
  const { ports } = state;
  const follow = resource<ImageEvent, Record<string, never>>((_input, scope) => {
    let isOpen = true;
    let following: Following | undefined;
    const outdated = (reason: string): void => scope.send({ type: 'IMAGE_OUTDATED', reason });
    const open = async (): Promise<void> => {
      const store = ports.store();
      if (store === undefined) return outdated('the store is not open');
      const result = await followStore(state, store, {
        onCellLost: () => ports.notify(BBS_NAMES.convergence, { type: 'CELL_LOST' }),
        onEnd: (error) => outdated(error.message),
      });
      if (!result.ok) return outdated(result.error.message);
      following = result.following;
      if (isOpen) scope.send({ type: 'IMAGE_LOADED', records: following.records });
      else following.cancel();
    };
    open().catch((error: unknown) => scope.fail(error));
    return () => {
      isOpen = false;
      following?.cancel();
    };
  });
  return imageMachine.provide({
    actors: { follow },
    actions: {
      openRequests: () => {
        state.isFollowing = true;
      },
      closeRequests: () => {
        state.isFollowing = false;
        // What is missed from here on must be read anew.
        state.hub.endAll();
      },
      logOutdated: ({ event }) => ports.log.warn('bbs.image.outdated', { ...event }),
    },
  });
}
