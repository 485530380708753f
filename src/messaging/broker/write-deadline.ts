import type { Timer } from '../../ports/clock.ts';
import type { BrokerCore } from './broker-core.ts';
import type { ClientConnection } from './client-connection.ts';

/** Cuts a client whose kernel buffer stays full for longer than the write deadline. */
export class WriteDeadline {
  readonly #core: BrokerCore;
  readonly #client: ClientConnection;
  #timer: Timer | undefined;
  /** Since when a write has been waiting without one being finished. */
  #waitingSinceMs: number | undefined;

  constructor(core: BrokerCore, client: ClientConnection) {
    this.#core = core;
    this.#client = client;
  }

  /** The kernel did not take everything. */
  watch(): void {
    this.#waitingSinceMs ??= this.#core.clock.nowMs();
    this.#timer ??= this.#arm(this.#core.options.writeDeadlineMs);
  }

  /** A write was finished; the next one has the whole time again. */
  progressed(): void {
    if (this.#waitingSinceMs === undefined) return;
    const isWaiting = this.#client.unwrittenBytes > 0;
    this.#waitingSinceMs = isWaiting ? this.#core.clock.nowMs() : undefined;
  }

  stop(): void {
    this.#core.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waitingSinceMs = undefined;
  }

  #arm(delayMs: number): Timer {
    return this.#core.clock.setTimeout(
      () => this.#core.guard(this.#client, () => this.#check()),
      delayMs,
    );
  }

  /** The timer is not moved with every write; it looks again when it was too early. */
  #check(): void {
    this.#timer = undefined;
    if (this.#waitingSinceMs === undefined) return;
    const waitedMs = this.#core.clock.nowMs() - this.#waitingSinceMs;
    const leftMs = this.#core.options.writeDeadlineMs - waitedMs;
    if (leftMs > 0) this.#timer = this.#arm(leftMs);
    else this.#client.cutSlowConsumer('Slow Consumer (Write Deadline)');
  }
}
