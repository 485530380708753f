import type { Clock } from '../../ports/clock.ts';
import type { Store } from '../../ports/store.ts';
import { completeStore } from './complete-store.ts';
import { EMPTY_STATE } from './local-state.ts';
import { LocalStore } from './local-store.ts';

export interface MemoryStoreOptions {
  readonly clock: Clock;
  readonly keyPrefix?: string;
  readonly historyRevisions?: number;
  readonly historyBytes?: number;
}

/** For tests and simulation: the default store without its disk. */
export function createMemoryStore({ clock, keyPrefix, ...history }: MemoryStoreOptions): Store {
  return completeStore(new LocalStore({ clock, saved: EMPTY_STATE, ...history }), clock, keyPrefix);
}
