import { rmSync } from 'node:fs';
import { createRealClock } from '../../src/adapters/clock/real-clock.ts';
import { createVirtualClock, type VirtualClock } from '../../src/adapters/clock/virtual-clock.ts';
import { createEtcdStore } from '../../src/adapters/store/etcd-store.ts';
import { openLmdbStore } from '../../src/adapters/store/lmdb-store.ts';
import { createMemoryStore } from '../../src/adapters/store/memory-store.ts';
import { type Fixture, sleep, value } from './contract/kit.ts';
import type { EtcdServer } from './etcd-server.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Small steps, with real time in between for the disk. */
async function advance(clock: VirtualClock, ms: number): Promise<void> {
  for (let step = 0; step < 10; step += 1) {
    clock.advance(ms / 10);
    await sleep(1);
  }
}

const memory: Fixture = {
  name: 'memory',
  leaseToleranceMs: 0,
  shortTtlMs: 3_000,
  async open() {
    const clock = createVirtualClock();
    const store = createMemoryStore({ clock });
    return {
      store,
      advance: (ms) => advance(clock, ms),
      second: async () => store,
      dispose: () => store.close(),
    };
  },
};

const lmdb: Fixture = {
  name: 'lmdb',
  leaseToleranceMs: 0,
  shortTtlMs: 3_000,
  async open() {
    const clock = createVirtualClock();
    const directory = temporaryDirectory();
    let store = value(await openLmdbStore({ clock, directory }));
    return {
      get store() {
        return store;
      },
      advance: (ms) => advance(clock, ms),
      second: async () => store,
      async reopen() {
        await store.close();
        store = value(await openLmdbStore({ clock, directory }));
        return store;
      },
      async dispose() {
        await store.close();
        rmSync(directory, { recursive: true });
      },
    };
  },
};

/** All tests share one server; each has keys of its own. */
export function etcdFixture(server: () => EtcdServer): Fixture {
  let count = 0;
  return {
    name: 'etcd',
    // It looks for ended leases twice a second, and counts from after its own bookkeeping.
    leaseToleranceMs: 1_500,
    shortTtlMs: 1_000,
    async open() {
      count += 1;
      const options = {
        clock: createRealClock(),
        hosts: [server().host],
        keyPrefix: `/test-${count}/`,
      };
      const stores = [createEtcdStore(options)];
      const [store] = stores as [(typeof stores)[0] & object];
      return {
        store,
        advance: sleep,
        async second() {
          const other = createEtcdStore(options);
          stores.push(other);
          return other;
        },
        async dispose() {
          for (const own of stores) await own.close();
        },
      };
    },
  };
}

export const localFixtures: readonly Fixture[] = [memory, lmdb];
