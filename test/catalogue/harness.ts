import { connect, type NatsConnection, type Subscription } from 'nats';
import { afterAll, beforeAll } from 'vitest';
import { stringify } from 'yaml';
import { createRealClock } from '../../src/adapters/clock/real-clock.ts';
import { createPinoLog } from '../../src/adapters/log/pino-log.ts';
import { createProcessInfo } from '../../src/adapters/process/process-info.ts';
import { createNodeProcessRunner } from '../../src/adapters/process-runner/node-process-runner.ts';
import { createSystemRandom } from '../../src/adapters/random/system-random.ts';
import { readGorouterConfig } from '../../src/config/gorouter-config.ts';
import type { ActorSystem } from '../../src/kernel/actor-system.ts';
import { type Broker, createBroker } from '../../src/messaging/broker/index.ts';
import { createNode } from '../../src/node/start-node.ts';
import type { Random } from '../../src/ports/random.ts';
import { ROUTER_NAMES } from '../../src/router/state.ts';
import type { ParsedResponse } from '../golden/http-text.ts';
import { waitUntil } from '../golden/pause.ts';
import { TESTED_ENGINE } from '../support/engine.ts';
import { type AccessLine, parseAccessLine } from './access-line.ts';
import { App, type AppOptions, type Behaviour } from './app.ts';
import { askOnce, Client, requestText } from './client.ts';

export type Section = Readonly<Record<string, unknown>>;
export type Message = Readonly<Record<string, unknown>>;

export interface LogLine {
  readonly log_level: number;
  /** Seconds. */
  readonly timestamp: number;
  readonly message: string;
  readonly source: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

export const STATUS_USER = 'user';
export const STATUS_PASSWORD = 'pass';
const PATIENCE_MS = 8000;

const BASE_CONFIG: Section = {
  engine: TESTED_ENGINE,
  host: '127.0.0.1',
  port: 0,
  status: { host: '127.0.0.1', port: 0, user: STATUS_USER, pass: STATUS_PASSWORD },
  start_response_delay_interval: '0s',
};

const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function mergeConfig(base: Section, over: Section): Section {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isSection(below) && isSection(value) ? mergeConfig(below, value) : value;
  }
  return merged;
}

/** Fails with `what` when the condition does not come true in time. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = PATIENCE_MS,
): Promise<void> {
  if (!(await waitUntil(condition, withinMs, 5))) {
    throw new Error(`not within ${withinMs} ms: ${what}`);
  }
}

export function statusRequest(path: string, headers: readonly string[] = []): string {
  const token = Buffer.from(`${STATUS_USER}:${STATUS_PASSWORD}`).toString('base64');
  const lines = [`Authorization: Basic ${token}`, 'Connection: close', ...headers];
  return requestText('status', `GET ${path} HTTP/1.1`, lines);
}

export async function startBroker(port = 0): Promise<{ broker: Broker; port: number }> {
  const ports = { clock: createRealClock(), random: createSystemRandom(), log: quietLog() };
  const broker = createBroker({ host: '127.0.0.1', port }, ports);
  return { broker, port: (await broker.listen()).port };
}

function quietLog() {
  const destination = { write: () => {} };
  return createPinoLog({ level: 'fatal', source: 'broker', timestamp: 'unix-epoch', destination })
    .log;
}

export interface RouterOptions {
  /** The caller's own servers instead of a broker that this router brings along. */
  readonly natsPorts?: readonly number[];
  /** False: the test launches the router itself and waits as it likes. */
  readonly isStartAwaited?: boolean;
  readonly random?: Random;
}

let appNumber = 0;
/** A host that no other test has. */
export function uniqueHost(): string {
  appNumber += 1;
  return `app${appNumber}.test`;
}

export interface RoutedApp {
  readonly host: string;
  readonly app: App;
}

