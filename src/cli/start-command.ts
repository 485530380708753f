import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { createSystemRandom } from '../adapters/random/system-random.ts';
import { type NodeConfig, type NodeConfigResult, readNodeConfig } from '../config/node-config.ts';
import { createNode } from '../node/start-node.ts';
import { banner } from './banner.ts';
import { EXIT, type Host } from './host.ts';
import { type NodeFile, removeNodeFile, writeNodeFile } from './node-file.ts';
import { openPorts } from './open-ports.ts';
import { runNode } from './run-node.ts';

/** Read when it is there and no other file is named. */
const DEFAULT_FILE = 'troupe.yml';

export interface ConfigFlags {
  readonly config: string | undefined;
  readonly set: readonly string[];
}

/** Reads the configuration of a node from everywhere it may come from. */
export function loadNodeConfig(host: Host, flags: ConfigFlags): NodeConfigResult {
  const path = flags.config ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : '');
  let file = '';
  try {
    if (path !== '') file = readFileSync(path, 'utf8');
  } catch (error) {
    return { ok: false, problems: [`${path}: ${(error as Error).message}`] };
  }
  const random = createSystemRandom();
  return readNodeConfig({ file, environment: host.environment, settings: flags.set }, () =>
    random.hex(16),
  );
}

export function reportProblems(host: Host, problems: readonly string[]): void {
  host.writeError(`troupe: the configuration has ${problems.length} problem(s)\n`);
  for (const problem of problems) host.writeError(`  ${problem}\n`);
}

const inDataDir = (config: NodeConfig, path: string): string =>
  isAbsolute(path) ? path : join(config.dataDir, path);

const ANY_ADDRESS = new Set(['', '::', '0.0.0.0']);

/** What the commands for apps need to know of this node. */
function nodeFileOf(config: NodeConfig, pid: number): NodeFile {
  const { router, nats, controlPlane, fileServer } = config;
  const { status } = router;
  const at = (host: string, port: number): string =>
    `http://${ANY_ADDRESS.has(host) ? '127.0.0.1' : host}:${port}`;
  const { embedded, servers } = nats;
  return {
    pid,
    bbs_url: controlPlane === undefined ? '' : at(controlPlane.bbs.host, controlPlane.bbs.port),
    router_url: at(router.host, router.port),
    status_url: at(status.host, status.port),
    status_user: status.user,
    status_password: status.password,
    file_server_url: fileServer === undefined ? '' : at(fileServer.host, fileServer.port),
    nats_url: `nats://${servers[0] ?? `${embedded.host}:${embedded.port}`}`,
    domain: 'localhost',
  };
}

/** `troupe start`: a whole node in one process. */
export async function startCommand(host: Host, flags: ConfigFlags): Promise<void> {
  const result = loadNodeConfig(host, flags);
  if (!result.ok) {
    reportProblems(host, result.problems);
    host.exit(EXIT.failed);
    return;
  }
  const { config } = result;
  const { router, nats, log, controlPlane, dataDir } = config;
  const { routeEmitter, auctioneer, fileServer, cell, inspector } = config;
  const explain = (message: string, advice: string) =>
    host.writeError(`troupe: ${message}\n  ${advice}\n`);
  try {
    mkdirSync(config.dataDir, { recursive: true });
    const logFile = log.file === '-' ? '' : inDataDir(config, log.file);
    const { file } = router.accessLog;
    const accessLogFile = file === '' ? '' : inDataDir(config, file);
    const { ports, flush } = await openPorts(host, {
      logLevel: log.level,
      logTimestamp: log.timestamp,
      logFile,
      accessLogFile,
      isAccessLogStreamed: router.accessLog.isStreamedToStdout,
    });
    for (const warning of config.warnings) ports.log.warn('configuration', { warning });
    const apps = { routeEmitter, auctioneer, fileServer, cell };
    const startedAtMs = ports.clock.nowMs();
    await runNode(host, {
      name: 'gorouter',
      system: createNode({ router, nats, controlPlane, apps, dataDir, inspector }, ports),
      log: ports.log,
      isDrainedOnTerminate: router.lifecycle.isDrainedOnTerminate,
      onReady: () => {
        const tookMs = ports.clock.nowMs() - startedAtMs;
        writeNodeFile(dataDir, nodeFileOf(config, host.pid));
        host.writeOut(banner(config, { tookMs, logFile, accessLogFile }));
      },
      onStartupError: explain,
      onStopped: () => {
        removeNodeFile(dataDir, host.pid);
        host.writeOut('troupe: stopped\n');
      },
      flush,
    });
  } catch (error) {
    explain((error as Error).message, `check data_dir (${config.dataDir}) and the log files`);
    host.exit(EXIT.failed);
  }
}
