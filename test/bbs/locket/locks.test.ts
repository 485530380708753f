import { describe, expect, it } from 'vitest';
import {
  createVirtualClock,
  type VirtualClock,
} from '../../../src/adapters/clock/virtual-clock.ts';
import { createMemoryStore } from '../../../src/adapters/store/memory-store.ts';
import { createLocks } from '../../../src/bbs/locket/locks.ts';
import { LOCKET_LIMITS } from '../../../src/bbs/locket/options.ts';
import { RESOURCE_TYPE, Resource } from '../../../src/model/bbs/messages/locket.ts';
import { decode } from '../../../src/model/protobuf/decode.ts';
import type { Store } from '../../../src/ports/store.ts';

const resource = (owner: string, more: Partial<Resource> = {}): Resource =>
  Resource.create({ key: 'bbs', owner, type: 'lock', ...more });

const DONE = { ok: true, value: undefined };
const refused = (code: string, text: string) => ({ ok: false, error: { code, text } });
const COLLISION = refused('ALREADY_EXISTS', 'lock-collision');
const NOT_FOUND = refused('NOT_FOUND', 'resource-not-found');

function open() {
  const clock = createVirtualClock();
  const store = createMemoryStore({ clock });
  return { clock, store, locks: createLocks(() => store) };
}

async function advance(clock: VirtualClock, ms: number): Promise<void> {
  clock.advance(ms);
  await new Promise((resolve) => setImmediate(resolve));
}

async function kvOf(store: Store) {
  const found = await store.get('/v1/locks/bbs');
  if (!found.ok) throw new Error(found.error.message);
  return { ...found.value };
}

