import type { Clock } from '../../ports/clock.ts';
import type { Revision, StoreEvent, WatchListener } from '../../ports/store.ts';

interface Delivery {
  readonly clock: Clock;
  readonly listener: WatchListener;
  /** The promise of the listener has settled: the next call may follow. */
  onSettled(): void;
  onFailed(): void;
}

/**
 * Calls the listener once. True when it is done already. A throw of the listener is its owner's
 * bug: it must not stop the other watchers, nor be lost.
 */
export function deliverEvents(
  { clock, listener, onSettled, onFailed }: Delivery,
  events: readonly StoreEvent[],
  revision: Revision,
): boolean {
  const fail = (error: unknown): void => {
    onFailed();
    clock.defer(() => {
      throw error;
    });
  };
  try {
    const settled = listener.onEvents(events, revision);
    if (settled === undefined) return true;
    settled.then(onSettled, fail);
  } catch (error) {
    fail(error);
  }
  return false;
}
