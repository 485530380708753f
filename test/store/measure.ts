/** `node test/store/measure.ts`: durable puts, ranges, and the way from a put to a watcher. */
import { rmSync } from 'node:fs';
import { createRealClock } from '../../src/adapters/clock/real-clock.ts';
import { createEtcdStore } from '../../src/adapters/store/etcd-store.ts';
import { openLmdbStore } from '../../src/adapters/store/lmdb-store.ts';
import { createMemoryStore } from '../../src/adapters/store/memory-store.ts';
import type { Store } from '../../src/ports/store.ts';
import { change, now, putOp, value } from './contract/kit.ts';
import { isEtcdInstalled, startEtcd } from './etcd-server.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const clock = createRealClock();
const BODY = 'x'.repeat(600);
const KEYS = 5_000;

async function puts(store: Store, writers: number, forMs: number): Promise<number> {
  const endMs = performance.now() + forMs;
  const beginMs = performance.now();
  let count = 0;
  const write = async (): Promise<void> => {
    while (performance.now() < endMs) {
      // The memory store answers without a turn: let the clock be looked at.
      if (count % 100 === 0) await new Promise(setImmediate);
      count += 1;
      await change(store, putOp(`/v1/actual/guid-${count % KEYS}/0/instance`, BODY));
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  return (count / (performance.now() - beginMs)) * 1_000;
}

async function rangeMs(store: Store): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 10; round += 1) {
    const beginMs = performance.now();
    const { kvs } = value(await store.range('/v1/actual/'));
    best = Math.min(best, performance.now() - beginMs);
    if (kvs.length !== KEYS) throw new Error(`${kvs.length} keys`);
  }
  return best;
}

/** From the call of `txn` to the call of the listener, and to the answer. */
async function watchMs(store: Store): Promise<{ event: number; answer: number }> {
  const events: number[] = [];
  const answers: number[] = [];
  let sentMs = 0;
  const watch = store.watch('/latency', (await now(store)) + 1, {
    onEvents: () => {
      events.push(performance.now() - sentMs);
    },
    onEnd: (error) => {
      throw new Error(error.message);
    },
  });
  for (let round = 0; round < 200; round += 1) {
    sentMs = performance.now();
    await change(store, putOp('/latency', String(round)));
    answers.push(performance.now() - sentMs);
    while (events.length <= round) await new Promise(setImmediate);
  }
  watch.cancel();
  const middle = (list: number[]): number => list.toSorted((a, b) => a - b)[100] ?? 0;
  return { event: middle(events), answer: middle(answers) };
}

async function measure(name: string, store: Store, forMs: number): Promise<void> {
  const one = await puts(store, 1, forMs);
  const many = await puts(store, 32, forMs);
  for (let at = 0; at < KEYS; at += 100) {
    const keys = Array.from({ length: 100 }, (_, index) => at + index);
    await change(store, ...keys.map((key) => putOp(`/v1/actual/guid-${key}/0/instance`, BODY)));
  }
  const range = await rangeMs(store);
  const { event, answer } = await watchMs(store);
  console.log(
    `${name}: 1 writer ${one.toFixed(0)}/s, 32 writers ${many.toFixed(0)}/s, ` +
      `range of ${KEYS} ${range.toFixed(2)} ms, put to watcher ${event.toFixed(2)} ms ` +
      `(to its writer ${answer.toFixed(2)} ms)`,
  );
}

async function measureOpening(directory: string): Promise<void> {
  const filler = value(await openLmdbStore({ clock, directory }));
  const keys = 100_000;
  const batches = Array.from({ length: keys / 100 }, (_, batch) =>
    Array.from({ length: 100 }, (__, index) => putOp(`/fill/${batch * 100 + index}`, BODY)),
  );
  const beginMs = performance.now();
  await Promise.all(batches.map((batch) => change(filler, ...batch)));
  const filledMs = performance.now() - beginMs;
  await filler.close();
  const openMs = performance.now();
  const opened = value(await openLmdbStore({ clock, directory }));
  const tookMs = performance.now() - openMs;
  console.log(
    `lmdb: ${keys} keys by hundreds: ${((keys / filledMs) * 1_000).toFixed(0)} keys/s, ` +
      `opened and checked in ${tookMs.toFixed(0)} ms`,
  );
  await opened.close();
}

const directory = temporaryDirectory();
await measure('memory', createMemoryStore({ clock }), 1_000);
const lmdb = value(await openLmdbStore({ clock, directory }));
await measure('lmdb', lmdb, 3_000);
await lmdb.close();
await measureOpening(directory);
rmSync(directory, { recursive: true });
if (isEtcdInstalled) {
  const server = await startEtcd();
  const store = createEtcdStore({ clock, hosts: [server.host] });
  await measure('etcd', store, 3_000);
  await store.close();
  server.stop();
}
