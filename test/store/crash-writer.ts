/**
 * The process that the crash harness kills. It writes until it dies: 8 writers, each transaction
 * sets two keys of its writer to the same number, some with big values or many keys. A line goes
 * out for each transaction that was sent, and one for each that was acknowledged.
 */
import { writeSync } from 'node:fs';
import { createRealClock } from '../../src/adapters/clock/real-clock.ts';
import { openLmdbStore } from '../../src/adapters/store/lmdb-store.ts';
import type { Operation } from '../../src/ports/store.ts';
import { value } from './contract/kit.ts';
import { bodyOf, keysOf, WRITERS } from './crash-plan.ts';

const [, , directory = ''] = process.argv;
const beginMs = performance.now();
const store = value(
  await openLmdbStore({ clock: createRealClock(), directory, historyRevisions: 500 }),
);
const { revision } = value(await store.range('w/'));
/** Synchronous: what was written here, the kernel holds when the process dies. */
const say = (line: object): void => {
  writeSync(1, `${JSON.stringify(line)}\n`);
};
say({ type: 'open', revision, openMs: performance.now() - beginMs });

async function write(writer: number): Promise<void> {
  const first = value(await store.get(`w/${writer}/a`)).kv?.value ?? new Uint8Array();
  let number = Number(new TextDecoder().decode(first).split(' ')[0]);
  for (;;) {
    number += 1;
    const body = bodyOf(number);
    const success = keysOf(writer, number).map(
      (key): Operation => ({ type: 'put', key, value: body }),
    );
    say({ type: 'sent', writer, number });
    const done = value(await store.txn({ success }));
    say({ type: 'acked', writer, number, revision: done.revision });
  }
}

await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
