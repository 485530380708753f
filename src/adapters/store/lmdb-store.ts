import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../ports/clock.ts';
import type { Store, StoreResult } from '../../ports/store.ts';
import { damageOf } from './check-lmdb-file.ts';
import { completeStore } from './complete-store.ts';
import { LmdbDisk } from './lmdb-disk.ts';
import { CorruptRecord } from './lmdb-records.ts';
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
}

/** MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_VERSION_MISMATCH, MDB_INVALID, MDB_BAD_DBI. */
const DAMAGE_CODES = new Set([-30796, -30797, -30794, -30793, -30780]);

const isDamage = (error: unknown): boolean =>
  error instanceof CorruptRecord ||
  // A record that is shorter than it says.
  error instanceof RangeError ||
  DAMAGE_CODES.has((error as { readonly code?: number }).code ?? 0);

/** The default store. Leases begin anew with their full TTL. */
export async function openLmdbStore(options: LmdbStoreOptions): Promise<StoreResult<Store>> {
  const { clock, directory, keyPrefix, ...history } = options;
  const path = join(directory, FILE_NAME);
  let disk: LmdbDisk | undefined;
  try {
    mkdirSync(directory, { recursive: true });
    const damage = damageOf(path);
    if (damage !== undefined) return failure('corrupt', `${path}: ${damage}`);
    disk = new LmdbDisk(path);
    const saved = disk.load();
    const other = disk.otherOwner();
    if (other !== undefined) {
      await disk.close();
      return failure('unavailable', `${path} is in use by process ${other}`);
    }
    const inner = new LocalStore({ clock, disk, saved, ...history });
    return success(completeStore(inner, clock, keyPrefix));
  } catch (error) {
    await disk?.close();
    return failure(
      isDamage(error) ? 'corrupt' : 'unavailable',
      `${path}: ${(error as Error).message}`,
    );
  }
}
