import { describe, expect, test } from 'vitest';
import { HISTORY_FILES, loadHistories } from './recorded-history.ts';
import { replayHistories } from './replay-files.ts';
import { type HistoryResult, verdictOf } from './replay-history.ts';
import { replayWire } from './replay-wire.ts';
import { reportOf, staleDeviations, totalsOf } from './report.ts';

/**
 * The histories of the original BBS, replayed against this one over HTTP.
 * `node test/golden/diego/run.ts --id h0012 --verbose` shows a single one.
 */
const replayTimeoutMs = 300_000;

const allResults: HistoryResult[] = [];

function expectAsRecorded(file: string, results: readonly HistoryResult[]): void {
  allResults.push(...results);
  process.stdout.write(`${totalsOf(file, results)}\n`);
  const different = results.filter((result) => verdictOf(result) === 'different');
  expect(different.length === 0 ? 'as recorded' : reportOf(different)).toBe('as recorded');
}

describe('histories of the original BBS', () => {
  test.each(HISTORY_FILES)(
    '%s',
    async (file) => expectAsRecorded(file, await replayHistories(file, loadHistories(file))),
    replayTimeoutMs,
  );

  test('wire', async () => expectAsRecorded('wire', await replayWire()), replayTimeoutMs);

  test('every entry of the list of deviations still explains something', () => {
    expect(staleDeviations(allResults).map(({ reason }) => reason)).toEqual([]);
  });
});
