import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection } from 'nats';
import { waitUntil } from '../../golden/pause.ts';
import { freePort, freePorts } from '../../support/free-ports.ts';
import { Child } from './child.ts';
import { NatsServer } from './nats-server.ts';
import {
  HELLO_FOLDER,
  NODE_COMMAND,
  type NodePorts,
  type Settings,
  TroupeNode,
} from './troupe-node.ts';

/** Short enough for a test; whole seconds, because that is what `router.start` can say. */
export const SHORT_THRESHOLDS: Settings = {
  'router.droplet_stale_threshold': '1s',
  'router.prune_stale_droplets_interval': '200ms',
};

/** Everything that one test starts. All of it is gone after `end`. */
export class World {
  readonly #endings: (() => void | Promise<void>)[] = [];

  onEnd(ending: () => void | Promise<void>): void {
    this.#endings.push(ending);
  }

  async end(): Promise<void> {
    for (const ending of this.#endings.toReversed()) await ending();
  }

  dataDir(): string {
    const folder = mkdtempSync(join(tmpdir(), 'troupe-node-'));
    this.onEnd(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  async nodePorts(): Promise<NodePorts> {
    const [router = 0, status = 0, nats = 0] = await freePorts(3);
    return { router, status, nats };
  }

  /** Another process may take a free port first, so that starting is tried again. */
  async startNode(settings: Settings = {}): Promise<TroupeNode> {
    for (let attempt = 1; ; attempt += 1) {
      const node = this.launchNode(await this.nodePorts(), this.dataDir(), settings);
      try {
        await node.isUp();
        return node;
      } catch (error) {
        if (attempt === 3 || !node.child.text.includes('is in use')) throw error;
      }
    }
  }

  launchNode(ports: NodePorts, dataDir: string, settings: Settings): TroupeNode {
    const node = new TroupeNode(ports, dataDir, settings);
    this.onEnd(() => node.child.kill());
    return node;
  }

  async startHello(natsUrl: string, environment: Readonly<Record<string, string>> = {}) {
    const child = new Child(NODE_COMMAND, [HELLO_FOLDER], {
      environment: { NATS_URL: natsUrl, ROUTE: 'hello.localhost', PORT: '0', ...environment },
    });
    this.onEnd(() => child.kill());
    await child.printed('registered ');
    return child;
  }

  async startNats(): Promise<NatsServer> {
    const port = await freePort();
    const server = new NatsServer(port);
    this.onEnd(() => server.kill());
    await server.start();
    return server;
  }

  async connect(...servers: string[]): Promise<NatsConnection> {
    const connection = await connect({
      servers,
      maxReconnectAttempts: -1,
      // Faster than any router: a test must hear what a router says first of all.
      reconnectTimeWait: 20,
      reconnectJitter: 1,
    });
    this.onEnd(() => connection.close());
    return connection;
  }

  /** An app of this process; the caller registers it. */
  async startApp(listener: RequestListener): Promise<{ server: Server; port: number }> {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.onEnd(() => {
      server.closeAllConnections();
      server.close();
    });
    return { server, port: (server.address() as AddressInfo).port };
  }
}

/** Fails with `what` when the condition does not come true in time. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  if (!(await waitUntil(condition, timeoutMs, 10))) {
    throw new Error(`not within ${timeoutMs} ms: ${what}`);
  }
}

export const registration = (port: number, ...uris: string[]): string =>
  JSON.stringify({ host: '127.0.0.1', port, uris, private_instance_id: `instance-${port}` });
