import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { READER_PROPERTIES } from './support/fuzz-readers.ts';
import { ServerFuzz } from './support/fuzz-server.ts';
import { ENGINES } from './support/started-router.ts';

const SEED = 20_261;

describe('readers of the engine wire', () => {
  test.each(Object.entries(READER_PROPERTIES))('%s', (_name, property) => {
    fc.assert(property, { numRuns: 3000, seed: SEED });
  });
});

describe.each(ENGINES)('server of the engine %s', (engine) => {
  test('any bytes of clients and endpoints leave it in order', async () => {
    const fuzz = await ServerFuzz.start(engine);
    const problems = [...(await fuzz.requests(1500, SEED)), ...(await fuzz.answers(600, SEED))];
    await fuzz.stop();
    expect(problems.slice(0, 10)).toEqual([]);
    expect(fuzz.executions).toBe(2100);
  }, 60_000);
});
