/**
 * Records the transitions of this process into `$MODEL_EDGES_DIR`; without it, does nothing.
 * A set-up file of Vitest, and a preload (`--import`) of the processes that the tests start.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, threadId } from 'node:worker_threads';

const directory = process.env['MODEL_EDGES_DIR'];
/** Vitest brings its own XState for the code under test, which only a set-up file can reach. */
const isVitest = (process.argv[1] ?? '').includes('node_modules/vitest/');
const isSetUpFile = '__vitest_worker__' in globalThis;
const isWanted = process.argv[1] !== undefined && isVitest === isSetUpFile;

async function record(into: string): Promise<void> {
  const { onceEach, recordActors, recordLifecycle } = await import('./edge-recorder.ts');
  const file = join(into, `${process.pid}-${threadId}.jsonl`);
  // Written at once, for tests kill processes; each transition is written once only.
  const note = onceEach((machine, edge) => {
    appendFileSync(file, `${JSON.stringify({ machine, edge })}\n`);
  });
  recordActors(note);
  if (!isMainThread) return;
  const { RECORDED_LIFECYCLES } = await import('./recorded-lifecycles.ts');
  for (const recorded of RECORDED_LIFECYCLES) recordLifecycle(recorded, note);
}

if (directory !== undefined && isWanted) await record(directory);
