import type { Clock } from '../../ports/clock.ts';
import type { KeyValueStore, Store } from '../../ports/store.ts';
import { campaign, observeLeader } from './election.ts';
import { holdLease } from './hold-lease.ts';
import { withKeyPrefix } from './key-prefix.ts';

/** Adds what every store builds from transactions, watches and leases alone. */
export function completeStore(
  inner: KeyValueStore & { close(): Promise<void> },
  clock: Clock,
  keyPrefix = '',
): Store {
  const store = withKeyPrefix(inner, keyPrefix);
  return {
    get: (key) => store.get(key),
    range: (prefix, options) => store.range(prefix, options),
    txn: (transaction) => store.txn(transaction),
    watch: (prefix, fromRevision, listener) => store.watch(prefix, fromRevision, listener),
    compact: (revision) => store.compact(revision),
    grantLease: (ttlMs) => store.grantLease(ttlMs),
    keepLeaseAlive: (id) => store.keepLeaseAlive(id),
    revokeLease: (id) => store.revokeLease(id),
    leaseTimeToLive: (id) => store.leaseTimeToLive(id),
    holdLease: (ttlMs, onLost) => holdLease(store, clock, ttlMs, onLost),
    campaign: (name, value, lease, listener) =>
      campaign(store, clock, name, value, lease, listener),
    observeLeader: (name, onLeader) => observeLeader(store, clock, name, onLeader),
    close: () => inner.close(),
  };
}
