import { type ChildProcess, spawn } from 'node:child_process';
import { connect, type NatsConnection } from 'nats';
import { createRealClock } from '../../src/adapters/clock/real-clock.ts';
import { createMemoryLog } from '../../src/adapters/log/memory-log.ts';
import { createSystemRandom } from '../../src/adapters/random/system-random.ts';
import { type Broker, createBroker } from '../../src/messaging/broker/index.ts';
import { freePort } from '../support/free-ports.ts';
import { endWithThisProcess } from './child-processes.ts';
import { pause } from './pause.ts';

/** The NATS server that a router under test uses. It comes back on the same port. */
export interface BusServer {
  readonly port: number;
  start(): Promise<void>;
  /** A hard stop: connections are cut, as when the machine fails. */
  stop(): Promise<void>;
}

/** The project's own broker: the replay needs nothing that npm does not bring. */
class EmbeddedServer implements BusServer {
  readonly port: number;
  #broker: Broker | undefined;

  constructor(port: number) {
    this.port = port;
  }

  async start(): Promise<void> {
    const ports = {
      clock: createRealClock(),
      random: createSystemRandom(),
      log: createMemoryLog('broker', 100).log,
    };
    // No time to say goodbye: a stop is to look like a failed machine.
    this.#broker = createBroker({ port: this.port, closeGraceMs: 1 }, ports);
    await this.#broker.listen();
  }

  async stop(): Promise<void> {
    await this.#broker?.close();
    this.#broker = undefined;
  }
}

class NatsServerProcess implements BusServer {
  readonly port: number;
  readonly #command: string;
  #child: ChildProcess | undefined;

  constructor(command: string, port: number) {
    this.#command = command;
    this.port = port;
  }

  async start(): Promise<void> {
    const child = spawn(this.#command, ['-a', '127.0.0.1', '-p', `${this.port}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    endWithThisProcess(child);
    await new Promise<void>((resolve, reject) => {
      let text = '';
      child.stderr.on('data', (chunk: Buffer) => {
        text = `${text}${chunk.toString()}`.slice(-4000);
        if (text.includes('Server is ready')) resolve();
      });
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`nats-server ended: ${text}`)));
    });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
}

/** `GOLDEN_NATS_SERVER=FILE` replays over a real nats-server. */
export async function createBusServer(): Promise<BusServer> {
  const command = process.env['GOLDEN_NATS_SERVER'];
  const port = await freePort();
  return command === undefined ? new EmbeddedServer(port) : new NatsServerProcess(command, port);
}

/** The side of the recorder: publishes, asks and listens. */
export class BusClient {
  readonly #server: BusServer;
  #connection: NatsConnection | undefined;

  constructor(server: BusServer) {
    this.#server = server;
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  async open(): Promise<void> {
    const servers = `127.0.0.1:${this.#server.port}`;
    for (let attempt = 1; ; attempt += 1) {
      try {
        this.#connection = await connect({ servers, reconnect: false, timeout: 2000 });
        return;
      } catch (error) {
        if (attempt === 20) throw error;
        await pause(25);
      }
    }
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close().catch(() => undefined);
  }

  publish(subject: string, payload: string, encoding: BufferEncoding = 'utf8'): void {
    this.#connection?.publish(subject, Buffer.from(payload, encoding));
  }

  /** Resolves when the server has taken everything that was published. */
  async flush(): Promise<void> {
    await this.#connection?.flush();
  }

  async request(subject: string, payload: string, timeoutMs: number): Promise<string | undefined> {
    try {
      const reply = await this.#connection?.request(subject, Buffer.from(payload), {
        timeout: timeoutMs,
      });
      return reply?.string();
    } catch {
      return undefined;
    }
  }

  observe(subject: string, listen: (subject: string, payload: string) => void): void {
    this.#connection?.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) listen(message.subject, message.string());
      },
    });
  }
}
