import { expect, it } from 'vitest';
import { change, codeOf, deleteOp, type Opened, put, putOp, text, value } from './kit.ts';

/** In the order of their UTF-8 bytes; UTF-16 would put the last two the other way round. */
const ORDERED = [
  'p/',
  'p/A',
  'p/a',
  'p/a/b',
  'p/aa',
  'p/b',
  'p/~',
  'p/é',
  'p/ー',
  'p/\uffee',
  'p/😀',
];

function listing(opened: () => Opened): void {
  const store = () => opened().store;
  const keys = async (...args: Parameters<ReturnType<typeof store>['range']>) =>
    value(await store().range(...args)).kvs.map(({ key }) => key);

  it('lists a prefix in the order of bytes', async () => {
    await change(store(), putOp('o', 'x'), putOp('q', 'x'));
    await change(store(), ...ORDERED.toReversed().map((key) => putOp(key, 'x')));
    expect(await keys('p/')).toEqual(ORDERED);
    expect(await keys('')).toEqual(['o', ...ORDERED, 'q']);
    expect(await keys('p/a')).toEqual(['p/a', 'p/a/b', 'p/aa']);
    expect(await keys('nothing')).toEqual([]);
  });

  it('pages at one revision while others write', async () => {
    await change(store(), ...Array.from({ length: 7 }, (_, index) => putOp(`k${index}`, 'old')));
    const first = value(await store().range('k', { limit: 3 }));
    await change(store(), putOp('k1x', 'new'), putOp('k4', 'new'), deleteOp('k5'));
    const at = { limit: 3, atRevision: first.revision };
    const second = value(await store().range('k', { ...at, after: 'k2' }));
    const third = value(await store().range('k', { ...at, after: 'k5' }));
    expect([first.more, second.more, third.more]).toEqual([true, true, false]);
    const all = [first, second, third].flatMap(({ kvs }) => kvs);
    expect(all.map(({ key, value: own }) => `${key}=${text(own)}`)).toEqual(
      Array.from({ length: 7 }, (_, index) => `k${index}=old`),
    );
    expect([second.revision, third.revision]).toEqual([first.revision, first.revision]);
    expect(await keys('k', { limit: 7 })).toHaveLength(7);
    expect(value(await store().range('k', { limit: 7 })).more).toBe(false);
  });

  it('shows the state at any revision that is kept', async () => {
    const revisions = [await put(store(), 'a', '1'), await put(store(), 'b', '1')];
    revisions.push(await put(store(), 'a', '2'), await change(store(), deleteOp('a')));
    revisions.push(await put(store(), 'a', '3'));
    const states: string[] = [];
    for (const atRevision of revisions) {
      const { kvs } = value(await store().range('', { atRevision }));
      states.push(
        kvs.map(({ key, version, value: own }) => `${key}${text(own)}v${version}`).join(),
      );
    }
    expect(states).toEqual(['a1v1', 'a1v1,b1v1', 'a2v2,b1v1', 'b1v1', 'a3v1,b1v1']);
  });
}

function refusing(opened: () => Opened): void {
  const store = () => opened().store;
  const keys = async (...args: Parameters<ReturnType<typeof store>['range']>) =>
    value(await store().range(...args)).kvs.map(({ key }) => key);

  it('refuses revisions that are cut off or to come', async () => {
    const first = await put(store(), 'a', '1');
    const second = await put(store(), 'a', '2');
    const third = await put(store(), 'a', '3');
    expect(value(await store().compact(second))).toBe(second);
    expect(codeOf(await store().range('', { atRevision: first }))).toBe('compacted');
    const [kv] = value(await store().range('', { atRevision: second })).kvs;
    expect(text(kv?.value)).toBe('2');
    expect(codeOf(await store().range('', { atRevision: third + 1 }))).toBe('invalid');
    expect(codeOf(await store().range('', { atRevision: 0 }))).toBe('invalid');
    expect(codeOf(await store().range('', { limit: 0 }))).toBe('invalid');
    expect(codeOf(await store().compact(second))).toBe('compacted');
    expect(codeOf(await store().compact(third + 1))).toBe('invalid');
  });

  it('lists thousands', async () => {
    const names = Array.from(
      { length: 3_000 },
      (_, index) => `m/${String(index).padStart(5, '0')}`,
    );
    for (let at = 0; at < names.length; at += 100) {
      await change(store(), ...names.slice(at, at + 100).map((key) => putOp(key, 'x')));
    }
    expect(await keys('m/')).toEqual(names);
    expect(await keys('m/', { after: 'm/01499', limit: 2 })).toEqual(['m/01500', 'm/01501']);
    const swept = value(await store().txn({ success: [{ type: 'deletePrefix', prefix: 'm/01' }] }));
    expect(swept.responses).toEqual([{ type: 'delete', deleted: 1_000 }]);
    expect(await keys('m/')).toHaveLength(2_000);
  });
}

export function ranges(opened: () => Opened): void {
  listing(opened);
  refusing(opened);
}
