import type { Clock, Timer } from '../../ports/clock.ts';
import type { KeyValue, LeaseId } from '../../ports/store.ts';
import { toOrderKey } from './ordered-keys.ts';

interface LocalLease {
  readonly ttlMs: number;
  readonly orderKeys: Set<string>;
  deadlineMs: number;
  timer: Timer | undefined;
}

/** Leases that are granted durably. Ages count on the monotonic clock. */
export class LocalLeases {
  readonly #leases = new Map<LeaseId, LocalLease>();
  readonly #clock: Clock;
  readonly #onExpired: (id: LeaseId) => void;

  constructor(clock: Clock, onExpired: (id: LeaseId) => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  has(id: LeaseId): boolean {
    return this.#leases.has(id);
  }

  add(id: LeaseId, ttlMs: number): void {
    const deadlineMs = this.#clock.nowMs() + ttlMs;
    const lease: LocalLease = { ttlMs, orderKeys: new Set(), deadlineMs, timer: undefined };
    this.#leases.set(id, lease);
    this.#arm(id, lease);
  }

  remove(id: LeaseId): void {
    this.#clock.clearTimeout(this.#leases.get(id)?.timer);
    this.#leases.delete(id);
  }

  /** The TTL, counted anew from now; undefined when the lease is gone. */
  renew(id: LeaseId): number | undefined {
    const lease = this.#leases.get(id);
    if (lease === undefined || this.#isDue(lease)) return undefined;
    lease.deadlineMs = this.#clock.nowMs() + lease.ttlMs;
    return lease.ttlMs;
  }

  remainingMs(id: LeaseId): number | undefined {
    const lease = this.#leases.get(id);
    if (lease === undefined || this.#isDue(lease)) return undefined;
    return lease.deadlineMs - this.#clock.nowMs();
  }

  /** Keeps the keys of each lease in step with a change. */
  move(key: string, from: KeyValue | undefined, to: KeyValue | undefined): void {
    if (from?.lease === to?.lease) return;
    const orderKey = toOrderKey(key);
    if (from?.lease !== undefined) this.#leases.get(from.lease)?.orderKeys.delete(orderKey);
    if (to?.lease !== undefined) this.#leases.get(to.lease)?.orderKeys.add(orderKey);
  }

  orderKeysOf(id: LeaseId): string[] {
    return [...(this.#leases.get(id)?.orderKeys ?? [])].sort();
  }

  /** Asks for the end again, after the disk had refused it. */
  retryExpired(): void {
    for (const [id, lease] of this.#leases) if (this.#isDue(lease)) this.#onExpired(id);
  }

  close(): void {
    for (const id of [...this.#leases.keys()]) this.remove(id);
  }

  #isDue(lease: LocalLease): boolean {
    return this.#clock.nowMs() >= lease.deadlineMs;
  }

  /** One timer per lease and TTL: a renewal moves the deadline and leaves the timer alone. */
  #arm(id: LeaseId, lease: LocalLease): void {
    const delayMs = lease.deadlineMs - this.#clock.nowMs();
    lease.timer = this.#clock.setTimeout(() => {
      lease.timer = undefined;
      if (this.#isDue(lease)) this.#onExpired(id);
      else this.#arm(id, lease);
    }, delayMs);
  }
}
