import { mkdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { createCellNode } from '../node/cell-children.ts';
import { EXIT, type Host } from './host.ts';
import { openPorts } from './open-ports.ts';
import { runNode } from './run-node.ts';
import { type ConfigFlags, loadNodeConfig, reportProblems } from './start-command.ts';

/** `troupe cell`: a cell alone, for a BBS and a Locket elsewhere. */
export async function cellCommand(host: Host, flags: ConfigFlags): Promise<void> {
  const result = loadNodeConfig(host, flags);
  const problems = result.ok
    ? result.config.cell === undefined
      ? ['cell.bbs_address: there is no BBS on this node, so the address of one is needed']
      : []
    : result.problems;
  if (!result.ok || result.config.cell === undefined) {
    reportProblems(host, problems);
    host.exit(EXIT.failed);
    return;
  }
  const { cell, dataDir, log } = result.config;
  const explain = (message: string, advice: string) =>
    host.writeError(`troupe: ${message}\n  ${advice}\n`);
  try {
    mkdirSync(dataDir, { recursive: true });
    const path = isAbsolute(log.file) ? log.file : join(dataDir, log.file);
    const { ports, flush } = await openPorts(host, {
      logLevel: log.level,
      logTimestamp: log.timestamp,
      logFile: log.file === '-' ? '' : path,
      accessLogFile: '',
      isAccessLogStreamed: false,
    });
    await runNode(host, {
      name: 'rep',
      system: createCellNode(cell, { ...ports, dataDir }),
      log: ports.log,
      // Without a drain the instances are stopped and not moved (diego.md §13.7).
      isDrainedOnTerminate: false,
      onReady: () =>
        host.writeOut(
          `troupe: cell ${cell.cell.cellId} is up: http://${cell.cell.host}:${cell.cell.port}, ` +
            `BBS ${cell.cell.bbsUrl}\n` +
            '  SIGUSR1 moves its instances to other cells and ends it; Ctrl-C stops them.\n',
        ),
      onStartupError: explain,
      onStopped: () => host.writeOut('troupe: stopped\n'),
      flush,
    });
  } catch (error) {
    explain((error as Error).message, `check data_dir (${dataDir}) and the log file`);
    host.exit(EXIT.failed);
  }
}
