/**
 * Apps that move under load: a cell is evacuated, an app is restarted, the router itself is
 * replaced. What counts is how many requests fail.
 */
import { loadavg } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { type AppNode, startAppNode, startOtherCell } from '../../test/node/support/app-node.ts';
import { type LoadFigures, startLoad } from '../../test/node/support/steady-load.ts';
import { HELLO_FOLDER, type TroupeNode } from '../../test/node/support/troupe-node.ts';
import { eventually, World } from '../../test/node/support/world.ts';
import { freePort } from '../../test/support/free-ports.ts';

export interface MovesOptions {
  /** Of load for each move; the move begins after a fifth of it. */
  readonly seconds: number;
  readonly print: (line: string) => void;
}

export interface MoveRow {
  readonly name: string;
  /** From the command until it was done. */
  readonly tookMs: number;
  readonly figures: LoadFigures;
}

export interface MovesReport {
  readonly perSecond: number;
  readonly loadBefore: number;
  readonly rows: readonly MoveRow[];
}

const PER_SECOND = 500;
const HOST = 'hello.localhost';
const INSTANCES = '2';

type Prepare = (node: AppNode) => Promise<Scene>;

/** A router alone, on the port that the load goes to. */
async function startRouter({ world, node }: AppNode, port: number): Promise<TroupeNode> {
  const ports = { ...(await world.nodePorts()), router: port };
  const router = world.launchNode(ports, world.dataDir(), {
    'nats.servers': `[127.0.0.1:${node.ports.nats}]`,
    'router.reuse_port': true,
    'router.drain_wait': '1s',
  });
  await router.isUp();
  await eventually('the router knows the app', async () => {
    return (await router.addressesOf(HOST)).length === Number(INSTANCES);
  });
  return router;
}

interface Scene {
  /** Where the load goes. */
  readonly port: number;
  /** What happens under load. */
  readonly move: () => Promise<unknown>;
}

const evacuation: Prepare = async (node) => {
  await startOtherCell(node, 'cell-2');
  await eventually('both cells are there', async () => {
    const { cells } = await node.bbs('/v1/cells/list.r1');
    return (cells as unknown[]).length === 2;
  });
  return { port: node.node.ports.router, move: () => node.ok('evacuate', 'cell-1') };
};

const restart: Prepare = (node) =>
  Promise.resolve({ port: node.node.ports.router, move: () => node.ok('restart', 'hello') });

/** A second router on the same port; then the first one is told to end. */
const takeover: Prepare = async (node) => {
  const port = await freePort();
  const first = await startRouter(node, port);
  const move = async (): Promise<void> => {
    await startRouter(node, port);
    first.child.signal('SIGTERM');
    await first.child.exited;
  };
  return { port, move };
};

async function runMove(name: string, prepare: Prepare, options: MovesOptions): Promise<MoveRow> {
  const world = new World();
  try {
    options.print(`${name} …`);
    const node = await startAppNode(world, { 'cell.evacuation_polling_interval': '1s' });
    await node.ok('push', HELLO_FOLDER, '-i', INSTANCES);
    const { port, move } = await prepare(node);
    const load = startLoad({ port, host: HOST, perSecond: PER_SECOND });
    await setTimeout(options.seconds * 200);
    const startedMs = performance.now();
    await move();
    const tookMs = performance.now() - startedMs;
    await setTimeout(Math.max(0, options.seconds * 800 - tookMs));
    return { name, tookMs, figures: await load.stop() };
  } finally {
    await world.end();
  }
}

export async function runMoves(options: MovesOptions): Promise<MovesReport> {
  const loadBefore = loadavg()[0] ?? 0;
  const rows: MoveRow[] = [];
  for (const [name, prepare] of [
    ['evacuation of a cell to another', evacuation],
    ['restart of an app', restart],
    ['another router on the same port', takeover],
  ] as const) {
    rows.push(await runMove(name, prepare, options));
  }
  return { perSecond: PER_SECOND, loadBefore, rows };
}

export function movesLines({ perSecond, loadBefore, rows }: MovesReport): string[] {
  return [
    `| under ${perSecond} requests/s | took s | requests | failed | p50 ms | p99 ms |`,
    '|---|---:|---:|---:|---:|---:|',
    ...rows.map(({ name, tookMs, figures }) => {
      const { sent, failed, p50Ms, p99Ms } = figures;
      const cells = [
        name,
        (tookMs / 1000).toFixed(1),
        sent,
        failed,
        p50Ms.toFixed(2),
        p99Ms.toFixed(2),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
    `load average ${loadBefore.toFixed(1)} before`,
    ...rows.flatMap(({ name, figures }) => figures.faults.map((fault) => `  ${name}: ${fault}`)),
  ];
}
