import { parseArgs } from 'node:util';
import { HISTORY_FILES, type HistoryFile, loadHistories } from './recorded-history.ts';
import { replayHistories } from './replay-files.ts';
import { type HistoryResult, verdictOf } from './replay-history.ts';
import { lineOf, reportOf, totalsOf } from './report.ts';

const usage = `node test/golden/diego/run.ts [options]
  --file NAME   only this file (may be given several times): ${HISTORY_FILES.join(' ')} wire
  --id ID       only histories whose id begins so, h0012 (may be given several times)
  --verbose     every difference of every history, explained ones too`;

const { values: flags } = parseArgs({
  options: {
    file: { type: 'string', multiple: true },
    id: { type: 'string', multiple: true },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const isChosen = (id: string): boolean =>
  flags.id === undefined || flags.id.some((prefix) => id.startsWith(prefix));

async function runFile(file: HistoryFile): Promise<HistoryResult[]> {
  const histories = loadHistories(file).filter(({ id }) => isChosen(id));
  if (histories.length === 0) return [];
  const startedAtMs = performance.now();
  const results = await replayHistories(file, histories);
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  console.log(`${totalsOf(file, results)}; ${seconds} s`);
  return results;
}

if (flags.help) {
  console.log(usage);
} else {
  const results: HistoryResult[] = [];
  for (const file of HISTORY_FILES) {
    if (flags.file === undefined || flags.file.includes(file))
      results.push(...(await runFile(file)));
  }
  if (flags.verbose) {
    for (const difference of results.flatMap(({ differences }) => differences)) {
      console.log(lineOf(difference));
    }
  } else {
    console.log(reportOf(results));
  }
  process.exitCode = results.some((result) => verdictOf(result) === 'different') ? 1 : 0;
}
