import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Pool } from '../../../src/router/table/pool.ts';
import { RouteTree } from '../../../src/router/table/route-tree.ts';
import { SplitMap } from '../../../src/router/table/split-map.ts';

test('a removed path leaves no node behind, however deep it was', () => {
  const tree = new RouteTree();
  const host = new Pool('h', '/', 0);
  const deep = new Pool('h/p/q/r/s', '/p/q/r/s', 0);
  tree.insert(host);
  tree.insert(deep);
  // The last node on the way has no pool.
  expect(tree.match('h', '/p')).toBeUndefined();
  tree.remove(deep);
  expect(tree.match('h', '/p')).toBe(host);
  expect(host.childCount).toBe(0);
});

test('a pool that takes the place of a branch keeps its children', () => {
  const tree = new RouteTree();
  const deep = new Pool('h/p/q', '/p/q', 0);
  const middle = new Pool('h/p', '/p', 0);
  tree.insert(deep);
  tree.insert(middle);
  expect(tree.match('h', '/p/q')).toBe(deep);
  tree.remove(middle);
  expect(tree.match('h', '/p/q')).toBe(deep);
  expect(tree.match('h', '/p')).toBeUndefined();
});

test('the split map holds what a Map holds', () => {
  const change = fc.tuple(fc.boolean(), fc.string({ maxLength: 3 }), fc.nat(5));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const split = new SplitMap<number>();
      const plain = new Map<string, number>();
      for (const [isSet, key, value] of changes) {
        if (isSet) split.set(key, value);
        else split.delete(key);
        if (isSet) plain.set(key, value);
        else plain.delete(key);
        expect(split.size).toBe(plain.size);
        expect(split.get(key)).toBe(plain.get(key));
        expect(split.has(key)).toBe(plain.has(key));
      }
      expect([...split.values()].sort()).toEqual([...plain.values()].sort());
    }),
  );
});
