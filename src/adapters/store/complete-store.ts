import type { Clock } from '../../ports/clock.ts';
import type { KeyValueStore, Store } from '../../ports/store.ts';
import {
  keyProblem,
  rangeProblem,
  revisionProblem,
  transactionProblem,
  ttlProblem,
} from './check-request.ts';
import { campaign, observeLeader } from './election.ts';
import { holdLease } from './hold-lease.ts';
import { withKeyPrefix } from './key-prefix.ts';
import { failedWatch } from './results.ts';

/** Refuses bad requests before the store sees them, so that all stores refuse the same. */
function withChecks(store: KeyValueStore): KeyValueStore {
  return {
    get: async (key) => keyProblem(key) ?? store.get(key),
    range: async (prefix, options = {}) =>
      rangeProblem(prefix, options) ?? store.range(prefix, options),
    txn: async (transaction) => transactionProblem(transaction) ?? store.txn(transaction),
    watch(prefix, fromRevision, listener) {
      const problem = keyProblem(prefix, true) ?? revisionProblem(fromRevision, 1);
      return problem === undefined
        ? store.watch(prefix, fromRevision, listener)
        : failedWatch(problem.error, listener);
    },
    compact: async (revision) => revisionProblem(revision, 1) ?? store.compact(revision),
    grantLease: async (ttlMs) => ttlProblem(ttlMs) ?? store.grantLease(ttlMs),
    keepLeaseAlive: (id) => store.keepLeaseAlive(id),
    revokeLease: (id) => store.revokeLease(id),
    leaseTimeToLive: (id) => store.leaseTimeToLive(id),
  };
}

/** Adds what every store builds from transactions, watches and leases alone. */
export function completeStore(
  inner: KeyValueStore & { close(): Promise<void> },
  clock: Clock,
  keyPrefix = '',
): Store {
  const store = withChecks(keyPrefix === '' ? inner : withKeyPrefix(inner, keyPrefix));
  return {
    ...store,
    holdLease: (ttlMs, onLost) => holdLease(store, clock, ttlMs, onLost),
    campaign: (name, value, lease, listener) =>
      campaign(store, clock, name, value, lease, listener),
    observeLeader: (name, onLeader) => observeLeader(store, clock, name, onLeader),
    close: () => inner.close(),
  };
}
