import { describe, expect, it } from 'vitest';
import type { Compare, Transaction } from '../../../src/ports/store.ts';
import type { Opened } from './kit.ts';
import { bytes, change, codeOf, deleteOp, put, putOp, read, text, value } from './kit.ts';

const KIB = 1_024;

/** What must be refused, by code. */
const refused: readonly [name: string, code: string, transaction: Transaction][] = [
  ['no operation', 'invalid', { success: [] }],
  ['an empty key', 'invalid', { success: [putOp('', 'x')] }],
  ['a key with NUL', 'invalid', { success: [putOp('a\0b', 'x')] }],
  ['a key with half a character', 'invalid', { success: [putOp('a\ud800', 'x')] }],
  ['a key put twice', 'invalid', { success: [putOp('a', '1'), putOp('a', '2')] }],
  ['a key put and deleted', 'invalid', { success: [putOp('a', '1'), deleteOp('a')] }],
  [
    'a key put and its prefix deleted',
    'invalid',
    { success: [putOp('a/b', '1'), { type: 'deletePrefix', prefix: 'a/' }] },
  ],
  [
    'a negative revision',
    'invalid',
    { compare: [{ key: 'a', modRevision: -1 }], success: [putOp('a', '1')] },
  ],
  ['an unknown lease', 'lease-not-found', { success: [putOp('a', '1', '777')] }],
  ['a long key', 'too-large', { success: [putOp('k'.repeat(KIB + 1), '1')] }],
  ['a big value', 'too-large', { success: [putOp('a', 'x'.repeat(KIB * KIB + 1))] }],
  [
    'big values together',
    'too-large',
    { success: ['a', 'b'].map((key) => putOp(key, 'x'.repeat(700 * KIB))) },
  ],
  [
    'many operations',
    'too-large',
    { success: Array.from({ length: 129 }, (_, index) => putOp(`k${index}`, '1')) },
  ],
];

function counting(opened: () => Opened): void {
  const store = () => opened().store;

  it('counts revisions and versions as etcd does', async () => {
    const first = await put(store(), 'a', '1');
    const second = await put(store(), 'a', '2');
    expect(second).toBe(first + 1);
    expect(value(await store().get('a'))).toEqual({
      revision: second,
      kv: {
        key: 'a',
        value: expect.anything(),
        createRevision: first,
        modRevision: second,
        version: 2,
        lease: undefined,
      },
    });
    expect(await change(store(), deleteOp('a'))).toBe(second + 1);
    expect(value(await store().get('a')).kv).toBeUndefined();
    const third = await put(store(), 'a', '3');
    expect(value(await store().get('a')).kv).toMatchObject({ createRevision: third, version: 1 });
  });

  it('keeps the revision when nothing changes', async () => {
    const revision = await put(store(), 'a', '1');
    expect(await change(store(), deleteOp('b'))).toBe(revision);
    expect(await change(store(), { type: 'get', key: 'a' })).toBe(revision);
    expect(await change(store(), { type: 'deletePrefix', prefix: 'b/' })).toBe(revision);
  });

  it('keeps bytes as they are', async () => {
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    const keys = ['bytes', 'empty', 'big'];
    const values = [all, new Uint8Array(), new Uint8Array(KIB * KIB).fill(7)];
    for (const [index, key] of keys.entries()) {
      await change(store(), { type: 'put', key, value: values[index] ?? all });
    }
    for (const [index, key] of keys.entries()) {
      const got = value(await store().get(key)).kv?.value ?? bytes('none');
      expect(Buffer.compare(got, values[index] ?? all)).toBe(0);
    }
  });
}

