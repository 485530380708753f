import type { Clock } from '../../ports/clock.ts';
import type { Revision, StoreEvent, WatchListener } from '../../ports/store.ts';

/**
 * Calls a watch's listener, one revision at a time. A throw of the listener is its owner's bug: it
 * must not stop the other watchers, nor be lost.
 */
export class Delivery {
  readonly #clock: Clock;
  readonly #listener: WatchListener;
  readonly #onSettled: () => void;
  readonly #onFailed: () => void;
  #isBusy = false;

  /** `onSettled`: the promise of the listener has settled, the next call may follow. */
  constructor(clock: Clock, listener: WatchListener, onSettled: () => void, onFailed: () => void) {
    this.#clock = clock;
    this.#listener = listener;
    this.#onSettled = onSettled;
    this.#onFailed = onFailed;
  }

  /** While it is, nothing may be delivered. It stays so after a failure. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  deliver(events: readonly StoreEvent[], revision: Revision): void {
    this.#isBusy = true;
    try {
      const settled = this.#listener.onEvents(events, revision);
      if (settled === undefined) this.#isBusy = false;
      else
        settled.then(
          () => this.#settle(),
          (error: unknown) => this.#fail(error),
        );
    } catch (error) {
      this.#fail(error);
    }
  }

  #settle(): void {
    this.#isBusy = false;
    this.#onSettled();
  }

  #fail(error: unknown): void {
    this.#onFailed();
    this.#clock.defer(() => {
      throw error;
    });
  }
}
