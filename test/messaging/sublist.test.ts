import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWithin } from '../../src/messaging/broker/subjects.ts';
import { Sublist } from '../../src/messaging/broker/sublist.ts';

interface Entry {
  readonly subject: string;
  readonly queue: string;
  readonly id: number;
}

/** The definition (cfv1.md §10.6), without a trie. */
function matchesNaively(filter: string, subject: string): boolean {
  const want = filter.split('.');
  const have = subject.split('.');
  if (have.includes('')) return false;
  for (const [index, token] of want.entries()) {
    if (token === '>') return have.length > index;
    if (have[index] === undefined) return false;
    if (token !== '*' && token !== have[index]) return false;
  }
  return want.length === have.length;
}

const letter = fc.constantFrom('a', 'b', 'c', 'foo*', '>x');
const filter = fc
  .tuple(fc.array(fc.oneof(letter, fc.constant('*')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([tokens, isOpen]) => (isOpen ? [...tokens, '>'] : tokens).join('.'));
const subject = fc
  .array(fc.oneof(letter, fc.constantFrom('*', '>', '')), { minLength: 1, maxLength: 5 })
  .map((tokens) => tokens.join('.'));
const step = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), filter, queue: fc.constantFrom('', 'q', 'r') }),
  fc.record({ kind: fc.constant('remove' as const), which: fc.nat(30) }),
  fc.record({ kind: fc.constant('match' as const), subject }),
);

describe('sublist', () => {
  it('finds what the definition says, through inserts, removals and its cache', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const sublist = new Sublist<Entry>();
        const entries: Entry[] = [];
        let id = 0;
        for (const one of steps) {
          if (one.kind === 'insert') {
            id += 1;
            const entry = { subject: one.filter, queue: one.queue, id };
            expect(sublist.insert(entry)).toBe(true);
            entries.push(entry);
          } else if (one.kind === 'remove') {
            const [entry] = entries.splice(one.which % Math.max(entries.length, 1), 1);
            if (entry !== undefined) expect(sublist.remove(entry)).toBe(true);
          } else {
            const found = sublist.match(one.subject);
            const expected = entries.filter((e) => matchesNaively(e.subject, one.subject));
            const ids = [...found.plain, ...found.queues.flat()].map((e) => e.id).sort();
            expect(ids).toEqual(expected.map((e) => e.id).sort());
            for (const group of found.queues) {
              expect(new Set(group.map((e) => e.queue)).size).toBe(1);
            }
            const names = found.queues.map((group) => group[0]?.queue);
            expect(new Set(names).size).toBe(names.length);
          }
          expect(sublist.stats().count).toBe(entries.length);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it.for(['', '.', 'a.', '.a', 'a..b', '>.a', 'a.>.b'])('refuses the filter "%s"', (bad) => {
    const sublist = new Sublist<Entry>();
    expect(sublist.insert({ subject: bad, queue: '', id: 1 })).toBe(false);
    expect(sublist.stats().count).toBe(0);
  });

  it('says when an entry to remove is not there', () => {
    const sublist = new Sublist<Entry>();
    const entry = { subject: 'a.*', queue: '', id: 1 };
    sublist.insert(entry);
    expect(sublist.remove({ subject: 'a.*', queue: '', id: 1 })).toBe(false);
    expect(sublist.remove({ subject: 'a.b.c', queue: '', id: 1 })).toBe(false);
    expect(sublist.remove(entry)).toBe(true);
    expect(sublist.remove(entry)).toBe(false);
  });

  it('does not change a result that it handed out', () => {
    const sublist = new Sublist<Entry>();
    const entry = { subject: 'a', queue: '', id: 1 };
    sublist.insert(entry);
    const before = sublist.match('a');
    sublist.remove(entry);
    expect(before.plain).toEqual([entry]);
    expect(sublist.match('a').plain).toEqual([]);
  });

  it('keeps its cache bounded', () => {
    const sublist = new Sublist<Entry>();
    for (let index = 0; index < 5_000; index += 1) sublist.match(`subject.${index}`);
    expect(sublist.stats().cacheSize).toBeLessThanOrEqual(1_024);
    sublist.match('subject.4999');
    expect(sublist.stats().cacheHits).toBe(1);
  });

  it.for([
    ['foo.*', 'foo.>', true],
    ['foo.bar', 'foo.*', true],
    ['foo.*', 'foo.*', true],
    ['foo.>', 'foo.*', false],
    ['foo.>', 'foo.>', true],
    ['foo', 'foo.>', false],
    ['foo.bar.baz', 'foo.*', false],
    ['foo.*', 'foo.bar', false],
  ] as const)('%s within %s: %s', ([narrow, wide, expected]) => {
    expect(isWithin(narrow, wide)).toBe(expected);
  });
});
