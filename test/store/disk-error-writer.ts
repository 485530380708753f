/** Writes until the disk fails, and says what the store answered then and afterwards. */
import { createVirtualClock } from '../../src/adapters/clock/virtual-clock.ts';
import { openLmdbStore } from '../../src/adapters/store/lmdb-store.ts';
import { LOCAL_LIMITS } from '../../src/adapters/store/local-store.ts';
import { codeOf, putOp, value } from './contract/kit.ts';

const [, , directory = ''] = process.argv;
const clock = createVirtualClock();
const store = value(await openLmdbStore({ clock, directory }));
let acked = 0;
let failed = 'ok';
while (failed === 'ok' && acked < 200) {
  failed = codeOf(await store.txn({ success: [putOp(`k${acked}`, 'x')] }));
  if (failed === 'ok') acked += 1;
}
clock.advance(LOCAL_LIMITS.refusalMs * 10);
const later = codeOf(await store.txn({ success: [putOp('later', 'x')] }));
const listed = value(await store.range('k')).kvs.length;
console.log(JSON.stringify({ failed, later, acked, listed }));
