import { describe, expect, test } from 'vitest';
import { runEchoTokens } from './support/run-echo-tokens.ts';
import { ENGINES } from './support/started-router.ts';

const REQUESTS: Readonly<Record<string, number>> = { wire: 20_000, 'http-proxy': 5000 };
const SEED = 20_261;

describe.each(ENGINES)('answers through %s', (engine) => {
  test('none goes to another request than its own', async () => {
    const result = await runEchoTokens(engine, REQUESTS[engine] ?? 0, SEED);
    const { sent, right, mixedUp, requestsMixedUp } = result;
    process.stdout.write(
      `${engine}: ${sent} requests, ${right} right, mixed up ${mixedUp + requestsMixedUp}\n`,
    );
    expect(result.faults).toEqual([]);
    expect([mixedUp, requestsMixedUp, result.hung, result.routerFaults]).toEqual([0, 0, 0, []]);
    // Void when next to nothing was asked for and answered.
    expect(right).toBeGreaterThan(sent * 0.8);
  }, 60_000);
});
