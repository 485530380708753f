/** A file server in this process, with its own tree, over a directory of its own. */
import { join } from 'node:path';
import type { SupervisorSpec } from '../../machines/kernel/supervisor.machine.ts';
import { createRealClock } from '../../src/adapters/clock/real-clock.ts';
import { createMemoryLog, type LogLine } from '../../src/adapters/log/memory-log.ts';
import { createSystemRandom } from '../../src/adapters/random/system-random.ts';
import { createFileServerChildren } from '../../src/file-server/index.ts';
import { FILE_SERVER_DEFAULTS, type FileServerOptions } from '../../src/file-server/options.ts';
import { createActorSystem } from '../../src/kernel/actor-system.ts';
import { SUPERVISION_DEFAULTS } from '../../src/node/tree.ts';

export interface FileServerUnderTest {
  readonly url: string;
  readonly directory: string;
  readonly lines: readonly LogLine[];
  /** Moves the date on. */
  advance(ms: number): void;
  stop(): Promise<void>;
}

export async function startFileServer(
  dataDir: string,
  more: Partial<FileServerOptions> = {},
): Promise<FileServerUnderTest> {
  const real = createRealClock();
  let shiftMs = 0;
  const clock = { ...real, wallMs: () => real.wallMs() + shiftMs };
  const random = createSystemRandom();
  const { log, lines } = createMemoryLog();
  const directory = join(dataDir, 'droplets');
  const options = { ...FILE_SERVER_DEFAULTS, port: 0, directory, ...more };
  const root: SupervisorSpec = {
    ...SUPERVISION_DEFAULTS,
    name: 'node',
    strategy: 'one_for_one',
    children: createFileServerChildren(options, { clock, random, log }),
    drainOnEscalation: false,
    nowMs: clock.nowMs,
    chance: random.next,
  };
  const system = createActorSystem({ root, clock, log });
  system.start();
  const failure = await Promise.race([system.ready, system.ended]);
  if (failure !== undefined) throw failure;
  const snapshot = system.whereis('file-server')?.getSnapshot() as { context: { port: number } };
  return {
    url: `http://127.0.0.1:${snapshot.context.port}`,
    directory,
    lines,
    advance(ms) {
      shiftMs += ms;
    },
    async stop() {
      system.shutdown('fast');
      await system.ended;
    },
  };
}
