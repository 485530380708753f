import { expect, it } from 'vitest';
import { crashRounds } from './crash-rounds.ts';

it('keeps every acknowledged write through kill -9', { timeout: 120_000 }, async () => {
  const report = await crashRounds(10);
  expect(report.problems).toEqual([]);
  expect(report.rounds).toBe(10);
  expect(report.acked).toBeGreaterThan(report.rounds);
});
