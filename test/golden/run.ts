import { parseArgs } from 'node:util';
import { loadCases, stepsOf } from './load-cases.ts';
import type { RecordedCase } from './recorded-case.ts';
import { replayAll } from './replay.ts';
import { type CaseResult, verdictOf } from './replay-case.ts';
import { SpawnedRouter } from './router-under-test.ts';
import { describeResult, staleDeviations, summaryTable } from './summary.ts';

const usage = `node test/golden/run.ts [options]
  --group NAME   only this group (may be given several times)
  --id ID        only this case (may be given several times); a prefix such as path-01 will do
  --verbose      all differences, also explained ones, log lines, and with --id the whole case
  --json         results as JSON lines instead of text
  --lanes N      how many routers side by side (8)
  --no-rerun     do not run failed cases again
GOLDEN_ROUTER="command words" tests another router; "-c FILE" is added to it.
GOLDEN_NATS_SERVER=FILE replays over that nats-server, not over the own broker.`;

const { values: flags } = parseArgs({
  options: {
    group: { type: 'string', multiple: true },
    id: { type: 'string', multiple: true },
    verbose: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    lanes: { type: 'string', default: '8' },
    'no-rerun': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function isChosen(recorded: RecordedCase): boolean {
  const { group, id } = flags;
  return (
    (group === undefined || group.includes(recorded.group)) &&
    (id === undefined || id.some((prefix) => recorded.id.startsWith(prefix)))
  );
}

function printScene(result: CaseResult): void {
  const { recorded, outcomes } = result;
  const { config = {}, backends = {}, register = [] } = recorded;
  console.log(`\nconfig   ${JSON.stringify(config)}`);
  for (const [name, script] of Object.entries(backends)) {
    console.log(`backend  ${name} ${JSON.stringify(script)}`);
  }
  for (const message of register) console.log(`register ${JSON.stringify(message)}`);
  for (const [position, step] of stepsOf(recorded).entries()) {
    const { expected, ...input } = step;
    console.log(`step ${position}   ${JSON.stringify(input)}`);
    console.log(`recorded ${JSON.stringify(expected ?? {}, null, 1)}`);
    console.log(`came     ${JSON.stringify(outcomes[position] ?? null, null, 1)}`);
  }
  console.log('');
}

function printResult(result: CaseResult): void {
  const verdict = verdictOf(result);
  if (flags.json) {
    const { recorded, differences, log, durationMs, wasUnsteady } = result;
    const { id, group, title } = recorded;
    console.log(
      JSON.stringify({ id, group, title, verdict, differences, log, durationMs, wasUnsteady }),
    );
    return;
  }
  if (flags.verbose && flags.id !== undefined) printScene(result);
  const isNoted = flags.verbose
    ? result.differences.length + result.log.differences.length > 0
    : verdict === 'different';
  if (isNoted) console.log(describeResult(result, flags.verbose));
}

if (flags.help) {
  console.log(usage);
} else {
  const cases = loadCases().filter(isChosen);
  const startedAtMs = performance.now();
  const results = await replayAll(cases, {
    underTest: new SpawnedRouter(),
    lanes: Number(flags.lanes),
    rerun: !flags['no-rerun'],
    onResult: printResult,
  });
  if (!flags.json) {
    console.log(`\n${summaryTable(results)}`);
    const unsteady = results.filter((result) => result.wasUnsteady);
    for (const { recorded } of unsteady) console.log(`unsteady: ${recorded.id} ${recorded.title}`);
    if (flags.group === undefined && flags.id === undefined) {
      for (const { reason } of staleDeviations(results)) console.log(`stale deviation: ${reason}`);
    }
    console.log(`${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`);
  }
  process.exitCode = results.some((result) => verdictOf(result) === 'different') ? 1 : 0;
}
