/**
 * `npm run bench -- router|table|flood [--json] [--seconds N] [--rounds N]`
 * `npm run bench -- bbs [--json] [--url URL] [--clients N] [--seconds N] [--count N]`
 * `npm run bench -- bbs --scale LRPS [--json] [--rounds N]`
 * `npm run bench -- emitter [--json] [--count LRPS] [--rounds N]`
 * `npm run bench -- moves [--json] [--seconds N]`
 * `npm run bench -- soak [--json] [--minutes N]`
 * `npm run bench -- memory [--json]`
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { bbsLines, scaleLines } from './bbs/report-bbs.ts';
import { runBbsBench } from './bbs/run-bbs-bench.ts';
import { runScaleBench } from './bbs/run-scale-bench.ts';
import { emitterLines, runEmitterBench } from './emitter/run-emitter-bench.ts';
import { floodLines } from './flood/report-flood.ts';
import { runFlood } from './flood/run-flood.ts';
import { movesLines, runMoves } from './moves/run-moves.ts';
import { runRouterBench } from './router/run-router-bench.ts';
import { runMemory } from './soak/run-memory.ts';
import { runSoak, soakLines } from './soak/run-soak.ts';
import { runTableBench } from './table/run-table-bench.ts';

const USAGE =
  'usage: npm run bench -- router|table|flood [--json] [--seconds N] [--rounds N]\n' +
  '       npm run bench -- bbs [--json] [--url URL] [--clients N] [--seconds N] [--count N]\n' +
  '       npm run bench -- bbs --scale LRPS [--json] [--rounds N]\n' +
  '       npm run bench -- emitter [--json] [--count LRPS] [--rounds N]\n' +
  '       npm run bench -- moves [--json] [--seconds N]\n' +
  '       npm run bench -- soak [--json] [--minutes N]\n' +
  '       npm run bench -- memory [--json]\n';
const FLOOD_MESSAGES_PER_SECOND = 10_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    seconds: { type: 'string' },
    rounds: { type: 'string' },
    url: { type: 'string' },
    clients: { type: 'string' },
    count: { type: 'string' },
    scale: { type: 'string' },
    minutes: { type: 'string' },
  },
});

/** With --json standard output holds the result alone. */
const print = (line: string): void => {
  if (values.json) process.stderr.write(`${line}\n`);
  else process.stdout.write(`${line}\n`);
};

function numberOf(text: string | undefined, otherwise: number): number {
  const number = Number(text ?? otherwise);
  if (Number.isInteger(number) && number > 0) return number;
  process.stderr.write(USAGE);
  process.exit(2);
}

/** The heap can only be measured after a collection that somebody asks for. */
function runTable(): unknown {
  if ((globalThis as { gc?: unknown }).gc !== undefined) {
    return runTableBench({
      routeCounts: [100_000, 1_000_000],
      messageKinds: ['small', 'full'],
      print,
    });
  }
  const words = ['--expose-gc', ...process.argv.slice(1)];
  const { status } = spawnSync(process.execPath, words, { stdio: 'inherit' });
  process.exit(status ?? 1);
}

async function runBbs(): Promise<unknown> {
  if (values.scale !== undefined) {
    const lrps = numberOf(values.scale, 0);
    const report = await runScaleBench({ lrps, rounds: numberOf(values.rounds, 5), print });
    for (const line of scaleLines(report)) print(line);
    return report;
  }
  const report = await runBbsBench({
    url: values.url,
    clients: numberOf(values.clients, 32),
    seconds: numberOf(values.seconds, 5),
    count: numberOf(values.count, 20_000),
  });
  for (const line of bbsLines(report)) print(line);
  return report;
}

async function runEmitter(): Promise<unknown> {
  const report = await runEmitterBench({
    lrps: numberOf(values.count, 250_000),
    rounds: numberOf(values.rounds, 3),
    starts: 200,
    print,
  });
  for (const line of emitterLines(report)) print(line);
  return report;
}

async function runNamed(name: string | undefined): Promise<unknown> {
  if (name === 'table') return runTable();
  if (name === 'bbs') return runBbs();
  if (name === 'emitter') return runEmitter();
  if (name === 'memory') return runMemory(print);
  if (name === 'soak') {
    const report = await runSoak({ minutes: numberOf(values.minutes, 30), print });
    for (const line of soakLines(report)) print(line);
    return report;
  }
  if (name === 'moves') {
    const report = await runMoves({ seconds: numberOf(values.seconds, 60), print });
    for (const line of movesLines(report)) print(line);
    return report;
  }
  if (name === 'router') {
    const seconds = numberOf(values.seconds, 5);
    return runRouterBench({ seconds, rounds: numberOf(values.rounds, 3), print });
  }
  if (name === 'flood') {
    const options = {
      seconds: numberOf(values.seconds, 10),
      messagesPerSecond: FLOOD_MESSAGES_PER_SECOND,
    };
    const report = await runFlood(options);
    for (const line of floodLines(report)) print(line);
    return report;
  }
  process.stderr.write(USAGE);
  return process.exit(2);
}

const result = await runNamed(positionals[0]);
if (values.json) {
  const plain = (_key: string, value: unknown) =>
    value instanceof Map ? Object.fromEntries(value) : value;
  process.stdout.write(`${JSON.stringify(result, plain, 2)}\n`);
}
