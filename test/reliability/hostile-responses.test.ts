import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestRouter } from '../catalogue/harness.ts';
import { RESPONSE_ROWS } from './corpus/load-corpus.ts';
import { runResponseRow } from './support/run-response-row.ts';
import { ENGINES, faultsOf, startRouter } from './support/started-router.ts';

describe.concurrent.each(ENGINES)('hostile answers through %s', (engine) => {
  let router: TestRouter;
  const figures = { passed: 0, rows: 0 };

  beforeAll(async () => {
    router = await startRouter(engine);
  });

  afterAll(async () => {
    const { passed, rows } = figures;
    process.stdout.write(`${engine}: answer rows passed ${passed} / ${rows}\n`);
    await router.stop();
  });

  test.each([
    ['at once', false],
    ['in small segments', true],
  ] as const)(
    'every row %s',
    async (_name, isBytewise) => {
      const failed: string[] = [];
      for (const row of RESPONSE_ROWS) {
        const problems = await runResponseRow(row, engine, isBytewise, router);
        figures.rows += 1;
        if (problems.length === 0) figures.passed += 1;
        else failed.push(`${row.id} ${row.name}: ${problems.join('; ')}`);
      }
      expect(failed).toEqual([]);
    },
    60_000,
  );

  test('no fault of the router was logged', () => {
    expect(faultsOf(router)).toEqual([]);
  });
});
