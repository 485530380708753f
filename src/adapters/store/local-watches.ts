import type { Clock } from '../../ports/clock.ts';
import type { Revision, StoreError, Watch, WatchListener } from '../../ports/store.ts';
import { Delivery } from './delivery.ts';
import type { LocalState } from './local-state.ts';
import { toOrderKey } from './ordered-keys.ts';
import { failure } from './results.ts';

class LocalWatch implements Watch {
  readonly #state: LocalState;
  readonly #orderPrefix: string;
  readonly #listener: WatchListener;
  readonly #onOver: (watch: LocalWatch) => void;
  readonly #delivery: Delivery;
  #next: Revision;
  #isOver = false;

  constructor(
    state: LocalState,
    clock: Clock,
    prefix: string,
    fromRevision: Revision,
    listener: WatchListener,
    onOver: (watch: LocalWatch) => void,
  ) {
    this.#state = state;
    this.#orderPrefix = toOrderKey(prefix);
    this.#next = fromRevision;
    this.#listener = listener;
    this.#onOver = onOver;
    const again = (): void => this.advance();
    this.#delivery = new Delivery(clock, listener, again, () => this.cancel());
  }

  cancel(): void {
    this.#isOver = true;
    this.#onOver(this);
  }

  end(error: StoreError): void {
    if (this.#isOver) return;
    this.cancel();
    this.#listener.onEnd(error);
  }

  /** Delivers what is due. The history is the queue: who falls behind it is ended. */
  advance(): void {
    while (!this.#delivery.isBusy && !this.#isOver && this.#next <= this.#state.revision) {
      const { history } = this.#state;
      if (this.#next <= history.compactRevision) {
        const message = `revision ${this.#next} was cut off at ${history.compactRevision}`;
        this.end(failure('compacted', message).error);
        return;
      }
      this.#deliver(this.#next);
    }
  }

  #deliver(revision: Revision): void {
    this.#next = revision + 1;
    const entry = this.#state.history.at(revision);
    const events = entry?.events.filter(({ key }) => this.#isWatched(key)) ?? [];
    if (events.length === 0) return;
    this.#delivery.deliver(events, revision);
  }

  #isWatched(key: string): boolean {
    return toOrderKey(key).startsWith(this.#orderPrefix);
  }
}

export class LocalWatches {
  readonly #watches = new Set<LocalWatch>();
  readonly #state: LocalState;
  readonly #clock: Clock;

  constructor(state: LocalState, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
  }

  add(prefix: string, fromRevision: Revision, listener: WatchListener): Watch {
    const over = (ended: LocalWatch): void => {
      this.#watches.delete(ended);
    };
    const args = [prefix, fromRevision, listener, over] as const;
    const watch = new LocalWatch(this.#state, this.#clock, ...args);
    this.#watches.add(watch);
    queueMicrotask(() => watch.advance());
    return watch;
  }

  /** A copy of the set: a listener may cancel any watch, and start others. */
  advance(): void {
    for (const watch of [...this.#watches]) watch.advance();
  }

  endAll(error: StoreError): void {
    for (const watch of [...this.#watches]) watch.end(error);
  }
}
