import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCases } from './load-cases.ts';
import { replayAll } from './replay.ts';
import { type CaseResult, verdictOf } from './replay-case.ts';
import { SpawnedRouter } from './router-under-test.ts';
import { describeResult, staleDeviations, summaryTable } from './summary.ts';

/**
 * All recorded cases against the router of this project. GOLDEN_GROUP limits the run to one
 * group; `node test/golden/run.ts --id X --verbose` shows a single case in full.
 */
const replayTimeoutMs = 600_000;
const onlyGroup = process.env['GOLDEN_GROUP'];
const cases = loadCases().filter(({ group }) => onlyGroup === undefined || group === onlyGroup);

describe('golden replay', () => {
  const waiting = new Map(
    cases.map(({ id }) => [id, Promise.withResolvers<CaseResult>()] as const),
  );
  let replay: Promise<CaseResult[]> = Promise.resolve([]);

  beforeAll(() => {
    // Not awaited: each test waits for its own result, so that progress can be seen.
    replay = replayAll(cases, {
      underTest: new SpawnedRouter(),
      onResult: (result) => waiting.get(result.recorded.id)?.resolve(result),
    });
    replay.catch((error: unknown) => {
      for (const { promise, reject } of waiting.values()) {
        promise.catch(() => undefined);
        reject(error);
      }
    });
  });

  afterAll(async () => {
    const results = await replay.catch(() => []);
    process.stdout.write(`\n${summaryTable(results)}\n`);
  }, replayTimeoutMs);

  test.each(cases.map((recorded) => [recorded.id, recorded.title] as const))(
    '%s %s',
    async (id) => {
      const result = await waiting.get(id)?.promise;
      if (result === undefined) throw new Error(`${id} was not replayed`);
      const failed = verdictOf(result) === 'different';
      expect(failed ? describeResult(result) : 'as recorded').toBe('as recorded');
    },
    replayTimeoutMs,
  );

  test.runIf(onlyGroup === undefined)(
    'every entry of the list of deviations still explains something',
    async () => {
      expect(staleDeviations(await replay).map(({ reason }) => reason)).toEqual([]);
    },
    replayTimeoutMs,
  );
});
