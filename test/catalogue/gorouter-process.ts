import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection } from 'nats';
import { stringify } from 'yaml';
import { Child } from '../node/support/child.ts';
import { TESTED_ENGINE } from '../support/engine.ts';
import { freePorts } from '../support/free-ports.ts';
import { App, type Behaviour } from './app.ts';
import { askOnce, Client, requestText } from './client.ts';
import {
  eventually,
  type LogLine,
  mergeConfig,
  type Section,
  STATUS_PASSWORD,
  STATUS_USER,
  startBroker,
} from './harness.ts';

const MAIN_FILE = join(import.meta.dirname, '..', '..', 'src', 'main.ts');

/** The router as an operator runs it: `gorouter -c FILE`, in a process of its own. */
export class GorouterProcess {
  readonly port: number;
  readonly statusPort: number;
  readonly folder: string;
  readonly child: Child;

  constructor(ports: readonly [number, number], folder: string, file: string) {
    [this.port, this.statusPort] = ports;
    this.folder = folder;
    this.child = new Child(
      process.execPath,
      ['--disable-warning=DEP0060', MAIN_FILE, 'gorouter', '-c', file],
      { cwd: folder, environment: { TZ: 'UTC' } },
    );
  }

  async isServing(): Promise<void> {
    await this.child.printed('"gorouter.started"', 20_000);
  }

  logs(message: string): LogLine[] {
    return this.child.text
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as LogLine)
      .filter((line) => line.message === message);
  }

  fatal(): string {
    return this.child.text
      .split('\n')
      .filter((line) => line.includes('"log_level":6'))
      .join('\n');
  }

  async isRefusing(port: number): Promise<boolean> {
    const client = new Client(port);
    await client.connection.ready;
    client.close();
    return client.connection.end === 'refused';
  }

  async health(): Promise<number> {
    const text = requestText('status', 'GET /health HTTP/1.1', ['Connection: close']);
    return (await askOnce(this.statusPort, text)).status;
  }
}

/** Everything that one test starts; all of it is gone after `run`. */
export class ProcessScene {
  readonly #endings: (() => unknown)[] = [];
  #natsPort = 0;
  #nats: NatsConnection | undefined;

  onEnd(ending: () => unknown): void {
    this.#endings.push(ending);
  }

  async end(): Promise<void> {
    for (const ending of this.#endings.toReversed()) await ending();
  }

  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'catalogue-gorouter-'));
    this.onEnd(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  /** The bus of this scene; it is there from the first call on. */
  async nats(): Promise<NatsConnection> {
    if (this.#nats !== undefined) return this.#nats;
    const { broker, port } = await startBroker();
    this.onEnd(() => broker.close());
    this.#natsPort = port;
    const nats = await connect({ servers: `127.0.0.1:${port}` });
    this.onEnd(() => nats.close());
    this.#nats = nats;
    return nats;
  }

  /** `config` may be the whole text of the file. */
  async launch(config: Section | string, ports?: readonly [number, number]) {
    await this.nats();
    const folder = this.folder();
    const [port = 0, statusPort = 0] = ports ?? (await freePorts(2));
    const base: Section = {
      engine: TESTED_ENGINE,
      host: '127.0.0.1',
      port,
      status: { host: '127.0.0.1', port: statusPort, user: STATUS_USER, pass: STATUS_PASSWORD },
      nats: { hosts: [{ hostname: '127.0.0.1', port: this.#natsPort }] },
      start_response_delay_interval: '0s',
    };
    const text = typeof config === 'string' ? config : stringify(mergeConfig(base, config));
    const file = join(folder, 'gorouter.yml');
    writeFileSync(file, text);
    const router = new GorouterProcess([port, statusPort], folder, file);
    this.onEnd(() => router.child.kill());
    return router;
  }

  async start(config: Section = {}): Promise<GorouterProcess> {
    const router = await this.launch(config);
    await router.isServing();
    return router;
  }

  async app(behaviour: Behaviour): Promise<App> {
    const app = await App.start(behaviour);
    this.onEnd(() => app.stop());
    return app;
  }

  client(router: GorouterProcess): Client {
    const client = new Client(router.port);
    this.onEnd(() => client.close());
    return client;
  }

  /** Registers and waits until the router answers for this host. */
  async register(router: GorouterProcess, host: string, app: App): Promise<void> {
    const message = { host: '127.0.0.1', port: app.port, uris: [host] };
    (await this.nats()).publish('router.register', JSON.stringify(message));
    await eventually(`${host} is registered`, () => router.child.text.includes(`"uri":"${host}"`));
  }
}

export async function withScene(run: (scene: ProcessScene) => Promise<void>): Promise<void> {
  const scene = new ProcessScene();
  try {
    await run(scene);
  } finally {
    await scene.end();
  }
}

export const readIfThere = (file: string): string =>
  existsSync(file) ? readFileSync(file, 'utf8') : '';
