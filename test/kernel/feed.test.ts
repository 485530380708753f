import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDeadLetters, type DeadLetterReason } from '../../src/kernel/dead-letters.ts';
import { createFeed, type FeedRecord } from '../../src/kernel/feed.ts';

describe('the feed', () => {
  it('keeps the newest records, numbered without a gap', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: -3, max: 70 }),
        (capacity, count, from) => {
          const feed = createFeed(capacity);
          const all: FeedRecord[] = [];
          feed.listen((record) => all.push(record));
          for (let index = 1; index <= count; index += 1) {
            feed.append(index * 10, 'event', `actor-${index}`, 'E', { index });
          }
          const kept = all.slice(-capacity).filter(({ sequence }) => sequence >= from);
          expect(feed.since(from)).toEqual(count === 0 ? [] : kept);
          expect(feed.lastSequence).toBe(count);
          expect(all.map(({ sequence }) => sequence)).toEqual(all.map((_record, at) => at + 1));
        },
      ),
    );
  });

  it('tells a listener until it has left', () => {
    const feed = createFeed(4);
    const heard: string[] = [];
    const leave = feed.listen(({ actor }) => heard.push(actor));
    feed.append(0, 'start', 'a', '', undefined);
    leave();
    feed.append(0, 'start', 'b', '', undefined);
    expect(heard).toEqual(['a']);
  });
});

describe('dead letters', () => {
  it('count all and keep the newest', () => {
    const reasons = fc.constantFrom<DeadLetterReason>(
      'no-such-actor',
      'mailbox-full',
      'actor-stopped',
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(reasons), (capacity, list) => {
        const letters = createDeadLetters(capacity);
        const added = list.map((reason, atMs) => ({ atMs, to: 'a', eventType: 'E', reason }));
        for (const letter of added) letters.add(letter);
        expect(letters.recent()).toEqual(added.slice(-capacity));
        for (const [reason, count] of Object.entries(letters.counts)) {
          expect(count).toBe(list.filter((own) => own === reason).length);
        }
      }),
    );
  });
});