/** A router with real sockets and a real message bus in this process. */
export class TestRouter {
  readonly #config: Section;
  readonly #options: RouterOptions;
  readonly #accessText: string[] = [];
  readonly #logText: string[] = [];
  readonly #endings: (() => void | Promise<void>)[] = [];
  #system: ActorSystem | undefined;
  #nats: NatsConnection | undefined;

  constructor(config: Section = {}, options: RouterOptions = {}) {
    this.#config = config;
    this.#options = options;
  }

  async start(): Promise<void> {
    let ports = this.#options.natsPorts;
    if (ports === undefined) {
      const { broker, port } = await startBroker();
      this.onStop(() => broker.close());
      ports = [port];
    }
    // Before the router, so that what it publishes at its start can be heard.
    const servers = ports.map((port) => `127.0.0.1:${port}`);
    const nats = await connect({ servers, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    this.#nats = nats;
    this.onStop(() => nats.close());
    const nodes = { hosts: ports.map((port) => ({ hostname: '127.0.0.1', port })) };
    const merged = mergeConfig(mergeConfig(BASE_CONFIG, { nats: nodes }), this.#config);
    const read = readGorouterConfig(stringify(merged), () => 'random-secret');
    if (!read.ok) throw new Error(read.problems.join('; '));
    const { log, counts } = createPinoLog({
      level: read.config.logLevel,
      source: 'vcap.gorouter',
      timestamp: 'unix-epoch',
      destination: { write: (line) => this.#logText.push(line) },
    });
    const system = createNode(
      { router: read.config.router, nats: read.config.nats },
      {
        clock: createRealClock(),
        random: this.#options.random ?? createSystemRandom(),
        log,
        logCounts: counts,
        process: await createProcessInfo(),
        processes: createNodeProcessRunner(),
        accessLines: [{ write: (text) => this.#takeAccessText(text) }],
        droppedLogLines: () => 0,
      },
    );
    this.#system = system;
    if (this.#options.isStartAwaited !== false) {
      this.launch();
      await this.isServing();
    }
  }

  launch(): void {
    this.#system?.start();
  }

  async isServing(): Promise<void> {
    const text = requestText('status', 'GET /health HTTP/1.1', ['Connection: close']);
    const isHealthy = async () => (await askOnce(this.statusPort, text)).status === 200;
    await eventually('the router serves', async () => this.port !== 0 && (await isHealthy()));
  }

  get system(): ActorSystem {
    if (this.#system === undefined) throw new Error('the router was not started');
    return this.#system;
  }

  #boundPort(name: string): number {
    const snapshot = this.#system?.whereis(name)?.getSnapshot() as
      | { readonly context?: { readonly port?: number } }
      | undefined;
    return snapshot?.context?.port ?? 0;
  }

  get port(): number {
    return this.#boundPort(ROUTER_NAMES.proxy);
  }

  get statusPort(): number {
    return this.#boundPort(ROUTER_NAMES.status);
  }

  get nats(): NatsConnection {
    if (this.#nats === undefined) throw new Error('the router was not started');
    return this.#nats;
  }

  onStop(ending: () => void | Promise<void>): void {
    this.#endings.push(ending);
  }

  async stop(): Promise<void> {
    const system = this.#system;
    if (system !== undefined) {
      system.shutdown('fast');
      await system.ended;
    }
    for (const ending of this.#endings.toReversed()) await ending();
  }

  #takeAccessText(text: string): void {
    this.#accessText.push(...text.split('\n').filter((line) => line !== ''));
  }

  get accessText(): readonly string[] {
    return this.#accessText;
  }

  /** The lines of requests for this host, when there are as many. */
  async accessLines(host: string, count = 1): Promise<AccessLine[]> {
    const found = () => this.#accessText.filter((line) => line.startsWith(`${host} `));
    await eventually(`${count} access lines of ${host}`, () => found().length >= count);
    return found().map(parseAccessLine);
  }

  async accessLine(host: string): Promise<AccessLine> {
    const [line] = await this.accessLines(host);
    if (line === undefined) throw new Error(`no access line of ${host}`);
    return line;
  }

  logs(message: string): LogLine[] {
    const quoted = `"message":${JSON.stringify(message)}`;
    return this.#logText
      .filter((line) => line.includes(quoted))
      .map((line) => JSON.parse(line) as LogLine);
  }

  /** Log lines with this message that speak of `about`. */
  logsAbout(message: string, about: string): LogLine[] {
    return this.logs(message).filter((line) => JSON.stringify(line.data ?? {}).includes(about));
  }

  async logged(message: string, about = ''): Promise<LogLine> {
    await eventually(
      `log line ${message} ${about}`,
      () => this.logsAbout(message, about)[0] !== undefined,
    );
    return this.logsAbout(message, about)[0] as LogLine;
  }

  publish(subject: string, payload: string | Uint8Array): void {
    this.nats.publish(subject, payload);
  }

  /** Resolves when the router has applied everything that was published before. */
  async settled(): Promise<void> {
    await this.nats.request('router.greet', '', { timeout: PATIENCE_MS });
    const isIdle = async () => (await this.metrics()).get('buffered_messages') === 0;
    await eventually('registry messages are applied', isIdle);
  }

  async register(message: Message): Promise<void> {
    this.publish('router.register', JSON.stringify({ host: '127.0.0.1', ...message }));
    await this.settled();
  }

  async unregister(message: Message): Promise<void> {
    this.publish('router.unregister', JSON.stringify({ host: '127.0.0.1', ...message }));
    await this.settled();
  }

  async startApp(behaviour: Behaviour, options: AppOptions = {}): Promise<App> {
    const app = await App.start(behaviour, options);
    this.onStop(() => app.stop());
    return app;
  }

  /** An app under a host of its own. */
  async route(
    behaviour: Behaviour,
    message: Message = {},
    options: AppOptions = {},
  ): Promise<RoutedApp> {
    const host = uniqueHost();
    const app = await this.startApp(behaviour, options);
    await this.register({ port: app.port, uris: [host], ...message });
    return { host, app };
  }

  client(): Client {
    const client = new Client(this.port);
    this.onStop(() => client.close());
    return client;
  }

  async ask(text: string): Promise<ParsedResponse> {
    return await askOnce(this.port, text);
  }

  async get(host: string, path = '/', headers: readonly string[] = []): Promise<ParsedResponse> {
    return await this.ask(requestText(host, `GET ${path} HTTP/1.1`, headers));
  }

  async status(path: string): Promise<ParsedResponse> {
    return await askOnce(this.statusPort, statusRequest(path));
  }

  async routes(): Promise<Readonly<Record<string, readonly Message[]>>> {
    return JSON.parse((await this.status('/routes')).content.body);
  }

  async varz(): Promise<Readonly<Record<string, unknown>>> {
    return JSON.parse((await this.status('/varz')).content.body);
  }

  /** Values of `/metrics` by name with labels. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const { content } = await this.status('/metrics');
    const lines = content.body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => {
        const blank = line.lastIndexOf(' ');
        return [line.slice(0, blank), Number(line.slice(blank + 1))];
      }),
    );
  }

  /** What is published on a subject from now on. */
  hear(subject: string): { readonly messages: Uint8Array[]; readonly subscription: Subscription } {
    const messages: Uint8Array[] = [];
    const subscription = this.nats.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) messages.push(message.data);
      },
    });
    return { messages, subscription };
  }
}

/** One router for all tests of a file or of a `describe`. */
export function sharedRouter(config: Section = {}, options: RouterOptions = {}): TestRouter {
  const router = new TestRouter(config, options);
  beforeAll(() => router.start());
  afterAll(() => router.stop());
  return router;
}

/** A router for one test. */
export async function withRouter(
  config: Section,
  run: (router: TestRouter) => Promise<void>,
  options: RouterOptions = {},
): Promise<void> {
  const router = new TestRouter(config, options);
  try {
    await router.start();
    await run(router);
  } finally {
    await router.stop();
  }
}

export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
