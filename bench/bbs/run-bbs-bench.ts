import { loadavg } from 'node:os';
import { join } from 'node:path';
import { Child } from '../../test/node/support/child.ts';
import { NODE_COMMAND } from '../../test/node/support/troupe-node.ts';
import { World } from '../../test/node/support/world.ts';
import { highestResidentMiB } from '../router/process-figures.ts';
import type { LoadFigures, LoadPlan } from './generate-load.ts';
import { startBbs } from './start-bbs.ts';

export interface BbsBenchOptions {
  /** Of a BBS that runs already and is empty; undefined: a node of our own. */
  readonly url: string | undefined;
  readonly clients: number;
  readonly seconds: number;
  readonly count: number;
}

export interface BbsReport {
  readonly options: BbsBenchOptions;
  readonly figures: readonly LoadFigures[];
  readonly highestMiB: number | undefined;
  /** Of the last minute, before and after: other work on the machine. */
  readonly loadBefore: number;
  readonly loadAfter: number;
}

const minuteLoad = (): number => loadavg()[0] ?? 0;

async function loadBbs(world: World, plan: LoadPlan): Promise<readonly LoadFigures[]> {
  const file = join(import.meta.dirname, 'generate-load.ts');
  const generator = new Child(NODE_COMMAND, [file, JSON.stringify(plan)]);
  world.onEnd(() => generator.kill());
  if ((await generator.exited) !== 0) throw new Error(generator.text);
  return JSON.parse(generator.text) as readonly LoadFigures[];
}

/** Loads a BBS with each operation in turn; writes are acknowledged after they are on disk. */
export async function runBbsBench(options: BbsBenchOptions): Promise<BbsReport> {
  const world = new World();
  const { clients, seconds, count } = options;
  const loadBefore = minuteLoad();
  try {
    const own = options.url === undefined ? await startBbs(world, world.dataDir()) : undefined;
    const pid = own?.child.pid ?? 0;
    const url = options.url ?? own?.url ?? '';
    const figures = await loadBbs(world, { url, clients, seconds, count, pid });
    const highestMiB = own && highestResidentMiB(pid);
    return { options, figures, highestMiB, loadBefore, loadAfter: minuteLoad() };
  } finally {
    await world.end();
  }
}
