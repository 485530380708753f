import { parseArgs } from 'node:util';
import { HISTORY_FILES, type HistoryFile, loadHistories } from './recorded-history.ts';
import { replayHistories } from './replay-files.ts';
import { type HistoryResult, verdictOf } from './replay-history.ts';
import { replayWire } from './replay-wire.ts';
import { lineOf, reasonsOf, reportOf, totalsOf } from './report.ts';
import { startBbsOn } from './under-test.ts';

const usage = `node test/golden/diego/run.ts [options]
  --file NAME   only this file (may be given several times): ${HISTORY_FILES.join(' ')} wire
  --id ID       only histories whose id begins so, h0012 or w042 (may be given several times)
  --store NAME  memory (default), lmdb, or the address of an etcd
  --verbose     every difference of every history, explained ones too`;

const { values: flags } = parseArgs({
  options: {
    file: { type: 'string', multiple: true },
    id: { type: 'string', multiple: true },
    store: { type: 'string', default: 'memory' },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const start = startBbsOn(flags.store);

const isChosen = (id: string): boolean =>
  flags.id === undefined || flags.id.some((prefix) => id.startsWith(prefix));

const isWanted = (file: string): boolean => flags.file === undefined || flags.file.includes(file);

async function measured(
  file: string,
  replay: () => Promise<HistoryResult[]>,
): Promise<HistoryResult[]> {
  const startedAtMs = performance.now();
  const results = (await replay()).filter(({ id }) => isChosen(id));
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  if (results.length > 0) console.log(`${totalsOf(file, results)}; ${seconds} s`);
  return results;
}

async function runFile(file: HistoryFile): Promise<HistoryResult[]> {
  const histories = loadHistories(file).filter(({ id }) => isChosen(id));
  return histories.length === 0
    ? []
    : await measured(file, async () => await replayHistories(file, histories, { start }));
}

if (flags.help) {
  console.log(usage);
} else {
  const results: HistoryResult[] = [];
  for (const file of HISTORY_FILES.filter(isWanted)) results.push(...(await runFile(file)));
  const hasWireIds = flags.id === undefined || flags.id.some((prefix) => prefix.startsWith('w'));
  if (isWanted('wire') && hasWireIds)
    results.push(...(await measured('wire', async () => await replayWire(start))));
  if (flags.verbose) {
    for (const difference of results.flatMap(({ differences }) => differences)) {
      console.log(lineOf(difference));
    }
  } else {
    console.log([reportOf(results), reasonsOf(results)].filter((text) => text !== '').join('\n'));
  }
  process.exitCode = results.some((result) => verdictOf(result) === 'different') ? 1 : 0;
}
