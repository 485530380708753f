import { afterEach, beforeEach, describe } from 'vitest';
import { elections } from './contract/elections.ts';
import type { Opened } from './contract/kit.ts';
import { leases } from './contract/leases.ts';
import { ranges } from './contract/ranges.ts';
import { transactions } from './contract/transactions.ts';
import { watches } from './contract/watches.ts';
import { fixtures } from './fixtures.ts';

describe.each(fixtures)('the $name store', (fixture) => {
  let current: Opened | undefined;
  const opened = (): Opened => {
    if (current === undefined) throw new Error('no store is open');
    return current;
  };

  beforeEach(async () => {
    current = await fixture.open();
  });
  afterEach(async () => {
    await current?.dispose();
  });

  describe('transactions', () => transactions(opened));
  describe('ranges', () => ranges(opened));
  describe('watches', () => watches(opened));
  describe('leases', () => leases(fixture, opened));
  describe('elections', () => elections(opened));
});
