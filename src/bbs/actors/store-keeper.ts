import type { StoreKeeperEvent } from '../../../machines/bbs/bbs.events.ts';
import { storeKeeperMachine } from '../../../machines/bbs/store-keeper.machine.ts';
import { StartupError } from '../../../machines/kernel/failures.ts';
import { resource } from '../../kernel/resource.ts';
import type { Store, StoreResult } from '../../ports/store.ts';

export interface StoreHolder {
  /** As it is open now. */
  current: Store | undefined;
}

export interface StoreKeeping {
  readonly holder: StoreHolder;
  readonly open: () => Promise<StoreResult<Store>>;
  /** What a person can do about a store that does not open. */
  readonly advice: string;
}

/** Opens the store, and closes it when the node stops. */
export function storeKeeperLogic({ holder, open, advice }: StoreKeeping) {
  const store = resource<StoreKeeperEvent, Record<string, never>>((_input, scope) => {
    let isWanted = true;
    open()
      .then(async (opened) => {
        if (!opened.ok) {
          const { code, message } = opened.error;
          throw new StartupError(`store: ${message} (${code})`, advice);
        }
        if (!isWanted) return await opened.value.close();
        holder.current = opened.value;
        scope.send({ type: 'STORE_OPENED' });
      })
      .catch((error: unknown) => scope.fail(error));
    return () => {
      isWanted = false;
      const { current } = holder;
      holder.current = undefined;
      void current?.close();
    };
  });
  return storeKeeperMachine.provide({ actors: { store } });
}
