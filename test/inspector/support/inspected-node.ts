/** A whole node in this process, so that its actors can be killed, with the inspector beside it. */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createRealClock } from '../../../src/adapters/clock/real-clock.ts';
import { createPinoLog } from '../../../src/adapters/log/pino-log.ts';
import { createProcessInfo } from '../../../src/adapters/process/process-info.ts';
import * as processRunner from '../../../src/adapters/process-runner/node-process-runner.ts';
import { createSystemRandom } from '../../../src/adapters/random/system-random.ts';
import { removeNodeFile, writeNodeFile } from '../../../src/cli/node-file.ts';
import { readNodeConfig } from '../../../src/config/node-config.ts';
import { createNodeInspector } from '../../../src/inspector/index.ts';
import type { Inspector } from '../../../src/inspector/inspector.ts';
import type { ActorSystem } from '../../../src/kernel/actor-system.ts';
import { createNode } from '../../../src/node/start-node.ts';
import { isAuthorized } from '../../../src/router/status/basic-auth.ts';
import { Child } from '../../node/support/child.ts';
import { NODE_COMMAND } from '../../node/support/troupe-node.ts';
import type { World } from '../../node/support/world.ts';
import { freePorts } from '../../support/free-ports.ts';

export const USER = 'status';
export const PASSWORD = 'secret';
const MAIN_FILE = join(import.meta.dirname, '..', '..', '..', 'src', 'main.ts');

export interface InspectedNode {
  readonly system: ActorSystem;
  readonly inspector: Inspector;
  readonly dataDir: string;
  /** http://127.0.0.1:port */
  readonly url: string;
  readonly bbsUrl: string;
  /** Lines of the log. */
  readonly log: readonly string[];
  /** `troupe …` against this node; fails unless it succeeds. */
  troupe(...words: string[]): Promise<string>;
  /** Processes of the apps. */
  appProcesses(): number[];
}

async function settingsFor(dataDir: string, isAppNode: boolean): Promise<string[]> {
  const [router, status, nats, bbs, locket, auctioneer, cell, files] = await freePorts(8);
  const first = 20_000 + (process.pid % 400) * 100;
  return Object.entries({
    data_dir: dataDir,
    'router.host': '127.0.0.1',
    'router.port': router,
    'router.status.port': status,
    'router.status.user': USER,
    'router.status.pass': PASSWORD,
    'router.start_response_delay_interval': '0s',
    'nats.port': nats,
    'bbs.enabled': isAppNode,
    'bbs.port': bbs,
    'bbs.converge_repeat_interval': '2s',
    'receptor.enabled': false,
    'locket.port': locket,
    'auctioneer.port': auctioneer,
    'cell.port': cell,
    'cell.polling_interval': '2s',
    'cell.graceful_shutdown_interval': '2s',
    'cell.first_port': first,
    'cell.last_port': first + 99,
    'file_server.port': files,
  }).map(([key, value]) => `${key}=${value}`);
}

/** As the status port serves it: a password first. */
async function serve(inspector: Inspector, world: World): Promise<string> {
  const isAllowed = ({ headers }: IncomingMessage): boolean =>
    isAuthorized(headers.authorization, USER, PASSWORD);
  const server = createServer((request, response) => {
    if (!isAllowed(request)) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic' }).end();
    } else if (!inspector.handle(request, response)) response.writeHead(404).end();
  });
  server.on('upgrade', (request, socket, head) => {
    if (!isAllowed(request) || !inspector.upgrade(request, socket, head)) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  world.onEnd(() => {
    inspector.close();
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function appProcessesOf(dataDir: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
        return environment.includes(`TROUPE_CELL=${dataDir}`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function start(world: World, isAppNode: boolean): Promise<InspectedNode> {
  const dataDir = world.dataDir();
  const settings = await settingsFor(dataDir, isAppNode);
  const random = createSystemRandom();
  const read = readNodeConfig({ file: '', environment: {}, settings }, () => random.hex(16));
  if (!read.ok) throw new Error(read.problems.join('; '));
  const { router, nats, controlPlane, routeEmitter, auctioneer, fileServer, cell } = read.config;
  const clock = createRealClock();
  const lines: string[] = [];
  const { log, counts } = createPinoLog({
    level: 'info',
    source: 'vcap.gorouter',
    timestamp: 'unix-epoch',
    destination: { write: (line) => lines.push(line) },
  });
  const apps = { routeEmitter, auctioneer, fileServer, cell };
  const system = createNode(
    { router, nats, controlPlane, ...(isAppNode ? { apps } : {}), dataDir },
    {
      clock,
      random,
      log,
      logCounts: counts,
      process: await createProcessInfo(),
      processes: processRunner.createNodeProcessRunner(),
      accessLines: [],
      droppedLogLines: () => 0,
    },
  );
  system.start();
  world.onEnd(async () => {
    system.shutdown('fast');
    await system.ended;
  });
  await system.ready;
  const bbsUrl = controlPlane === undefined ? '' : `http://127.0.0.1:${controlPlane.bbs.port}`;
  const inspector = createNodeInspector({ system, bbsUrl, router: undefined, clock, log });
  const url = await serve(inspector, world);
  writeNodeFile(dataDir, {
    pid: process.pid,
    bbs_url: bbsUrl,
    router_url: `http://127.0.0.1:${router.port}`,
    status_url: url,
    status_user: USER,
    status_password: PASSWORD,
    file_server_url: fileServer === undefined ? '' : `http://127.0.0.1:${fileServer.port}`,
    nats_url: `nats://127.0.0.1:${nats.embedded.port}`,
    domain: 'localhost',
  });
  world.onEnd(() => removeNodeFile(dataDir, process.pid));
  return {
    system,
    inspector,
    dataDir,
    url,
    bbsUrl,
    log: lines,
    appProcesses: () => appProcessesOf(dataDir),
    async troupe(...words) {
      const child = new Child(NODE_COMMAND, [MAIN_FILE, ...words], {
        cwd: dataDir,
        environment: { TROUPE_DATA_DIR: dataDir, NO_COLOR: '1' },
      });
      world.onEnd(() => child.kill());
      const code = await child.exited;
      if (code !== 0) throw new Error(`troupe ${words.join(' ')}: exit ${code}\n${child.text}`);
      return child.text;
    },
  };
}

/** Router and NATS alone. */
export const startInspectedRouter = (world: World): Promise<InspectedNode> => start(world, false);

/** With BBS, auctioneer, cell, file server and route-emitter. */
export const startInspectedApps = (world: World): Promise<InspectedNode> => start(world, true);
