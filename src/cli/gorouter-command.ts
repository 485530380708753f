import { readFileSync } from 'node:fs';
import { createPinoLog } from '../adapters/log/pino-log.ts';
import { createSystemRandom } from '../adapters/random/system-random.ts';
import { readGorouterConfig } from '../config/gorouter-config.ts';
import { createNode } from '../node/start-node.ts';
import { EXIT, type Host } from './host.ts';
import { openPorts } from './open-ports.ts';
import { runNode } from './run-node.ts';

/** `troupe gorouter -c FILE`: the router alone, in the place of the original program. */
export async function gorouterCommand(host: Host, configFile: string): Promise<void> {
  const random = createSystemRandom();
  const destination = { write: (text: string) => host.writeOut(text) };
  const source = 'vcap.gorouter';
  const early = createPinoLog({ level: 'debug', source, timestamp: 'unix-epoch', destination });
  const fail = (message: string, error: string) => {
    early.log.fatal(message, { error });
    host.exit(EXIT.failed);
  };
  let text = '';
  try {
    if (configFile !== '') text = readFileSync(configFile, 'utf8');
  } catch (error) {
    fail('Error loading config:', (error as Error).message);
    return;
  }
  const result = readGorouterConfig(text, () => random.hex(16));
  if (!result.ok) {
    fail('Error loading config:', result.problems.join('; '));
    return;
  }
  const { router, nats, logLevel, logTimestamp } = result.config;
  try {
    const { ports, flush } = await openPorts(host, {
      logLevel,
      logTimestamp,
      logFile: '',
      accessLogFile: router.accessLog.file,
      isAccessLogStreamed: router.accessLog.isStreamedToStdout,
    });
    ports.log.info('starting');
    for (const warning of result.config.warnings) ports.log.warn('configuration', { warning });
    ports.log.info('retrieved-isolation-segments', {
      isolation_segments: router.registry.isolationSegments,
      routing_table_sharding_mode: router.registry.shardingMode,
    });
    await runNode(host, {
      name: 'gorouter',
      system: createNode({ router, nats }, ports),
      log: ports.log,
      isDrainedOnTerminate: router.lifecycle.isDrainedOnTerminate,
      onReady: () => {},
      onStopped: () => {},
      onStartupError: (message, advice) => ports.log.fatal(message, { advice }),
      flush,
    });
  } catch (error) {
    fail('error-creating-accesslog-file', (error as Error).message);
  }
}
