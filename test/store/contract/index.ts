import { afterEach, beforeEach, describe } from 'vitest';
import { elections } from './elections.ts';
import type { Fixture, Opened } from './kit.ts';
import { leases } from './leases.ts';
import { random } from './random.ts';
import { ranges } from './ranges.ts';
import { transactions } from './transactions.ts';
import { watches } from './watches.ts';

/** What every store promises: one suite for all of them. */
export function storeContract(fixture: Fixture): void {
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
  describe('random runs', () => random(opened));
  describe('elections', () => elections(opened));
}
