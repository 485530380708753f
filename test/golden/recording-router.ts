import { randomBytes, randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectBus, type NatsConnection } from 'nats';
import { parse } from 'yaml';
import type {
  BackendRequestSeen,
  HeaderPair,
  Outcome,
  RecordedCase,
  ResponseSeen,
} from './recorded-case.ts';
import type { RouterFiles, RouterUnderTest, RunningRouter } from './router-under-test.ts';

/**
 * A router that only knows one recorded case and plays the part of the recorded router in it.
 * With it the replay must find no difference at all; with one field altered it must find that.
 */
export class RecordingRouter implements RouterUnderTest {
  readonly #recorded: RecordedCase;

  constructor(recorded: RecordedCase) {
    this.#recorded = recorded;
  }

  async start(configYaml: string, files: RouterFiles): Promise<RunningRouter> {
    const router = new RecordedPart(this.#recorded, files);
    const config = parse(configYaml) as { nats: { hosts: { port: number }[] } };
    await router.start(config.nats.hosts[0]?.port ?? 0);
    return router;
  }
}

/** Cases with one plain exchange; the others would need a router in its own right. */
export function canBePlayed(recorded: RecordedCase): boolean {
  const { expected, request, to, backends = {}, steps, register = [] } = recorded;
  if (expected === undefined || steps !== undefined || typeof request !== 'string') return false;
  if (to !== undefined || expected.response === undefined || expected.response === null)
    return false;
  const { response, backendSaw, stream } = expected;
  const isPlain = 'map' in response.headers && response.complete !== false && stream === undefined;
  const hasPlainBackends = Object.values(backends).every(({ tls }) => tls === undefined);
  const isSingle =
    backendSaw === undefined ||
    backendSaw === null ||
    (!('map' in backendSaw) && backendSaw.complete !== false && isWhole(backendSaw));
  const isPublished = register.every(({ message }) => message !== undefined);
  return isPlain && hasPlainBackends && isSingle && isPublished && recorded.varies !== true;
}

function isWhole(seen: BackendRequestSeen): boolean {
  return seen.headers !== undefined && 'map' in seen.headers && seen.connectionEnd === undefined;
}

class RecordedPart implements RunningRouter {
  readonly ports: RunningRouter['ports'];
  readonly exited: Promise<number | null>;
  readonly #expected: Outcome;
  readonly #recorded: RecordedCase;
  readonly #files: RouterFiles;
  readonly #lines: string[] = [];
  readonly #routes = new Set<string>();
  readonly #values = new Map<string, string>();
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  #bus: NatsConnection | undefined;
  #registrations = 0;

  constructor(recorded: RecordedCase, files: RouterFiles) {
    this.#recorded = recorded;
    this.#expected = recorded.expected ?? {};
    this.#files = files;
    this.ports = files.ports;
    this.exited = new Promise(() => undefined);
  }

