import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../ports/clock.ts';
import type { Store, StoreResult } from '../../ports/store.ts';
import { completeStore } from './complete-store.ts';
import { LmdbDisk } from './lmdb-disk.ts';
import { LocalStore } from './local-store.ts';
import { failure, success } from './results.ts';

const FILE_NAME = 'store.mdb';

export interface LmdbStoreOptions {
  readonly clock: Clock;
  /** Holds the file `store.mdb` and LMDB's lock file; made when missing. */
  readonly directory: string;
  readonly keyPrefix?: string;
  readonly historyRevisions?: number;
  readonly historyBytes?: number;
  /** Most bytes of the file; by default it grows with the disk. */
  readonly mapSize?: number;
}

/** The default store. Leases begin anew with their full TTL. */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<StoreResult<Store>> {
  const { clock, directory, keyPrefix, mapSize, ...history } = options;
  const path = join(directory, FILE_NAME);
  try {
    mkdirSync(directory, { recursive: true });
    const disk = new LmdbDisk({ path, ...(mapSize === undefined ? {} : { mapSize }) });
    const saved = disk.load();
    const inner = new LocalStore({ clock, disk, saved, ...history });
    return success(completeStore(inner, clock, keyPrefix));
  } catch (error) {
    return failure('corrupt', `${path}: ${(error as Error).message}`);
  }
}