function comparing(opened: () => Opened): void {
  const store = () => opened().store;

  it('writes only while the comparison holds, and shows who won', async () => {
    const revision = await put(store(), 'a', '1');
    const swap = (modRevision: number, own: string): Transaction => ({
      compare: [{ key: 'a', modRevision }],
      success: [putOp('a', own)],
      failure: [{ type: 'get', key: 'a' }],
    });
    const won = value(await store().txn(swap(revision, '2')));
    expect(won).toEqual({ succeeded: true, revision: revision + 1, responses: [{ type: 'put' }] });
    const lost = value(await store().txn(swap(revision, '3')));
    expect(lost).toMatchObject({ succeeded: false, revision: revision + 1 });
    const [response] = lost.responses;
    expect(response?.type === 'get' && text(response.kv?.value)).toBe('2');
    expect(await read(store(), 'a')).toBe('2');
  });

  it.each<[string, (revision: number) => Compare, present: boolean, absent: boolean]>([
    ['exists', () => ({ key: 'k', exists: true }), true, false],
    ['is absent', () => ({ key: 'k', exists: false }), false, true],
    ['has this mod revision', (own) => ({ key: 'k', modRevision: own }), true, false],
    ['has mod revision 0', () => ({ key: 'k', modRevision: 0 }), false, true],
    ['has this create revision', (own) => ({ key: 'k', createRevision: own - 1 }), true, false],
    ['has create revision 0', () => ({ key: 'k', createRevision: 0 }), false, true],
  ])('compares: the key %s', async (_name, compare, present, absent) => {
    const ask = async (own: number) =>
      value(await store().txn({ compare: [compare(own)], success: [putOp('seen', '1')] }));
    expect((await ask(9)).succeeded).toBe(absent);
    await put(store(), 'k', '1');
    const revision = await put(store(), 'k', '2');
    expect((await ask(revision)).succeeded).toBe(present);
  });
}

function changing(opened: () => Opened): void {
  const store = () => opened().store;

  it('changes many keys as one revision, in order, or none', async () => {
    await put(store(), 'old/1', 'x');
    await put(store(), 'old/2', 'x');
    const done = value(
      await store().txn({
        compare: [
          { key: 'new', exists: false },
          { key: 'old/1', exists: true },
        ],
        success: [
          { type: 'deletePrefix', prefix: 'old/' },
          putOp('new', 'y'),
          { type: 'get', key: 'new' },
          { type: 'get', key: 'old/1' },
          deleteOp('old/2'),
        ],
      }),
    );
    expect(done.responses).toMatchObject([
      { type: 'delete', deleted: 2 },
      { type: 'put' },
      { type: 'get', kv: { key: 'new', modRevision: done.revision } },
      { type: 'get', kv: undefined },
      { type: 'delete', deleted: 0 },
    ]);
    const failed = await store().txn({ success: [putOp('b', '1'), putOp('c', '1', '777')] });
    expect(codeOf(failed)).toBe('lease-not-found');
    const compare = [
      { key: 'new', exists: true },
      { key: 'old/1', exists: true },
    ];
    expect(value(await store().txn({ compare, success: [putOp('b', '1')] })).succeeded).toBe(false);
    expect(value(await store().range('')).kvs.map(({ key }) => key)).toEqual(['new']);
  });
}

function limiting(opened: () => Opened): void {
  const store = () => opened().store;

  describe('refuses', () => {
    it.each(refused)('%s: %s', async (_name, code, transaction) => {
      const before = value(await store().range('')).revision;
      expect(codeOf(await store().txn(transaction))).toBe(code);
      expect(value(await store().range('')).revision).toBe(before);
    });
  });

  it('loses no update of 16 writers', async () => {
    const writers = 16;
    const rounds = 8;
    let conflicts = 0;
    const count = async (): Promise<void> => {
      for (let done = 0; done < rounds; ) {
        const { kv } = value(await store().get('count'));
        const next = String(Number(text(kv?.value) ?? 0) + 1);
        const compare = [{ key: 'count', modRevision: kv?.modRevision ?? 0 }];
        const swapped = value(await store().txn({ compare, success: [putOp('count', next)] }));
        if (swapped.succeeded) done += 1;
        else conflicts += 1;
      }
    };
    await Promise.all(Array.from({ length: writers }, count));
    expect(await read(store(), 'count')).toBe(String(writers * rounds));
    expect(conflicts).toBeGreaterThan(0);
  });
}

export function transactions(opened: () => Opened): void {
  counting(opened);
  comparing(opened);
  changing(opened);
  limiting(opened);
}
