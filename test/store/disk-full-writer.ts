/** Runs on a small disk: fills it, frees it, and says what the store answered. */
import { createVirtualClock } from '../../src/adapters/clock/virtual-clock.ts';
import { openLmdbStore } from '../../src/adapters/store/lmdb-store.ts';
import { LOCAL_LIMITS } from '../../src/adapters/store/local-store.ts';
import { change, codeOf, deleteOp, now, putOp, read, sleep, value } from './contract/kit.ts';

const [, , directory = ''] = process.argv;
const clock = createVirtualClock();
const options = { clock, directory, historyBytes: 256 * 1_024 };
const store = value(await openLmdbStore(options));
const lease = value(await store.grantLease(LOCAL_LIMITS.refusalMs / 2));
await change(store, putOp('leased', '1', lease.id));

const body = 'x'.repeat(100_000);
const acked: string[] = [];
let refusal = 'ok';
for (let index = 0; refusal === 'ok' && index < 500; index += 1) {
  const key = `k${String(index).padStart(3, '0')}`;
  refusal = codeOf(await store.txn({ success: [putOp(key, body)] }));
  if (refusal === 'ok') acked.push(key);
}
const listed = async (): Promise<string[]> =>
  value(await store.range('k')).kvs.map(({ key }) => key);
const whenFull = {
  refusal,
  again: codeOf(await store.txn({ success: [putOp('small', '1')] })),
  keepsAll: (await listed()).join() === acked.join(),
  acked: acked.length,
};

// The end of the lease is tried again when the disk may have room.
clock.advance(LOCAL_LIMITS.refusalMs / 2);
clock.advance(LOCAL_LIMITS.refusalMs / 2);
const answers: string[] = [];
for (let round = 0; round < 20; round += 1) {
  await sleep(5);
  const key = (await listed()).at(-1);
  if (key === undefined) break;
  const freed = await store.txn({ success: [deleteOp(key)] });
  answers.push(codeOf(freed));
  if (freed.ok) answers.push(codeOf(await store.compact(await now(store))));
  clock.advance(LOCAL_LIMITS.refusalMs);
}
await sleep(20);
clock.advance(LOCAL_LIMITS.refusalMs);
await sleep(20);
const small = codeOf(await store.txn({ success: [putOp('small', '1')] }));
const leased = await read(store, 'leased');
const before = value(await store.range('')).kvs.map(({ key, modRevision }) => [key, modRevision]);
await store.close();
const after = value(await openLmdbStore(options));
const reopened = value(await after.range('')).kvs.map(({ key, modRevision }) => [key, modRevision]);
const keepsAll = JSON.stringify(before) === JSON.stringify(reopened);
await after.close();
console.log(JSON.stringify({ whenFull, answers, small, leased: leased ?? 'ended', keepsAll }));
