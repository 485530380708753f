/**
 * Runs the black-box tests with the recorder, and writes docs/reliability/model-coverage.md:
 * `node test/model/measure-coverage.ts [--files PATH… | --keep DIRECTORY | --from DIRECTORY]`.
 * With `--files` nothing is written; `--keep` leaves what was recorded in a directory, from which
 * `--from` writes the document anew, after a change of gaps.ts.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LIFECYCLES } from '../machines/lifecycles.ts';
import { MACHINES } from '../machines/machines.ts';
import { GAPS } from './gaps.ts';
import { coverageOf, mergeEdges, staleGaps } from './merge-edges.ts';
import { type Measured, renderCoverage, summaryLine } from './render-coverage.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCUMENT = join(ROOT, 'docs/reliability/model-coverage.md');
const RECORDER = new URL('record-edges.ts', import.meta.url).href;

const BLACK_BOX = [
  'test/auctioneer/',
  'test/bbs/linearizable/',
  'test/bbs/locket/',
  'test/bbs/operations/',
  'test/bbs/receptor/',
  'test/bbs/robustness/',
  'test/bbs/transitions/',
  'test/catalogue/',
  'test/cell/',
  'test/file-server/',
  'test/golden/diego/',
  'test/golden/route-emitter/',
  'test/kernel/',
  'test/messaging/',
  'test/node/apps.test.ts',
  'test/node/drain.test.ts',
  'test/node/nats-outage.test.ts',
  'test/route-emitter/',
  'test/router/workers/',
];

/** Plays the bare machine with fakes. */
const NOT_REAL = ['test/cell/executor/instance-machine.test.ts'];

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
}

/** Runs Vitest on this Node; resolves with its exit code. */
function runTests(files: readonly string[], directory: string, report: string): Promise<number> {
  const words = ['run', '--config', 'test/model/vitest.config.ts', '--reporter=dot'];
  const reporting = ['--reporter=json', `--outputFile=${report}`];
  const leftOut = NOT_REAL.map((file) => `--exclude=${file}`);
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const options = `${process.env['NODE_OPTIONS'] ?? ''} --import ${RECORDER}`.trim();
  const child = spawn(process.execPath, [vitest, ...words, ...reporting, ...leftOut, ...files], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, NODE_OPTIONS: options, MODEL_EDGES_DIR: directory },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

function measured(directory: string, report: string, files: readonly string[]): Measured {
  const paths = readdirSync(directory).map((name) => join(directory, name));
  const taken = mergeEdges(paths.map((path) => readFileSync(path, 'utf8')));
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8')) as Report;
  const lifecycles = Object.values(LIFECYCLES).map(({ machine }) => machine);
  return {
    actors: coverageOf(Object.values(MACHINES), taken, GAPS),
    lifecycles: coverageOf(lifecycles, taken, GAPS),
    files,
    passedTests: numPassedTests,
    failedTests: numFailedTests,
  };
}

function show(result: Measured): void {
  console.log(renderCoverage(result));
  console.log(summaryLine('actors', result.actors));
  console.log(summaryLine('lifecycles', result.lifecycles));
}

/** Writes the document; false if a reason in gaps.ts has no gap any more. */
function write(result: Measured): boolean {
  writeFileSync(DOCUMENT, renderCoverage(result));
  console.log(`wrote ${DOCUMENT}`);
  const stale = staleGaps([...result.actors, ...result.lifecycles], GAPS);
  for (const edge of stale) console.log(`a reason without a gap: ${edge}`);
  return stale.length === 0;
}

async function main(words: readonly string[]): Promise<number> {
  const [option, ...values] = words;
  const files = option === '--files' ? values : BLACK_BOX;
  const kept = option === '--keep' || option === '--from' ? values[0] : undefined;
  const work = kept ?? mkdtempSync(join(tmpdir(), 'model-coverage-'));
  const directory = join(work, 'edges');
  const report = join(work, 'report.json');
  mkdirSync(directory, { recursive: true });
  try {
    const code = option === '--from' ? 0 : await runTests(files, directory, report);
    const result = measured(directory, report, files);
    show(result);
    if (option === '--files') return code;
    return write(result) ? code : 1;
  } finally {
    if (kept === undefined) rmSync(work, { recursive: true, force: true });
  }
}

process.exitCode = await main(process.argv.slice(2));
