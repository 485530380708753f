import { ClientConnection } from './client-connection.ts';
import type { PlaceholderValues } from './fill-placeholders.ts';
import { BusClient, type BusServer } from './message-bus.ts';
import { pause, waitUntil } from './pause.ts';
import type { RecordedCase } from './recorded-case.ts';
import {
  acceptedSegment,
  configYaml,
  createRouterFiles,
  removeRouterFiles,
  statusAuthorization,
} from './router-config.ts';
import type { RouterFiles, RouterUnderTest, RunningRouter } from './router-under-test.ts';

/** The pause of the recorder after it had published; used when the router shows no table. */
const blindPauseMs = 70;
const startTimeoutMs = 30_000;
const effectTimeoutMs = 1_000;
export const probeHost = 'golden-probe';

interface CurrentRouter {
  readonly running: RunningRouter;
  readonly files: RouterFiles;
  readonly configKey: string;
  readonly config: RecordedCase['config'];
  readonly authorization: string;
  showsTable: boolean;
}

/**
 * One message bus and at most one router at a time; cases run in it one after another, so that
 * everything the router writes belongs to one case.
 */
export class Lane {
  readonly bus: BusServer;
  readonly busClient: BusClient;
  readonly #underTest: RouterUnderTest;
  #current: CurrentRouter | undefined;
  #probes = 0;
  #mustRetire = false;

  constructor(bus: BusServer, underTest: RouterUnderTest) {
    this.bus = bus;
    this.busClient = new BusClient(bus);
    this.#underTest = underTest;
  }

  async open(): Promise<void> {
    await this.bus.start();
    await this.busClient.open();
  }

  async close(): Promise<void> {
    await this.retireRouter();
    await this.busClient.close();
    await this.bus.stop();
  }

  get router(): RunningRouter {
    if (this.#current === undefined) throw new Error('no router has been started');
    return this.#current.running;
  }

  get hasRouter(): boolean {
    return this.#current !== undefined;
  }

  /** The router of this lane is not to be used for another case. */
  retireAfterCase(): void {
    this.#mustRetire = true;
  }

  async retireRouter(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    this.#mustRetire = false;
    if (current === undefined) return;
    await current.running.stop();
    removeRouterFiles(current.files);
  }

  /** A router with this configuration, the one at hand if it may be shared. */
  async useRouter(recorded: RecordedCase, values: PlaceholderValues): Promise<void> {
    const configKey = JSON.stringify(recorded.config ?? {});
    const isShared = recorded.fresh !== true && !this.#mustRetire;
    if (isShared && this.#current?.configKey === configKey) return;
    await this.startRouter(recorded.config, values);
    await this.awaitReady().catch(async (error: unknown) => {
      // Another program was faster at one of the ports that were free a moment ago.
      if (!/in use/i.test(String(error))) throw error;
      await this.startRouter(recorded.config, values);
      await this.awaitReady();
    });
  }

  async startRouter(config: RecordedCase['config'], values: PlaceholderValues): Promise<void> {
    await this.retireRouter();
    const files = await createRouterFiles();
    const yaml = configYaml(config, files, this.bus.port, values);
    const running = await this.#underTest.start(yaml, files);
    const configKey = JSON.stringify(config ?? {});
    const authorization = statusAuthorization(config);
    // Where emptied pools are kept, a probe route would stay in the table for all to see.
    const showsTable = config?.['empty_pool_timeout'] === undefined;
    this.#current = { running, files, configKey, config, authorization, showsTable };
  }

  /** Ready is: the traffic port is open. An exit before that is an error. */
  async awaitReady(): Promise<void> {
    const outcome = await this.awaitReadyOrExit(startTimeoutMs);
    if (outcome === 'ready') return;
    const { running } = this.#current ?? {};
    const log = (running?.logLines() ?? []).slice(-5).map((line) => JSON.stringify(line));
    throw new Error(
      `router ${outcome}: ${[...log, running?.otherOutput() ?? ''].join('\n')}`.slice(0, 1500),
    );
  }

  async awaitReadyOrExit(timeoutMs: number): Promise<string> {
    const { running } = this.#current ?? {};
    if (running === undefined) return 'was not started';
    let exited: string | undefined;
    void running.exited.then((code) => {
      exited = `exited with ${String(code)}`;
    });
    const isReady = await waitUntil(
      async () => exited !== undefined || (await isOpen(running.ports.port)),
      timeoutMs,
      15,
    );
    return exited ?? (isReady ? 'ready' : `was not ready after ${timeoutMs} ms`);
  }

  /**
   * Returns when the router has taken what was published: a probe route, published behind it on
   * the same subject, has come up in the table and has gone again.
   */
  async awaitEffect(): Promise<void> {
    if (!this.busClient.isConnected) return;
    await this.busClient.flush();
    const current = this.#current;
    if (current?.showsTable !== true) return await pause(blindPauseMs);
    this.#probes += 1;
    const uri = `${probeHost}-${this.#probes}.invalid`;
    const segment = acceptedSegment(current.config);
    const message = JSON.stringify({
      host: '127.0.0.1',
      port: 9,
      uris: [uri],
      ...(segment === '' ? {} : { isolation_segment: segment }),
    });
    this.busClient.publish('router.register', message);
    const isUp = await waitUntil(
      async () => (await this.table()).includes(uri),
      effectTimeoutMs,
      2,
    );
    this.busClient.publish('router.unregister', message);
    const isGone = await waitUntil(
      async () => !(await this.table()).includes(`"${uri}":[{`),
      effectTimeoutMs,
      2,
    );
    if (isUp && isGone) return;
    current.showsTable = false;
    await pause(blindPauseMs);
  }

  /** The text of /routes, or nothing when the router does not answer. */
  async table(): Promise<string> {
    const current = this.#current;
    if (current === undefined) return '';
    const connection = new ClientConnection(current.running.ports.statusPort);
    const request = `GET /routes HTTP/1.1\r\nHost: status.test\r\nAuthorization: ${
      current.authorization
    }\r\nConnection: close\r\n\r\n`;
    await connection.send([{ send: request }]);
    const answer = (): string | undefined => {
      const [response] = connection.responses(['GET']);
      return response?.content.complete === true ? response.content.body : undefined;
    };
    await connection.waitUntil(
      () => connection.end !== undefined || answer() !== undefined,
      effectTimeoutMs,
    );
    connection.close();
    return answer() ?? '';
  }

  /** Takes back what a case registered; a router that keeps anything of it is retired. */
  async forget(registered: readonly string[]): Promise<void> {
    if (this.#current === undefined) return;
    if (this.#mustRetire || !this.busClient.isConnected) return await this.retireRouter();
    if (registered.length === 0) return;
    if (!this.#current.showsTable) return await this.retireRouter();
    for (const message of registered) this.busClient.publish('router.unregister', message);
    await this.awaitEffect();
    const isEmpty = await waitUntil(async () => (await this.table()).trim() === '{}', 500, 2);
    if (!isEmpty) await this.retireRouter();
  }
}

async function isOpen(port: number): Promise<boolean> {
  const connection = new ClientConnection(port);
  await connection.ready;
  const isConnected = connection.end === undefined;
  connection.close();
  return isConnected;
}
