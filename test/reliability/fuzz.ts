/** `node test/reliability/fuzz.ts --minutes 10 [--engine wire] [--seed 1]` */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { READER_PROPERTIES } from './support/fuzz-readers.ts';
import { ServerFuzz } from './support/fuzz-server.ts';
import { ENGINES } from './support/started-router.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    engine: { type: 'string', default: 'wire' },
    seed: { type: 'string', default: '1' },
  },
});
const engine = ENGINES.find((name) => name === values.engine);
if (engine === undefined) throw new Error(`engines are ${ENGINES.join(', ')}`);

const READER_RUNS = 5000;
const SERVER_RUNS = 3000;
const say = (text: string): boolean => process.stdout.write(`${text}\n`);

const endAt = performance.now() + Number(values.minutes) * 60_000;
const executions = new Map<string, number>();
const add = (name: string, count: number): void => {
  executions.set(name, (executions.get(name) ?? 0) + count);
};
const faults: string[] = [];
const fuzz = await ServerFuzz.start(engine);
for (let seed = Number(values.seed); performance.now() < endAt && faults.length === 0; seed += 1) {
  for (const [name, property] of Object.entries(READER_PROPERTIES)) {
    const details = fc.check(property, { numRuns: READER_RUNS, seed }) as fc.RunDetails<unknown>;
    add(name, details.numRuns);
    if (details.failed) faults.push(`${name}: ${fc.defaultReportMessage(details)}`);
  }
  faults.push(...(await fuzz.requests(SERVER_RUNS, seed)));
  add('bytes to the server', SERVER_RUNS);
  faults.push(...(await fuzz.answers(SERVER_RUNS, seed)));
  add('answers of an endpoint', SERVER_RUNS);
  say(`seed ${seed}: ${[...executions.values()].reduce((sum, one) => sum + one, 0)} executions`);
}
await fuzz.stop();
for (const [name, count] of executions) say(`${name}: ${count}`);
for (const fault of faults.slice(0, 10)) say(fault);
process.exit(faults.length === 0 ? 0 : 1);
