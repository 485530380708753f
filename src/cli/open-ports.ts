import { createRealClock } from '../adapters/clock/real-clock.ts';
import { type FileLines, openFileLines } from '../adapters/lines/file-lines.ts';
import { createPinoLog } from '../adapters/log/pino-log.ts';
import { createProcessInfo } from '../adapters/process/process-info.ts';
import { createNodeProcessRunner } from '../adapters/process-runner/node-process-runner.ts';
import { createSystemRandom } from '../adapters/random/system-random.ts';
import type { NodePorts } from '../node/start-node.ts';
import type { LogLevel } from '../ports/log.ts';
import type { LineSink } from '../router/access-log.ts';
import type { Host } from './host.ts';

export interface PortsOptions {
  readonly logLevel: LogLevel;
  readonly logTimestamp: 'unix-epoch' | 'rfc3339';
  /** Path, or empty for standard output. */
  readonly logFile: string;
  /** Path, or empty for none. */
  readonly accessLogFile: string;
  readonly isAccessLogStreamed: boolean;
}

export interface OpenPorts {
  readonly ports: NodePorts;
  flush(): Promise<void>;
}

/** The adapters of a real process. Throws when a file cannot be opened. */
export async function openPorts(host: Host, options: PortsOptions): Promise<OpenPorts> {
  const files: FileLines[] = [];
  const open = (path: string): FileLines => {
    const lines = openFileLines(path);
    files.push(lines);
    return lines;
  };
  const standardOutput: LineSink = { write: (text) => host.writeOut(text) };
  const destination = options.logFile === '' ? standardOutput : open(options.logFile);
  const { log, counts } = createPinoLog({
    level: options.logLevel,
    source: 'vcap.gorouter',
    timestamp: options.logTimestamp,
    destination,
  });
  const accessLines: LineSink[] = [];
  if (options.accessLogFile !== '') accessLines.push(open(options.accessLogFile));
  if (options.isAccessLogStreamed) accessLines.push(standardOutput);
  return {
    ports: {
      clock: createRealClock(),
      random: createSystemRandom(),
      log,
      logCounts: counts,
      process: await createProcessInfo(),
      processes: createNodeProcessRunner(),
      accessLines,
      droppedLogLines: () => files.reduce((sum, file) => sum + file.droppedLines, 0),
    },
    async flush() {
      await Promise.all(files.map((file) => file.close()));
    },
  };
}
