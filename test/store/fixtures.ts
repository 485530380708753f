import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVirtualClock, type VirtualClock } from '../../src/adapters/clock/virtual-clock.ts';
import { openLmdbStore } from '../../src/adapters/store/lmdb-store.ts';
import { createMemoryStore } from '../../src/adapters/store/memory-store.ts';
import { type Fixture, sleep, value } from './contract/kit.ts';

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

export const temporaryDirectory = (): string => mkdtempSync(join(tmpdir(), 'troupe-store-'));

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

export const fixtures: readonly Fixture[] = [memory, lmdb];
