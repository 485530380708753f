/** `node test/reliability/echo-tokens.ts --requests 1000000 [--engine wire] [--seed 1]` */
import { parseArgs } from 'node:util';
import { runEchoTokens } from './support/run-echo-tokens.ts';
import { ENGINES } from './support/started-router.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '1000000' },
    engine: { type: 'string', default: 'wire' },
    seed: { type: 'string', default: '1' },
  },
});
const engine = ENGINES.find((name) => name === values.engine);
if (engine === undefined) throw new Error(`engines are ${ENGINES.join(', ')}`);

const say = (text: string): boolean => process.stdout.write(`${text}\n`);
const result = await runEchoTokens(engine, Number(values.requests), Number(values.seed), (so) => {
  const megabytes = Math.round(process.memoryUsage.rss() / 2 ** 20);
  say(`sent ${so.sent}, right ${so.right}, mixed up ${so.mixedUp}, RSS ${megabytes} MiB`);
});
say(JSON.stringify(result, null, 2));
// Void when many were not answered by their endpoint at all.
const isGood =
  result.mixedUp + result.requestsMixedUp + result.hung === 0 && result.right > result.sent * 0.8;
process.exit(isGood && result.routerFaults.length === 0 ? 0 : 1);
