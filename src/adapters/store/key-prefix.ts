import type {
  Compare,
  KeyValue,
  KeyValueStore,
  Operation,
  OperationResult,
  StoreEvent,
} from '../../ports/store.ts';

/** The same store with all keys below `root`: several installations may share one etcd. */
export function withKeyPrefix(store: KeyValueStore, root: string): KeyValueStore {
  const strip = (kv: KeyValue): KeyValue => ({ ...kv, key: kv.key.slice(root.length) });
  const outer = <T extends { readonly key: string }>(own: T): T => ({
    ...own,
    key: root + own.key,
  });

  const operation = (own: Operation): Operation =>
    own.type === 'deletePrefix' ? { ...own, prefix: root + own.prefix } : outer(own);

  const response = (own: OperationResult): OperationResult =>
    own.type === 'get' && own.kv !== undefined ? { type: 'get', kv: strip(own.kv) } : own;

  function event(own: StoreEvent): StoreEvent {
    const key = own.key.slice(root.length);
    if (own.type === 'delete') return { ...own, key, previous: strip(own.previous) };
    return { ...own, key, kv: strip(own.kv), previous: own.previous && strip(own.previous) };
  }

  return {
    async get(key) {
      const got = await store.get(root + key);
      if (!got.ok || got.value.kv === undefined) return got;
      return { ok: true, value: { ...got.value, kv: strip(got.value.kv) } };
    },
    async range(prefix, options = {}) {
      const { after } = options;
      const inner = after === undefined ? options : { ...options, after: root + after };
      const listed = await store.range(root + prefix, inner);
      if (!listed.ok) return listed;
      return { ok: true, value: { ...listed.value, kvs: listed.value.kvs.map(strip) } };
    },
    async txn({ compare = [], success, failure = [] }) {
      const done = await store.txn({
        compare: compare.map((own): Compare => outer(own)),
        success: success.map(operation),
        failure: failure.map(operation),
      });
      if (!done.ok) return done;
      return { ok: true, value: { ...done.value, responses: done.value.responses.map(response) } };
    },
    watch: (prefix, fromRevision, listener) =>
      store.watch(root + prefix, fromRevision, {
        onEvents: (events, revision) => listener.onEvents(events.map(event), revision),
        onEnd: (error) => listener.onEnd(error),
      }),
    compact: (revision) => store.compact(revision),
    grantLease: (ttlMs) => store.grantLease(ttlMs),
    keepLeaseAlive: (id) => store.keepLeaseAlive(id),
    revokeLease: (id) => store.revokeLease(id),
    leaseTimeToLive: (id) => store.leaseTimeToLive(id),
  };
}
