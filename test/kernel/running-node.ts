import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'nats';
import { createRealClock } from '../../src/adapters/clock/real-clock.ts';
import { createMemoryLog } from '../../src/adapters/log/memory-log.ts';
import { createProcessInfo } from '../../src/adapters/process/process-info.ts';
import { createNodeProcessRunner } from '../../src/adapters/process-runner/node-process-runner.ts';
import { createSystemRandom } from '../../src/adapters/random/system-random.ts';
import { readNodeConfig } from '../../src/config/node-config.ts';
import { createNode, type NodeOptions } from '../../src/node/start-node.ts';
import { freePorts } from '../support/free-ports.ts';

const LOG_LINES = 1_000_000;

/** A real tree in this process: real sockets, real time, a log in memory. */
export async function startNode(supervision: NonNullable<NodeOptions['supervision']>) {
  const [port = 0, statusPort = 0, natsPort = 0, monitorPort = 0] = await freePorts(4);
  const settings = [
    `router.port=${port}`,
    `router.status.port=${statusPort}`,
    `nats.port=${natsPort}`,
    `nats.monitor_port=${monitorPort}`,
    'router.start_response_delay_interval=0s',
  ];
  const read = readNodeConfig({ file: '', environment: {}, settings }, () => 'secret');
  if (!read.ok) throw new Error(read.problems.join('; '));
  const { log, lines } = createMemoryLog('test', LOG_LINES);
  const system = createNode(
    { router: read.config.router, nats: read.config.nats, supervision },
    {
      clock: createRealClock(),
      random: createSystemRandom(),
      log,
      logCounts: {},
      process: await createProcessInfo(),
      processes: createNodeProcessRunner(),
      accessLines: [],
      droppedLogLines: () => 0,
    },
  );
  system.start();
  return { system, lines, port, statusPort, natsPort, monitorPort };
}

export type RunningNode = Awaited<ReturnType<typeof startNode>>;

export const BODY = 'hello from the endpoint';

/** An application that keeps itself registered, and answers after a moment. */
export async function startEndpoint(host: string, natsPort: number, delayMs: number) {
  const server = createServer((_request, reply) => {
    setTimeout(() => reply.end(BODY), delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  const nats = await connect({
    servers: `127.0.0.1:${natsPort}`,
    // A server that dies during the greeting leaves the client waiting for this long.
    timeout: 250,
    reconnectTimeWait: 20,
    maxReconnectAttempts: -1,
  });
  const message = JSON.stringify({ uris: [host], host: '127.0.0.1', port, app: 'hello' });
  const register = () => nats.publish('router.register', message);
  register();
  const heartbeat = setInterval(register, 100);
  return {
    /** Whether the bus hears it just now. */
    isHeard: () =>
      nats.flush().then(
        () => true,
        () => false,
      ),
    dropConnections: () => server.closeAllConnections(),
    async close() {
      clearInterval(heartbeat);
      await nats.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
