/** Writes a store full of running LRPs without any BBS: as fast as the disk goes. */
import { createRealClock } from '../../src/adapters/clock/real-clock.ts';
import { openLmdbStore } from '../../src/adapters/store/lmdb-store.ts';
import { actualKey, desiredKey, domainKey, LOCKS } from '../../src/bbs/image/keys.ts';
import { cellPresenceText } from '../../src/model/bbs/cell-presence.ts';
import { ActualLRP } from '../../src/model/bbs/messages/actual-lrp.ts';
import { CellCapacity, CellPresence } from '../../src/model/bbs/messages/cells.ts';
import { DesiredLRP } from '../../src/model/bbs/messages/desired-lrp.ts';
import { RESOURCE_TYPE, Resource } from '../../src/model/bbs/messages/locket.ts';
import { encode } from '../../src/model/protobuf/encode.ts';
import type { Operation, Store, StoreResult } from '../../src/ports/store.ts';
import { cellIdOf, desiredLrp, runningLrp } from './lrp-messages.ts';

export interface FillOptions {
  readonly directory: string;
  readonly apps: number;
  readonly instancesPerApp: number;
  readonly cells: number;
}

export const FILLED_DOMAIN = 'cf-apps';
/** Longer than any measurement takes, so that no cell is lost meanwhile. */
const PRESENCE_TTL_MS = 3_600_000;
const OPERATIONS_PER_TRANSACTION = 110;
/** Waiting at a time: the store refuses more than 64 MiB. */
const TRANSACTIONS_AT_A_TIME = 64;

function unwrap<T>(result: StoreResult<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

function* lrpOperations({ apps, instancesPerApp, cells }: FillOptions): Generator<Operation> {
  const since = BigInt(Date.now()) * 1_000_000n;
  for (let app = 0; app < apps; app += 1) {
    const desired = desiredLrp(app, instancesPerApp, FILLED_DOMAIN);
    const { process_guid: guid } = desired;
    const tag = { epoch: `desired-${app}`, index: 0 };
    const value = encode(DesiredLRP, { ...desired, modification_tag: tag });
    yield { type: 'put', key: desiredKey(guid), value };
    for (let index = 0; index < instancesPerApp; index += 1) {
      const cell = (app * instancesPerApp + index) % cells;
      const row = runningLrp(app, index, cell, FILLED_DOMAIN, since);
      yield {
        type: 'put',
        key: actualKey(guid, index, 'ordinary'),
        value: encode(ActualLRP, row),
      };
    }
  }
}

function presenceOperation(cell: number, lease: string): Operation {
  const cellId = cellIdOf(cell);
  const presence = CellPresence.create({
    cell_id: cellId,
    rep_address: `http://127.0.0.1:1`,
    zone: 'z1',
    capacity: CellCapacity.create({ memory_mb: 65_536, disk_mb: 655_360, containers: 250 }),
  });
  const value = encode(
    Resource,
    Resource.create({
      key: cellId,
      owner: cellId,
      value: cellPresenceText(presence),
      type: 'presence',
      type_code: RESOURCE_TYPE.PRESENCE,
    }),
  );
  return { type: 'put', key: LOCKS + cellId, value, lease };
}

async function* operationsFor(store: Store, options: FillOptions): AsyncGenerator<Operation> {
  const { id } = unwrap(await store.grantLease(PRESENCE_TTL_MS));
  for (let cell = 0; cell < options.cells; cell += 1) yield presenceOperation(cell, id);
  // A fresh domain: what is not desired may be stopped, so convergence looks at everything.
  yield { type: 'put', key: domainKey(FILLED_DOMAIN), value: Buffer.from('0') };
  yield* lrpOperations(options);
}

/** Returns when all is on disk and the file is closed. */
export async function fillStore(options: FillOptions): Promise<void> {
  const { directory } = options;
  const store = unwrap(await openLmdbStore({ clock: createRealClock(), directory }));
  try {
    let operations: Operation[] = [];
    let running: Promise<unknown>[] = [];
    const flush = async (limit: number): Promise<void> => {
      running.push(store.txn({ success: operations }).then(unwrap));
      operations = [];
      if (running.length < limit) return;
      await Promise.all(running);
      running = [];
    };
    for await (const operation of operationsFor(store, options)) {
      operations.push(operation);
      if (operations.length === OPERATIONS_PER_TRANSACTION) await flush(TRANSACTIONS_AT_A_TIME);
    }
    await flush(1);
  } finally {
    await store.close();
  }
}
