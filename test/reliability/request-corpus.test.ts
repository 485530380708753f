import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TestRouter } from '../catalogue/harness.ts';
import { isPlayed, REQUEST_ROWS, rowForEngine } from './corpus/load-corpus.ts';
import { okText, RecordingBackend } from './support/recording-backend.ts';
import { MODES, runRequestRow } from './support/run-request-row.ts';
import { addRoute, ENGINES, faultsOf, startRouter } from './support/started-router.ts';

describe.concurrent.each(ENGINES)('request corpus through %s', (engine) => {
  let router: TestRouter;
  const figures = { passed: 0, rows: 0, smuggled: 0, leftOut: 0 };

  beforeAll(async () => {
    router = await startRouter(engine);
  });

  afterAll(async () => {
    const { passed, rows, smuggled, leftOut } = figures;
    process.stdout.write(
      `${engine}: request rows passed ${passed} / ${rows}, listed as left out ${leftOut}, ` +
        `smuggled = ${smuggled}\n`,
    );
    await router.stop();
  });

  test.each(MODES)(
    'every row %s',
    async (mode) => {
      const backend = await RecordingBackend.start({
        onHead({ target }, { socket }) {
          if (target !== '/early') return false;
          socket.write(okText('early'));
          return true;
        },
      });
      const host = await addRoute(router, backend.port);
      const failed: string[] = [];
      for (const row of REQUEST_ROWS) {
        if (!isPlayed(row, engine, mode)) {
          figures.leftOut += 1;
          continue;
        }
        const own = rowForEngine(row, engine);
        const problems = await runRequestRow(own, mode, { router, backend, host });
        figures.rows += 1;
        if (problems.length === 0) figures.passed += 1;
        else failed.push(`${row.id} ${row.name}: ${problems.join('; ')}`);
        if (problems.includes('SMUGGLED')) figures.smuggled += 1;
      }
      await backend.stop();
      expect(failed).toEqual([]);
    },
    60_000,
  );

  test('no fault of the router was logged', () => {
    expect(faultsOf(router)).toEqual([]);
  });
});
