/** A whole node with apps, its command line, and other cells beside it. */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePorts } from '../../support/free-ports.ts';
import { Child } from './child.ts';
import { NODE_COMMAND, type Settings, type TroupeNode } from './troupe-node.ts';
import type { World } from './world.ts';

const projectDirectory = join(import.meta.dirname, '..', '..', '..');
const MAIN_FILE = join(projectDirectory, 'src', 'main.ts');

export interface CommandResult {
  readonly code: number | null;
  readonly text: string;
}

export class AppNode {
  readonly world: World;
  readonly node: TroupeNode;
  readonly dataDir: string;
  readonly bbsPort: number;
  readonly locketPort: number;

  readonly settings: Settings;

  constructor(world: World, node: TroupeNode, dataDir: string, settings: Settings) {
    this.world = world;
    this.node = node;
    this.dataDir = dataDir;
    this.settings = settings;
    this.bbsPort = Number(settings['bbs.port']);
    this.locketPort = Number(settings['locket.port']);
  }

  /** `troupe …` against this node. */
  async troupe(...words: string[]): Promise<CommandResult> {
    const child = this.launch(...words);
    const code = await child.exited;
    return { code, text: child.text };
  }

  launch(...words: string[]): Child {
    const child = new Child(NODE_COMMAND, [MAIN_FILE, ...words], {
      cwd: this.dataDir,
      environment: { TROUPE_DATA_DIR: this.dataDir, NO_COLOR: '1' },
    });
    this.world.onEnd(() => child.kill());
    return child;
  }

  /** As `troupe`, and it must succeed. */
  async ok(...words: string[]): Promise<string> {
    const { code, text } = await this.troupe(...words);
    if (code !== 0) throw new Error(`troupe ${words.join(' ')}: exit ${code}\n${text}`);
    return text;
  }

  /** Rows of the BBS, as JSON. */
  async bbs(path: string, body: object = {}): Promise<Record<string, unknown>> {
    const answer = await fetch(`http://127.0.0.1:${this.bbsPort}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await answer.json()) as Record<string, unknown>;
  }

  async actuals(): Promise<readonly ActualJson[]> {
    const { actual_lrps: rows } = await this.bbs('/v1/actual_lrps/list');
    return (rows ?? []) as readonly ActualJson[];
  }
}

export interface ActualJson {
  readonly actual_lrp_key: { readonly process_guid: string; readonly index?: number };
  readonly actual_lrp_instance_key: { readonly cell_id?: string; readonly instance_guid?: string };
  readonly state: string;
  readonly presence?: string;
  readonly crash_count?: number;
  readonly crash_reason?: string;
  readonly placement_error?: string;
}

/** Ports of the host for containers: each world of a run has its own hundred. */
function portRange(): Settings {
  const first = 20_000 + ((process.pid * 7 + Math.floor(Math.random() * 300)) % 400) * 100;
  return { 'cell.first_port': first, 'cell.last_port': first + 99 };
}

const STOP_TIMEOUT_MS = 10_000;

/** In an orderly way, so that no app outlives the test. */
function stopLater(world: World, child: Child): void {
  world.onEnd(async () => {
    child.signal('SIGINT');
    await Promise.race([child.exited, setTimeout(STOP_TIMEOUT_MS, undefined, { ref: false })]);
  });
}

/** With short pauses, so that tests need not wait for them. */
export async function startAppNode(world: World, settings: Settings = {}): Promise<AppNode> {
  const dataDir = world.dataDir();
  const [bbs = 0, locket = 0, auctioneer = 0, cell = 0, files = 0] = await freePorts(5);
  const all: Settings = {
    'bbs.enabled': true,
    'bbs.port': bbs,
    'bbs.converge_repeat_interval': '2s',
    'receptor.enabled': false,
    'locket.port': locket,
    'auctioneer.port': auctioneer,
    'cell.port': cell,
    'cell.polling_interval': '2s',
    'cell.evacuation_polling_interval': '500ms',
    'cell.graceful_shutdown_interval': '2s',
    'file_server.port': files,
    ...portRange(),
    ...settings,
  };
  const node = world.launchNode(await world.nodePorts(), dataDir, all);
  stopLater(world, node.child);
  await node.isUp();
  return new AppNode(world, node, dataDir, all);
}

/** A cell in a process of its own, which knows the node's BBS and Locket and nothing else. */
export async function startOtherCell(
  { world, bbsPort, locketPort }: AppNode,
  id: string,
  settings: Settings = {},
): Promise<Child> {
  const dataDir = world.dataDir();
  const [port = 0] = await freePorts(1);
  const all: Settings = {
    data_dir: dataDir,
    'bbs.enabled': false,
    'cell.id': id,
    'cell.port': port,
    'cell.bbs_address': `http://127.0.0.1:${bbsPort}`,
    'cell.locket_address': `127.0.0.1:${locketPort}`,
    'cell.polling_interval': '2s',
    'cell.evacuation_polling_interval': '500ms',
    'cell.graceful_shutdown_interval': '2s',
    ...portRange(),
    ...settings,
  };
  const words = Object.entries(all).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  const child = new Child(NODE_COMMAND, [MAIN_FILE, 'cell', ...words], { cwd: dataDir });
  world.onEnd(() => child.kill());
  stopLater(world, child);
  await child.printed(`cell ${id} is up`);
  return child;
}
