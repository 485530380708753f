import type { Timer } from '../../ports/clock.ts';
import type { BrokerCore } from './broker-core.ts';
import type { ClientConnection } from './client-connection.ts';
import { ERROR_TEXT } from './errors.ts';

/** After CONNECT the first PING comes soon, to measure the round trip (cfv1.md §10.7). */
const FIRST_PING_MS = 2_000;
const FIRST_PING_JITTER_SHARE = 0.2;
const ROUND_TRIP_EXPIRES_MS = 3_600_000;

/** Finds out whether the client is still there. */
export class KeepAlive {
  readonly #core: BrokerCore;
  readonly #client: ClientConnection;
  #timer: Timer | undefined;
  #pingsOutstanding = 0;
  #pingSentMs = 0;
  #lastActivityMs: number;
  #roundTripMs: number | undefined;
  #isActive = false;

  constructor(core: BrokerCore, client: ClientConnection) {
    this.#core = core;
    this.#client = client;
    this.#lastActivityMs = core.clock.nowMs();
  }

  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  start(): void {
    this.#arm(this.#core.options.pingIntervalMs);
  }

  connected(): void {
    const delayMs = Math.min(this.#core.options.pingIntervalMs, FIRST_PING_MS);
    this.#arm(delayMs * (1 + this.#core.random.next() * FIRST_PING_JITTER_SHARE));
  }

  /** The client did something of its own accord; a PONG is not that. */
  active(): void {
    this.#isActive = true;
  }

  /** A chunk was parsed. The clock is read once for all its operations. */
  settle(): void {
    if (!this.#isActive) return;
    this.#isActive = false;
    this.#lastActivityMs = this.#core.clock.nowMs();
    this.#client.lastActivityWallMs = this.#core.clock.wallMs();
  }

  ponged(): void {
    if (this.#pingsOutstanding > 0) {
      this.#roundTripMs = this.#core.clock.nowMs() - this.#pingSentMs;
    }
    this.#pingsOutstanding = 0;
  }

  stop(): void {
    this.#core.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(delayMs: number): void {
    this.stop();
    this.#timer = this.#core.clock.setTimeout(
      () => this.#core.guard(this.#client, () => this.#expired()),
      delayMs,
    );
  }

  #expired(): void {
    const { options, clock, counters } = this.#core;
    const nowMs = clock.nowMs();
    const isQuiet = nowMs - this.#lastActivityMs >= options.pingIntervalMs;
    const isRoundTripOld =
      this.#roundTripMs === undefined || nowMs - this.#pingSentMs > ROUND_TRIP_EXPIRES_MS;
    if (isQuiet || isRoundTripOld) {
      if (this.#pingsOutstanding + 1 > options.maxPingsOutstanding) {
        counters.staleConnections += 1;
        this.#client.close('Stale Connection', ERROR_TEXT.staleConnection);
        return;
      }
      this.#pingsOutstanding += 1;
      this.#pingSentMs = nowMs;
      this.#client.send('PING\r\n');
    }
    this.#arm(options.pingIntervalMs);
  }
}
