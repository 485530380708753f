/** The entry of a worker thread of the router: chooses its adapters. */
import { createRealClock } from '../adapters/clock/real-clock.ts';
import { createSystemRandom } from '../adapters/random/system-random.ts';
import { createParentThread } from '../adapters/worker/parent-thread.ts';
import { runWorker } from '../router/workers/run-worker.ts';

runWorker({
  clock: createRealClock(),
  random: createSystemRandom(),
  parent: createParentThread(),
});