  async start(busPort: number): Promise<void> {
    this.#bus = await connectBus({ servers: `127.0.0.1:${busPort}` });
    this.#bus.subscribe('router.*', {
      callback: (_error, message) => this.#learn(message.subject, message.string()),
    });
    await this.#bus.flush();
    await this.#listen(this.ports.statusPort, (socket) => {
      socket.once('data', () => {
        const table = [...this.#routes].map((uri) => `"${uri}":[{}]`).join(',');
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${table.length + 2}\r\n\r\n{${table}}`);
      });
    });
    await this.#listen(this.ports.port, (socket) => {
      socket.once('data', () => void setTimeout(() => void this.#play(socket), 10));
    });
  }

  async #listen(port: number, accept: (socket: Socket) => void): Promise<void> {
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      accept(socket);
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  }

  /** Ports of backends are read from the registrations, in the order of the recorded ones. */
  #learn(subject: string, payload: string): void {
    const message = JSON.parse(payload) as Readonly<Record<string, unknown>>;
    const uris = Array.isArray(message['uris']) ? message['uris'].map(String) : [];
    for (const uri of uris) {
      if (subject === 'router.register') this.#routes.add(uri);
      else this.#routes.delete(uri);
    }
    if (uris.some((uri) => uri.startsWith('golden-probe'))) return;
    const template = this.#recorded.register?.[this.#registrations]?.message;
    this.#registrations += 1;
    for (const [key, value] of Object.entries(template ?? {})) {
      const name = /^\{\{(\w+\.port)\}\}$/.exec(String(value))?.[1];
      if (name !== undefined) this.#values.set(name, String(message[key]));
    }
  }

  async #play(client: Socket): Promise<void> {
    const { response, backendSaw, accessLog, connection } = this.#expected;
    if (backendSaw !== undefined && backendSaw !== null && !('map' in backendSaw)) {
      await this.#callBackend(backendSaw);
    }
    for (const line of [accessLog ?? []].flat()) {
      appendFileSync(this.#files.accessLog, `${this.#fill(line)}\n`, 'latin1');
      this.#lines.push(this.#fill(line));
    }
    if (response !== undefined && response !== null) {
      client.write(Buffer.from(this.#answer(response), 'latin1'));
    }
    if (connection === 'closed') client.end();
  }

  async #callBackend(seen: BackendRequestSeen): Promise<void> {
    const port = Number(this.#values.get(`${seen.backend}.port`));
    const socket = connect(port, '127.0.0.1');
    this.#sockets.add(socket);
    const answered = new Promise((resolve) => {
      socket.once('data', resolve);
      socket.once('close', resolve);
      socket.on('error', resolve);
      setTimeout(resolve, 300);
    });
    if (seen.requestLine !== undefined) {
      const head = this.#head(seen.requestLine, seen.headers);
      const body = this.#body(seen.framing, seen.body ?? '', seen.trailers);
      socket.write(Buffer.from(head + body + (seen.stream ?? ''), 'latin1'));
    }
    await answered;
  }

  #head(startLine: string, headers: unknown): string {
    const lines = (headers as readonly HeaderPair[]).map(([name, value]) => `${name}: ${value}`);
    return this.#fill(`${[startLine, ...lines].join('\r\n')}\r\n\r\n`);
  }

  #body(framing: string | undefined, text: string, trailers: readonly HeaderPair[] = []): string {
    const body = this.#fill(text);
    if (framing !== 'chunked') return body;
    const chunk = body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`;
    const lines = trailers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    return `${chunk}0\r\n${lines}\r\n`;
  }

  #answer(response: ResponseSeen): string {
    const interim = (response.interim ?? []).map((one) => this.#head(one.statusLine, one.headers));
    const body = this.#body(response.framing, String(response.body), response.trailers);
    return interim.join('') + this.#head(response.statusLine, response.headers) + body;
  }

  #fill(text: string): string {
    return text.replace(/\{\{([^{}]*)\}\}/g, (whole, name: string) => {
      const [, repeated, count] = /^repeat:([\s\S]*):(\d+)$/.exec(name) ?? [];
      if (repeated !== undefined) return repeated.repeat(Number(count));
      const known = this.#values.get(name);
      if (known !== undefined) return known;
      const made = inventValue(name);
      if (/^(uuid|hex)/.test(name)) this.#values.set(name, made);
      return made === '' ? whole : made;
    });
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers) server.close();
    await this.#bus?.close();
  }

  signal(): void {}

  logLines(): [] {
    return [];
  }

  accessLogLines(): readonly string[] {
    return this.#lines;
  }

  otherOutput(): string {
    return '';
  }
}

function inventValue(name: string): string {
  const fixed: Readonly<Record<string, string>> = {
    date: new Date().toUTCString(),
    'unix-ms': `${Date.now()}`,
    port: '43210',
    time: '2024-02-03T04:05:06.000000007Z',
    seconds: '0.001234',
    number: '17',
  };
  if (name.startsWith('uuid')) return randomUUID();
  if (name.startsWith('hex')) return randomBytes(name.startsWith('hex32') ? 16 : 8).toString('hex');
  return fixed[name] ?? '';
}
