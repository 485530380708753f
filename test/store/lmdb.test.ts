import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVirtualClock, type VirtualClock } from '../../src/adapters/clock/virtual-clock.ts';
import { type LmdbStoreOptions, openLmdbStore } from '../../src/adapters/store/lmdb-store.ts';
import type { Store } from '../../src/ports/store.ts';
import {
  change,
  codeOf,
  deleteOp,
  put,
  putOp,
  read,
  record,
  text,
  until,
  value,
} from './contract/kit.ts';
import { temporaryDirectory } from './temporary-directory.ts';

let directory = '';
let clock: VirtualClock;
let open: Store[] = [];

beforeEach(() => {
  directory = temporaryDirectory();
  clock = createVirtualClock();
});
afterEach(async () => {
  for (const store of open) await store.close();
  open = [];
  rmSync(directory, { recursive: true });
});

async function openStore(options: Partial<LmdbStoreOptions> = {}): Promise<Store> {
  const store = value(await openLmdbStore({ clock, directory, ...options }));
  open.push(store);
  return store;
}

describe('after a restart', () => {
  it('has the same revision and data, and watches resume', async () => {
    const before = await openStore();
    await change(before, putOp('a', '1'), putOp('b/é', '1'));
    const second = await put(before, 'a', '2');
    await change(before, putOp('c', '1'), deleteOp('b/é'));
    const listed = value(await before.range(''));
    await before.close();
    const after = await openStore();
    expect(value(await after.range(''))).toEqual(listed);
    const old = value(await after.range('', { atRevision: second }));
    expect(old.kvs.map((kv) => `${kv.key}=${text(kv.value)}`)).toEqual(['a=2', 'b/é=1']);
    const seen = record(after, '', second);
    const next = await put(after, 'c', '2');
    expect(next).toBe(listed.revision + 1);
    await until('all events', () => seen.batches.length === 3);
    expect(seen.brief()).toEqual(['a=2 was 1', 'c=1, b/é gone was 1', 'c=2 was 1']);
  });

  it('gives leases their full TTL anew, and no lease id twice', async () => {
    const before = await openStore();
    const lease = value(await before.grantLease(10_000));
    const gone = value(await before.grantLease(10_000));
    await change(before, putOp('l', '1', lease.id));
    value(await before.revokeLease(gone.id));
    clock.advance(9_000);
    await before.close();
    const after = await openStore();
    expect(value(await after.leaseTimeToLive(lease.id)).remainingMs).toBe(10_000);
    expect(codeOf(await after.leaseTimeToLive(gone.id))).toBe('lease-not-found');
    expect(Number(value(await after.grantLease(1_000)).id)).toBeGreaterThan(Number(gone.id));
    clock.advance(9_999);
    expect(await read(after, 'l')).toBe('1');
    const seen = record(after, 'l', 3);
    clock.advance(1);
    await until('the end of the lease', () => seen.events.length > 0);
    expect(seen.brief()).toEqual(['l gone was 1']);
  });

  it('remembers what was compacted', async () => {
    const before = await openStore();
    const first = await put(before, 'a', '1');
    const second = await put(before, 'a', '2');
    value(await before.compact(second));
    await before.close();
    const after = await openStore();
    expect(codeOf(await after.range('', { atRevision: first }))).toBe('compacted');
    expect(codeOf(await after.range('', { atRevision: second }))).toBe('ok');
  });
});

describe('the history', () => {
  it('keeps to its bound by itself, on the disk too; a slow watcher is told', async () => {
    const store = await openStore({ historyRevisions: 50 });
    let release: (() => void) | undefined;
    const ends: string[] = [];
    const told: number[] = [];
    store.watch('', 2, {
      onEvents(_events, revision) {
        told.push(revision);
        return new Promise((resolve) => {
          release = resolve;
        });
      },
      onEnd: ({ code }) => ends.push(code),
    });
    const quick = record(store, '', 2);
    for (let index = 0; index < 200; index += 1) await put(store, `k${index % 3}`, String(index));
    release?.();
    await until('the end', () => ends.length > 0);
    expect(ends).toEqual(['compacted']);
    expect(told).toEqual([2]);
    expect(quick.batches.map(({ revision }) => revision)).toEqual(
      Array.from({ length: 200 }, (_, index) => index + 2),
    );
    await store.close();
    const after = await openStore({ historyRevisions: 50 });
    expect(codeOf(await after.range('', { atRevision: 150 }))).toBe('compacted');
    expect(codeOf(await after.range('', { atRevision: 170 }))).toBe('ok');
  });
});

describe('a file that is damaged', () => {
  const file = (): string => join(directory, 'store.mdb');
  let held = '';
  const open = async () => {
    const result = await openLmdbStore({ clock, directory });
    if (result.ok) await result.value.close();
    return codeOf(result);
  };

  beforeEach(async () => {
    const store = await openStore();
    for (let index = 0; index < 40; index += 1) {
      await change(store, putOp(`k${index}`, 'v'.repeat(600)), putOp('big', 'b'.repeat(20_000)));
    }
    held = JSON.stringify(value(await store.range('')));
    await store.close();
  });

  it('is refused: not a store', async () => {
    writeFileSync(file(), 'text'.repeat(10_000));
    expect(await open()).toBe('corrupt');
  });

  it.each([0.3, 0.6, 0.9])('is refused: cut at %f', async (share) => {
    truncateSync(file(), Math.floor(readFileSync(file()).length * share));
    expect(await open()).toBe('corrupt');
  });

  it('is refused, or holds what it held: any bit turned', async () => {
    const bytes = readFileSync(file());
    const answers = new Map<string, number>();
    for (let round = 0; round < 80; round += 1) {
      const at = Math.floor(Math.random() * bytes.length);
      const turned = Buffer.from(bytes);
      turned[at] = (bytes[at] ?? 0) ^ (1 << (round % 8));
      rmSync(directory, { recursive: true });
      mkdirSync(directory);
      writeFileSync(file(), turned);
      const result = await openLmdbStore({ clock, directory });
      const answer = result.ok ? JSON.stringify(value(await result.value.range(''))) : '';
      if (result.ok) await result.value.close();
      const code = answer === held ? 'as before' : codeOf(result);
      answers.set(code, (answers.get(code) ?? 0) + 1);
    }
    expect([...answers.keys()].filter((own) => own !== 'as before')).toEqual(['corrupt']);
  });

  it('is refused: a value is not what it was', async () => {
    const bytes = readFileSync(file());
    const from = Math.floor(bytes.length / 8_192) * 4_096;
    for (let at = from; at < bytes.length; at += 1) {
      if (bytes[at] === 'v'.charCodeAt(0)) bytes[at] = 'w'.charCodeAt(0);
    }
    writeFileSync(file(), bytes);
    expect(await open()).toBe('corrupt');
  });
});

it('is not opened by two processes', async () => {
  await openStore();
  const script = [
    "import { createRealClock } from './src/adapters/clock/real-clock.ts';",
    "import { openLmdbStore } from './src/adapters/store/lmdb-store.ts';",
    `const directory = ${JSON.stringify(directory)};`,
    'const opened = await openLmdbStore({ clock: createRealClock(), directory });',
    'console.log(JSON.stringify(opened));',
  ].join('\n');
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  expect(JSON.parse(output)).toMatchObject({
    ok: false,
    error: {
      code: 'unavailable',
      message: expect.stringContaining(`in use by process ${process.pid}`),
    },
  });
});
