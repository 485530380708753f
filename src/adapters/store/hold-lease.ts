import type { Clock, Timer } from '../../ports/clock.ts';
import type { HeldLease, KeyValueStore, StoreError, StoreResult } from '../../ports/store.ts';
import { failure, success } from './results.ts';

/** Two renewals may fail before the lease is in danger. */
const RENEWALS_PER_TTL = 3;

/**
 * Renews a lease until it is released. The lease counts as lost when the store says so, and also
 * one TTL after the last renewal that was answered was sent: by then others may have taken over.
 */
export async function holdLease(
  store: KeyValueStore,
  clock: Clock,
  ttlMs: number,
  onLost: (error: StoreError) => void,
): Promise<StoreResult<HeldLease>> {
  let sentMs = clock.nowMs();
  const granted = await store.grantLease(ttlMs);
  if (!granted.ok) return granted;
  const { id, ttlMs: grantedMs } = granted.value;
  let isOver = false;
  let timer: Timer | undefined;
  let deadline: Timer | undefined;

  function stop(): void {
    isOver = true;
    clock.clearTimeout(timer);
    clock.clearTimeout(deadline);
  }

  function lose(error: StoreError): void {
    if (isOver) return;
    stop();
    onLost(error);
  }

  function armDeadline(): void {
    clock.clearTimeout(deadline);
    deadline = clock.setTimeout(
      () => lose(failure('unavailable', `lease ${id} was not renewed in time`).error),
      sentMs + grantedMs - clock.nowMs(),
    );
  }

  async function renew(): Promise<void> {
    const nowMs = clock.nowMs();
    const renewed = await store.keepLeaseAlive(id);
    if (isOver) return;
    if (renewed.ok) {
      sentMs = nowMs;
      armDeadline();
    } else if (renewed.error.code === 'lease-not-found') {
      lose(renewed.error);
      return;
    }
    armRenewal();
  }

  function armRenewal(): void {
    timer = clock.setTimeout(() => void renew(), grantedMs / RENEWALS_PER_TTL);
  }

  armDeadline();
  armRenewal();
  return success({
    id,
    ttlMs: grantedMs,
    release() {
      stop();
      return store.revokeLease(id);
    },
  });
}
