/** A program that runs containers until it is killed; test/cell/executor/leftovers.test.ts. */
import { createRealClock } from '../../../src/adapters/clock/real-clock.ts';
import { createMemoryLog } from '../../../src/adapters/log/memory-log.ts';
import * as runner from '../../../src/adapters/process-runner/node-process-runner.ts';
import { createSeededRandom } from '../../../src/adapters/random/seeded-random.ts';
import { createExecutor } from '../../../src/cell/executor/create-executor.ts';
import { lrp, request, shell } from '../support/executor-kit.ts';

const executor = createExecutor(
  {
    cellId: 'cell-1',
    directory: process.argv[2] ?? '',
    address: '127.0.0.1',
    total: { memoryMb: 1024, diskMb: 1024, containers: 5 },
    firstPort: 45_000,
    lastPort: 45_100,
    gracefulShutdownMs: 500,
    stopDelayMs: 0,
  },
  {
    clock: createRealClock(),
    random: createSeededRandom(1),
    log: createMemoryLog().log,
    processes: runner.createNodeProcessRunner(),
  },
);
const script =
  "trap '' TERM HUP; setsid sh -c 'sleep 61 & sleep 61' & touch up; sleep 61; sleep 61";
for (const guid of ['a', 'b']) {
  executor.allocate(lrp(guid));
  executor.run(guid, request(shell(script), { containerPorts: [8080] }));
}
