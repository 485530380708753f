import { createServer, type Server, type Socket } from 'node:net';
import { type ParsedRequest, parseHead, parseRequest } from '../golden/http-text.ts';
import type { HeaderPair } from '../golden/recorded-case.ts';
import { freePort } from '../support/free-ports.ts';

/** One request as it reached an app, and the connection to answer it on. */
export interface Arrival {
  readonly request: ParsedRequest;
  readonly socket: Socket;
  /** Counts from 1 over all connections of the app. */
  readonly count: number;
  /** What came behind this request so far, an upgraded connection's first bytes for example. */
  readonly rest: () => string;
}

/** The text of every answer, or code that answers by itself. */
export type Behaviour = string | ((arrival: Arrival) => void);

export interface AppOptions {
  /** `head`: the behaviour is called before the body has come. */
  readonly when?: 'request' | 'head';
  /** Called for each connection before anything is read from it. */
  readonly onConnection?: (socket: Socket, count: number) => void;
}

export function answer(
  body: string,
  headers: readonly HeaderPair[] = [],
  status = '200 OK',
): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n${lines}\r\n${body}`;
}

export function headerOf(
  message: { readonly headers: readonly HeaderPair[] },
  name: string,
): string | undefined {
  return message.headers.find(([own]) => own.toLowerCase() === name.toLowerCase())?.[1];
}

export function headersOf(
  message: { readonly headers: readonly HeaderPair[] },
  name: string,
): string[] {
  return message.headers
    .filter(([own]) => own.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value);
}

/** An app on raw sockets that keeps what it was sent, byte for byte. */
export class App {
  readonly requests: ParsedRequest[] = [];
  readonly sockets = new Set<Socket>();
  connections = 0;
  port = 0;
  #server: Server | undefined;
  readonly #behaviour: Behaviour;
  readonly #options: AppOptions;

  private constructor(behaviour: Behaviour, options: AppOptions) {
    this.#behaviour = behaviour;
    this.#options = options;
  }

  static async start(behaviour: Behaviour, options: AppOptions = {}): Promise<App> {
    const app = new App(behaviour, options);
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      app.#accept(socket),
    );
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    app.#server = server;
    app.port = (server.address() as { port: number }).port;
    return app;
  }

  /** An address at which nothing listens. */
  static async refusing(): Promise<number> {
    const port = await freePort();
    return port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get lastRequest(): ParsedRequest {
    const last = this.requests.at(-1);
    if (last === undefined) throw new Error('the app has seen no request');
    return last;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    this.connections += 1;
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    // An end by the router is what many cases are about; here it is only noted.
    socket.on('error', () => {});
    this.#options.onConnection?.(socket, this.connections);
    if (socket.destroyed) return;
    let raw = '';
    let parsedTo = 0;
    socket.on('data', (chunk: Buffer) => {
      raw += chunk.toString('latin1');
      for (;;) {
        const request = parseRequest(raw, parsedTo);
        if (request === undefined) return;
        const isWhole = request.content.complete;
        if (this.#options.when === 'head') {
          const head = parseHead(raw, parsedTo);
          parsedTo = Number.MAX_SAFE_INTEGER;
          if (head !== undefined) this.#arrive(request, socket, () => raw.slice(head.end));
          return;
        }
        if (!isWhole) return;
        const { end } = request.content;
        parsedTo = end;
        this.#arrive(request, socket, () => raw.slice(end));
      }
    });
    socket.on('end', () => socket.end());
  }

  #arrive(request: ParsedRequest, socket: Socket, rest: () => string): void {
    this.requests.push(request);
    const count = this.requests.length;
    if (typeof this.#behaviour === 'string') socket.write(this.#behaviour, 'latin1');
    else this.#behaviour({ request, socket, count, rest });
  }
}
