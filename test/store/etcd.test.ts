import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRealClock } from '../../src/adapters/clock/real-clock.ts';
import { createEtcdStore, type EtcdStoreOptions } from '../../src/adapters/store/etcd-store.ts';
import type { Store, StoreError } from '../../src/ports/store.ts';
import {
  change,
  codeOf,
  now,
  put,
  putOp,
  read,
  record,
  sleep,
  until,
  value,
} from './contract/kit.ts';
import { type EtcdServer, isEtcdInstalled, isEtcdRequired, startEtcd } from './etcd-server.ts';

let open: Store[] = [];
function openStore(host: string, options: Partial<EtcdStoreOptions> = {}): Store {
  const store = createEtcdStore({ clock: createRealClock(), hosts: [host], ...options });
  open.push(store);
  return store;
}

afterEach(async () => {
  for (const store of open) await store.close();
  open = [];
});

it('is unavailable without a server: nothing was written, and that is said', async () => {
  const store = openStore('http://127.0.0.1:1');
  expect(codeOf(await store.get('a'))).toBe('unavailable');
  expect(codeOf(await store.txn({ success: [putOp('a', '1')] }))).toBe('unavailable');
  expect(codeOf(await store.grantLease(1_000))).toBe('unavailable');
  const seen = record(store, 'a', 1);
  await store.close();
  expect(seen.ends.map(({ code }) => code)).toEqual(['unavailable']);
  expect(codeOf(await store.get('a'))).toBe('unavailable');
});

const isStopped = (pid = 0): boolean =>
  execFileSync('ps', ['-o', 'stat=', '-p', `${pid}`], { encoding: 'utf8' }).startsWith('T');

describe.skipIf(!isEtcdInstalled && !isEtcdRequired)('with a server', () => {
  let running: EtcdServer | undefined;
  const server = (): EtcdServer => running as EtcdServer;
  beforeAll(async () => {
    running = await startEtcd();
  });
  afterAll(() => running?.stop());

  it('goes on with a watch after the server died, without a gap', async () => {
    const store = openStore(server().host, { keyPrefix: '/restart/' });
    const seen = record(store, 'k', (await now(store)) + 1);
    await put(store, 'k', '0');
    await until('the first event', () => seen.events.length === 1);
    await server().restart();
    const other = openStore(server().host, { keyPrefix: '/restart/' });
    for (let index = 1; index <= 20; index += 1) await put(other, 'k', String(index));
    await until('all events', () => seen.events.length === 21);
    expect(seen.brief().at(0)).toBe('k=0');
    expect(seen.brief().slice(1)).toEqual(
      Array.from({ length: 20 }, (_, index) => `k=${index + 1} was ${index}`),
    );
    expect(await read(store, 'k')).toBe('20');
  });

  it('ends a watch whose listener does not keep up', async () => {
    const store = openStore(server().host, { keyPrefix: '/slow/' });
    const ends: string[] = [];
    let calls = 0;
    store.watch('', (await now(store)) + 1, {
      onEvents() {
        calls += 1;
        return new Promise(() => undefined);
      },
      onEnd: ({ code }) => ends.push(code),
    });
    const keys = Array.from({ length: 100 }, (_, index) => putOp(`k${index}`, 'x'));
    for (let count = 0; count < 110; count += 1) await change(store, ...keys);
    await until('the end', () => ends.length > 0);
    expect([ends, calls]).toEqual([['compacted'], 1]);
  });

  it('never calls a write that timed out done or failed', async () => {
    const store = openStore(server().host, { keyPrefix: '/stop/', requestTimeoutMs: 300 });
    await put(store, 'k', 'before');
    server().process.kill('SIGSTOP');
    // The signal takes effect a little later when the machine is busy.
    await until('the stop', () => isStopped(server().process.pid));
    const outcome = codeOf(await store.txn({ success: [putOp('k', 'after')] }));
    const reading = codeOf(await store.get('k'));
    server().process.kill('SIGCONT');
    expect([outcome, reading]).toEqual(['unknown-outcome', 'unavailable']);
    const patient = openStore(server().host, { keyPrefix: '/stop/' });
    // This time it was done after all: the server had the request.
    expect(['before', 'after']).toContain(await read(patient, 'k'));
  });

  it('tells the holder of a lease in time that it may be gone', async () => {
    const store = openStore(server().host, { keyPrefix: '/hold/', requestTimeoutMs: 300 });
    const lost: StoreError[] = [];
    const held = value(await store.holdLease(1_000, (error) => lost.push(error)));
    await sleep(held.ttlMs);
    expect(lost).toEqual([]);
    const beginMs = performance.now();
    server().process.kill('SIGSTOP');
    await until('the loss', () => lost.length > 0);
    expect(performance.now() - beginMs).toBeLessThan(held.ttlMs + 1_500);
    server().process.kill('SIGCONT');
    expect(lost.map(({ code }) => code)).toEqual(['unavailable']);
  });
});

if (!isEtcdInstalled && !isEtcdRequired) it.skip('etcd is not installed: it was not tested');
