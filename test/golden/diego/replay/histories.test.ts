import { describe, expect, test } from 'vitest';
import { HISTORY_FILES, loadHistories } from './recorded-history.ts';
import { replayHistories } from './replay-files.ts';
import { verdictOf } from './replay-history.ts';
import { reportOf, totalsOf } from './report.ts';

/**
 * The histories of the original BBS, replayed against this one over HTTP.
 * `node test/golden/diego/run.ts --id h0012 --verbose` shows a single one.
 */
const replayTimeoutMs = 300_000;

describe('histories of the original BBS', () => {
  test.each(HISTORY_FILES)(
    '%s',
    async (file) => {
      const results = await replayHistories(file, loadHistories(file));
      process.stdout.write(`${totalsOf(file, results)}\n`);
      const different = results.filter((result) => verdictOf(result) === 'different');
      expect(different.length === 0 ? 'as recorded' : reportOf(different)).toBe('as recorded');
    },
    replayTimeoutMs,
  );
});
