/** `node --expose-gc test/reliability/slow-upload.ts --gibibytes 2 [--engine wire]` */
import { parseArgs } from 'node:util';
import { slowUpload } from './support/slow-upload.ts';
import { ENGINES } from './support/started-router.ts';

const { values } = parseArgs({
  options: {
    gibibytes: { type: 'string', default: '2' },
    engine: { type: 'string', default: 'wire' },
  },
});
const engine = ENGINES.find((name) => name === values.engine);
if (engine === undefined) throw new Error(`engines are ${ENGINES.join(', ')}`);

// The first one fills what the runtime keeps for buffers, however long it is.
await slowUpload(engine, 128 * 2 ** 20, 2);
const result = await slowUpload(engine, Number(values.gibibytes) * 2 ** 30, 5);
process.stdout.write(`${JSON.stringify(result)}\n`);
process.exit(result.status === 'HTTP/1.1 200' && result.growthMegabytes < 128 ? 0 : 1);
