import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import type { LeaseId, Revision } from '../../ports/store.ts';
import {
  CorruptRecord,
  decodeHistory,
  decodeKv,
  decodeSummary,
  decodeTtl,
  encodeHistory,
  encodeKv,
  encodeSummary,
  encodeTtl,
  keyNumber,
  numberKey,
  SUMMARY_KEY,
} from './lmdb-records.ts';
import type { LocalBatch } from './local-batch.ts';
import { EMPTY_STATE, type SavedState } from './local-state.ts';
import type { CommitOutcome, Disk } from './local-store.ts';

type Table = Database<Buffer, Buffer>;

const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const;

/** Of errno and LMDB: no space, disk quota, file size limit, and the map is full. */
const NO_ROOM = new Set([28, 122, 27, -30792]);
/** LMDB reports a write that was cut short by a full disk as an I/O error. */
const IO_ERROR = 5;
/** With less than this the disk is full: no batch is larger, with its history and pages. */
const FULL_BELOW_BYTES = 64 * 1_024 * 1_024;

interface CommitError {
  readonly code?: number;
  readonly message: string;
  readonly commitError?: Promise<CommitError>;
}

const rejectionOf = (own: Promise<CommitError>): Promise<CommitError> =>
  own.then(
    (value) => value,
    (reason: CommitError) => reason,
  );

/** One LMDB file: the current keys, the history for watches, the leases, and a summary. */
export class LmdbDisk implements Disk {
  readonly #root: RootDatabase<Buffer, Buffer>;
  readonly #kvs: Table;
  readonly #history: Table;
  readonly #leases: Table;
  readonly #summary: Table;
  readonly #directory: string;
  #keys = 0;
  #lastLease = 0;
  #compactRevision: Revision = 0;

  constructor(path: string) {
    this.#directory = dirname(path);
    this.#root = open<Buffer, Buffer>({
      path,
      noSubdir: true,
      // A commit answers after its fdatasync, done by LMDB's own thread. With `overlappingSync`
      // an answer would come before that, and one writer alone is slower by 40 %.
      overlappingSync: false,
      // `batch` says what is one transaction. The package's own batching by turns makes a promise
      // that nobody can catch: a full disk would end the process.
      eventTurnBatching: false,
      ...BINARY,
    });
    this.#kvs = this.#root.openDB({ name: 'kv', ...BINARY });
    this.#history = this.#root.openDB({ name: 'history', ...BINARY });
    this.#leases = this.#root.openDB({ name: 'lease', ...BINARY });
    this.#summary = this.#root.openDB({ name: 'summary', ...BINARY });
  }

  /** Reads and checks everything. Throws a CorruptRecord. */
  load(): SavedState {
    const record = this.#summary.get(SUMMARY_KEY);
    // Decoded one by one: the raw records of a large store need not all be held at once.
    const kvs = Array.from(this.#kvs.getRange(), ({ key, value }) => decodeKv(key, value));
    if (record === undefined) {
      if (kvs.length > 0) throw new CorruptRecord('the summary is missing');
      return EMPTY_STATE;
    }
    const summary = decodeSummary(record);
    const { revision, compactRevision, lastLease, keys } = summary;
    if (kvs.length !== keys) throw new CorruptRecord(`${kvs.length} keys instead of ${keys}`);
    const entries = this.#history.getRange();
    const history = Array.from(entries, ({ key, value }) => decodeHistory(key, value));
    const first = Math.max(1, compactRevision) + 1;
    const isWhole = history.every((entry, index) => entry.revision === first + index);
    if (!isWhole || history.length !== revision + 1 - first) {
      throw new CorruptRecord('the history has gaps');
    }
    const leases = new Map<LeaseId, number>();
    for (const { key, value } of this.#leases.getRange()) {
      leases.set(String(keyNumber(key)), decodeTtl(key, value));
    }
    this.#keys = keys;
    this.#lastLease = lastLease;
    this.#compactRevision = compactRevision;
    return { revision, compactRevision, lastLease, leases, kvs, history };
  }

  /**
   * Another process that has the file open: its image and ours would part. LMDB lists who has read,
   * and forgets the dead. Asked after our own first read: of two at least one sees the other.
   */
  otherOwner(): number | undefined {
    const rows = this.#root.readerList().matchAll(/^\s*(\d+)\s+[\da-f]+\s/gm);
    return [...rows].map((row) => Number(row[1])).find((pid) => pid !== process.pid);
  }

  async commit(batch: LocalBatch): Promise<CommitOutcome> {
    const compactRevision = batch.compactRevision ?? this.#compactRevision;
    const keys = this.#keys + keysAdded(batch);
    const lastLease = batch.lastLease ?? this.#lastLease;
    const summary = { revision: batch.revision, compactRevision, lastLease, keys };
    const writes: Promise<boolean>[] = [];
    const batched = this.#root.batch(() => {
      writes.push(...this.#writeKvs(batch));
      writes.push(...this.#writeHistory(batch, compactRevision));
      writes.push(...this.#writeLeases(batch));
      writes.push(this.#summary.put(SUMMARY_KEY, encodeSummary(summary)));
    });
    try {
      await Promise.all([batched, ...writes]);
    } catch (error) {
      return this.#outcomeOf(error);
    }
    this.#keys = keys;
    this.#lastLease = lastLease;
    this.#compactRevision = compactRevision;
    return { type: 'durable' };
  }

  close(): Promise<void> {
    return this.#root.close();
  }

  /** LMDB writes new pages first and then points to them: a failed commit leaves what was. */
  async #outcomeOf(error: unknown): Promise<CommitOutcome> {
    const outer = error as CommitError;
    const { code, message } = await rejectionOf(outer.commitError ?? Promise.resolve(outer));
    const isFull =
      NO_ROOM.has(code ?? 0) || (code === IO_ERROR && this.#freeBytes() < FULL_BELOW_BYTES);
    return { type: isFull ? 'refused' : 'failed', message };
  }

  #freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.#directory);
    return bavail * bsize;
  }

  #writeKvs(batch: LocalBatch): Promise<boolean>[] {
    return [...batch.changed].map(([orderKey, kv]) => {
      const key = keyBytes(orderKey);
      return kv === undefined ? this.#kvs.remove(key) : this.#kvs.put(key, encodeKv(key, kv));
    });
  }

  #writeHistory(batch: LocalBatch, compactRevision: Revision): Promise<boolean>[] {
    const writes = batch.entries
      .filter(({ revision }) => revision > compactRevision)
      .map((entry) => {
        const key = numberKey(entry.revision);
        return this.#history.put(key, encodeHistory(key, entry));
      });
    const last = Math.min(compactRevision, batch.revision - batch.entries.length);
    for (let revision = this.#compactRevision + 1; revision <= last; revision += 1) {
      writes.push(this.#history.remove(numberKey(revision)));
    }
    return writes;
  }

  #writeLeases(batch: LocalBatch): Promise<boolean>[] {
    return [...batch.leases].map(([id, ttlMs]) => {
      const key = numberKey(Number(id));
      return ttlMs === undefined
        ? this.#leases.remove(key)
        : this.#leases.put(key, encodeTtl(key, ttlMs));
    });
  }
}

/** ASCII keys are themselves; others carry their UTF-8 bytes as characters (ordered-keys.ts). */
const keyBytes = (orderKey: string): Buffer => Buffer.from(orderKey, 'latin1');

function keysAdded({ entries }: LocalBatch): number {
  let added = 0;
  for (const event of entries.flatMap((entry) => entry.events)) {
    if (event.type === 'delete') added -= 1;
    else if (event.previous === undefined) added += 1;
  }
  return added;
}
