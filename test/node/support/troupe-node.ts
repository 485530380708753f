import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '../../golden/pause.ts';
import { Child } from './child.ts';
import { type Answer, ask } from './http-client.ts';

const projectDirectory = join(import.meta.dirname, '..', '..', '..');
export const NODE_COMMAND = join(projectDirectory, 'node_modules', 'node', 'bin', 'node');
const MAIN_FILE = join(projectDirectory, 'src', 'main.ts');
export const HELLO_FOLDER = join(projectDirectory, 'examples', 'hello');

export interface NodePorts {
  readonly router: number;
  readonly status: number;
  readonly nats: number;
}

export type Settings = Readonly<Record<string, string | number | boolean>>;

export interface LogLine {
  readonly message: string;
  readonly timestamp: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

const CREDENTIALS = { user: 'status', password: 'secret' } as const;

function settingWords(ports: NodePorts, dataDir: string, settings: Settings): string[] {
  const all: Settings = {
    data_dir: dataDir,
    'router.host': '127.0.0.1',
    'router.port': ports.router,
    'router.status.port': ports.status,
    'router.status.user': CREDENTIALS.user,
    'router.status.pass': CREDENTIALS.password,
    'nats.port': ports.nats,
    // Its ports are fixed, and several nodes run side by side here.
    'bbs.enabled': 'false',
    ...settings,
  };
  return Object.entries(all).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
}

/** A whole node in a process of its own, started as `npm start` does. */
export class TroupeNode {
  readonly ports: NodePorts;
  readonly child: Child;
  readonly #dataDir: string;

  constructor(ports: NodePorts, dataDir: string, settings: Settings) {
    this.ports = ports;
    this.#dataDir = dataDir;
    const flags = ['--disable-warning=DEP0060', MAIN_FILE, 'start'];
    this.child = new Child(NODE_COMMAND, [...flags, ...settingWords(ports, dataDir, settings)], {
      cwd: dataDir,
    });
  }

  get natsUrl(): string {
    return `nats://127.0.0.1:${this.ports.nats}`;
  }

  async isUp(): Promise<void> {
    await this.child.printed('the node is up', 20_000);
    const isServing = async () => (await this.health().catch(() => 0)) === 200;
    if (!(await waitUntil(isServing, 10_000))) throw new Error('the node does not get healthy');
  }

  #status(path: string): Promise<Answer> {
    const token = Buffer.from(`${CREDENTIALS.user}:${CREDENTIALS.password}`).toString('base64');
    return ask(this.ports.status, '127.0.0.1', path, { authorization: `Basic ${token}` });
  }

  async health(): Promise<number> {
    return (await this.#status('/health')).status;
  }

  /** All routes and the addresses of their endpoints. */
  async routes(): Promise<Readonly<Record<string, readonly { address: string }[]>>> {
    return JSON.parse((await this.#status('/routes')).body);
  }

  async addressesOf(route: string): Promise<readonly string[]> {
    return ((await this.routes())[route] ?? []).map(({ address }) => address);
  }

  /** Lines of `/metrics` by name with labels. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const { body } = await this.#status('/metrics');
    const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => {
        const blank = line.lastIndexOf(' ');
        return [line.slice(0, blank), Number(line.slice(blank + 1))];
      }),
    );
  }

  /** received, accepted, rejected, dropped. */
  async registryCounts(): Promise<RegistryCounts> {
    const metrics = await this.metrics();
    const of = (result: string) => metrics.get(`registry_messages_total{result="${result}"}`) ?? 0;
    return {
      received: of('received'),
      accepted: of('accepted'),
      rejected: of('rejected'),
      dropped: of('dropped'),
      pending: metrics.get('buffered_messages') ?? 0,
      routes: metrics.get('total_routes') ?? 0,
    };
  }

  logLines(): readonly LogLine[] {
    const file = join(this.#dataDir, 'troupe.log');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n');
    lines.pop();
    return lines.map((line) => JSON.parse(line) as LogLine);
  }

  countLogged(message: string): number {
    return this.logLines().filter((line) => line.message === message).length;
  }

  async logged(message: string, count = 1, timeoutMs = 10_000): Promise<void> {
    if (await waitUntil(() => this.countLogged(message) >= count, timeoutMs, 20)) return;
    const times = `'${message}' was logged ${this.countLogged(message)} times, not ${count}`;
    const last = this.logLines()
      .slice(-20)
      .map((line) => JSON.stringify(line));
    throw new Error(`${times}; the log ends with\n${last.join('\n')}`);
  }
}

export interface RegistryCounts {
  readonly received: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly dropped: number;
  readonly pending: number;
  readonly routes: number;
}