describe('a lock', () => {
  it('stands in the store under its key, with both forms of its type', async () => {
    const { locks, store } = open();
    const key = 'a/b c%ü';
    await locks.lock(Resource.create({ key, owner: 'o', value: 'v', type_code: 2 }), 15n);
    const found = await store.get('/v1/locks/a%2Fb%20c%25%C3%BC');
    expect(found.ok && found.value.kv && decode(Resource, found.value.kv.value)).toEqual({
      key,
      owner: 'o',
      value: 'v',
      type: 'presence',
      type_code: RESOURCE_TYPE.PRESENCE,
    });
    expect(await locks.fetch(key)).toMatchObject({ ok: true, value: { owner: 'o' } });
  });

  it('belongs to one owner until its time is over', async () => {
    const { clock, locks } = open();
    expect(await locks.lock(resource('a'), 15n)).toEqual(DONE);
    expect(await locks.lock(resource('b'), 15n)).toEqual(COLLISION);
    await advance(clock, 14_000);
    expect(await locks.lock(resource('a'), 15n)).toEqual(DONE);
    await advance(clock, 14_000);
    expect(await locks.lock(resource('b'), 15n)).toEqual(COLLISION);
    await advance(clock, 1_100);
    expect(await locks.fetch('bbs')).toEqual(NOT_FOUND);
    expect(await locks.lock(resource('b'), 15n)).toEqual(DONE);
    expect(await locks.lock(resource('a'), 15n)).toEqual(COLLISION);
  });

  it('goes to one of twenty that want it at once', async () => {
    const { locks, store } = open();
    const owners = Array.from({ length: 20 }, (_none, index) => `owner-${index}`);
    const answers = await Promise.all(owners.map((owner) => locks.lock(resource(owner), 15n)));
    const losers = answers.filter(({ ok }) => !ok);
    expect(losers).toEqual(Array.from({ length: 19 }, () => COLLISION));
    const winner = owners[answers.findIndex(({ ok }) => ok)];
    expect(await locks.fetch('bbs')).toMatchObject({ value: { owner: winner } });
    // The key was written once: the others lost in the store, not by luck.
    expect((await kvOf(store)).kv?.version).toBe(1);
  });

  it('is renewed without a write, as long as nothing changes', async () => {
    const { locks, store } = open();
    await locks.lock(resource('a'), 15n);
    const before = await kvOf(store);
    await locks.lock(resource('a'), 15n);
    expect(await kvOf(store)).toEqual(before);
  });

  it.each([
    ['another value', resource('a', { value: 'x' }), 15n],
    ['a longer time', resource('a'), 30n],
    ['a shorter time', resource('a'), 5n],
  ])('gets a new lease with %s, and the old one is gone', async (_what, next, ttl) => {
    const { clock, locks, store } = open();
    await locks.lock(resource('a'), 15n);
    const old = (await kvOf(store)).kv?.lease ?? '';
    expect(await locks.lock(next, ttl)).toEqual(DONE);
    expect((await kvOf(store)).kv?.lease).not.toBe(old);
    expect(await store.leaseTimeToLive(old)).toMatchObject({ ok: false });
    await advance(clock, Number(ttl) * 1000 - 100);
    expect(await locks.fetch('bbs')).toMatchObject({ ok: true });
    await advance(clock, 200);
    expect(await locks.fetch('bbs')).toEqual(NOT_FOUND);
  });

  it('is given back by its owner only', async () => {
    const { locks } = open();
    expect(await locks.release(resource('a'))).toEqual(NOT_FOUND);
    expect(await locks.release(undefined)).toEqual(NOT_FOUND);
    await locks.lock(resource('a'), 15n);
    expect(await locks.release(resource('b'))).toEqual(COLLISION);
    expect(await locks.release(resource('a', { value: 'other', type: '' }))).toEqual(DONE);
    expect(await locks.fetch('bbs')).toEqual(NOT_FOUND);
  });

  it('is listed by its type, by name or by number', async () => {
    const { locks } = open();
    await locks.lock(resource('a'), 15n);
    await locks.lock(resource('c', { key: 'cell', type: 'presence' }), 15n);
    const owners = async (type: string, code: number) => {
      const all = await locks.fetchAll(type, code);
      return all.ok ? all.value.map(({ owner }) => owner) : all.error;
    };
    expect(await owners('lock', 0)).toEqual(['a']);
    expect(await owners('', 1)).toEqual(['a']);
    expect(await owners('presence', 2)).toEqual(['c']);
    const wrong = { code: 'INVALID_ARGUMENT', text: 'invalid-type' };
    expect(await owners('', 0)).toEqual(wrong);
    expect(await owners('lock', 2)).toEqual(wrong);
    expect(await owners('', 3)).toEqual(wrong);
    expect(await owners('constructor', 0)).toEqual(wrong);
  });

  const invalid = (what: string) => refused('INVALID_ARGUMENT', `invalid-${what}`);
  it.each([
    ['type', undefined, 15n],
    ['type', resource('a', { type: '' }), 15n],
    ['type', resource('a', { type_code: 2 }), 15n],
    ['ttl', resource('a'), 0n],
    ['ttl', resource('a'), -1n],
    ['ttl', resource('a'), BigInt(LOCKET_LIMITS.ttlSeconds) + 1n],
    ['owner', resource(''), 15n],
    ['key', resource('a', { key: '' }), 15n],
    ['key', resource('a', { key: '\ud800' }), 15n],
    ['key', resource('a', { key: 'k'.repeat(LOCKET_LIMITS.nameBytes + 1) }), 15n],
  ])('with a wrong %s is refused (%#)', async (what, wish, ttl) => {
    const { locks, store } = open();
    expect(await locks.lock(wish, ttl)).toEqual(invalid(what));
    expect(await store.range('/v1/locks/')).toMatchObject({ ok: true, value: { kvs: [] } });
  });

  it('may have the longest key there is', async () => {
    const { locks } = open();
    const key = 'k'.repeat(LOCKET_LIMITS.nameBytes);
    expect(await locks.lock(resource('a', { key }), 15n)).toEqual(DONE);
  });

  it('takes over a key that holds something unreadable', async () => {
    const { locks, store } = open();
    const value = Buffer.from([0xff, 0xff]);
    await store.txn({ success: [{ type: 'put', key: '/v1/locks/bbs', value }] });
    expect(await locks.fetch('bbs')).toEqual(NOT_FOUND);
    expect(await locks.lock(resource('a'), 15n)).toEqual(DONE);
    expect(await locks.lock(resource('b'), 15n)).toEqual(COLLISION);
  });

  it('is UNAVAILABLE without a store', async () => {
    const locks = createLocks(() => undefined);
    const answer = { ok: false, error: { code: 'UNAVAILABLE' } };
    expect(await locks.lock(resource('a'), 15n)).toMatchObject(answer);
    expect(await locks.fetch('a')).toMatchObject(answer);
    expect(await locks.release(resource('a'))).toMatchObject(answer);
    expect(await locks.fetchAll('lock', 0)).toMatchObject(answer);
  });
});
