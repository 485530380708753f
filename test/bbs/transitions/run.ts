import { parseArgs } from 'node:util';
import { startBbsUnderTest } from '../support/bbs-under-test.ts';
import { playRow } from './play-row.ts';
import type { StartServer } from './scene.ts';
import { generationsOf, loadTable, tableNames } from './transition-row.ts';

const usage = `node test/bbs/transitions/run.ts [options]
  --table NAME      only this table, claim (may be given several times)
  --id TEXT         only rows whose id contains TEXT
  --generation ERA  today or 2015
  --store NAME      memory (default) or lmdb`;

const { values: flags } = parseArgs({
  options: {
    table: { type: 'string', multiple: true },
    id: { type: 'string' },
    generation: { type: 'string' },
    store: { type: 'string', default: 'memory' },
    help: { type: 'boolean', default: false },
  },
});

const store = flags.store === 'lmdb' ? 'lmdb' : 'memory';
const startServer: StartServer = (generation, auctioneerAddress) =>
  startBbsUnderTest({ store, generation, auctioneerAddress });

async function runTable(name: string): Promise<number> {
  let failed = 0;
  let total = 0;
  for (const row of loadTable(name)) {
    if (!row.id.includes(flags.id ?? '')) continue;
    for (const generation of generationsOf(row)) {
      if (flags.generation !== undefined && flags.generation !== generation) continue;
      total += 1;
      const problems = await playRow(row, generation, startServer);
      if (problems.length === 0) continue;
      failed += 1;
      const note = row.note === undefined ? '' : `  (${row.note})`;
      console.log(`${row.id} [${generation}]${note}\n  given ${row.given.join(', ')}`);
      console.log(`  request ${row.request}\n  ${problems.join('\n').replaceAll('\n', '\n  ')}\n`);
    }
  }
  if (total > 0) console.log(`${name}: ${total - failed} / ${total}`);
  return failed;
}

if (flags.help) {
  console.log(usage);
} else {
  let failed = 0;
  for (const name of tableNames) {
    if (flags.table !== undefined && !flags.table.includes(name.replace('.json', ''))) continue;
    failed += await runTable(name);
  }
  process.exitCode = failed === 0 ? 0 : 1;
}
