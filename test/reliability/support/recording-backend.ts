/** An endpoint on raw sockets: it keeps what it was sent and counts whole requests. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type SeenHead, type SeenRequest, StrictReader, valuesOf } from './strict-reader.ts';

export interface BackendSocket {
  readonly socket: Socket;
  readonly reader: StrictReader;
  /** Counts from 1. */
  readonly number: number;
  requests: number;
}

export interface BackendBehaviour {
  /** True: the head is dealt with, and so is everything that comes behind it. */
  readonly onHead?: (head: SeenHead, own: BackendSocket) => boolean;
  /** Called for each whole request; absent: an answer of 200. */
  readonly onRequest?: (request: SeenRequest, own: BackendSocket) => void;
}

export const okText = (body: string): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

export class RecordingBackend {
  requests: SeenRequest[] = [];
  violations: string[] = [];
  /** All bytes since `forget`. */
  bytes = '';
  connections = 0;
  port = 0;
  readonly open = new Set<BackendSocket>();
  readonly #behaviour: BackendBehaviour;
  #server: Server | undefined;

  private constructor(behaviour: BackendBehaviour) {
    this.#behaviour = behaviour;
  }

  static async start(behaviour: BackendBehaviour = {}): Promise<RecordingBackend> {
    const backend = new RecordingBackend(behaviour);
    const server = createServer({ noDelay: true }, (socket) => backend.#accept(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    backend.port = (server.address() as AddressInfo).port;
    backend.#server = server;
    return backend;
  }

  /** Connections on which a request has begun and is not whole. */
  get halfRequests(): number {
    return [...this.open].filter(({ reader }) => reader.isInside).length;
  }

  forget(): void {
    this.requests = [];
    this.violations = [];
    this.bytes = '';
  }

  async stop(): Promise<void> {
    for (const { socket } of this.open) socket.destroy();
    await new Promise<void>((resolve) => this.#server?.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    this.connections += 1;
    const reader = new StrictReader();
    const own: BackendSocket = { socket, reader, number: this.connections, requests: 0 };
    this.open.add(own);
    let isTaken = false;
    socket.on('error', () => {});
    socket.on('close', () => this.open.delete(own));
    socket.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      this.bytes += text;
      if (isTaken) return;
      try {
        const found = reader.feed(text, (head) => {
          isTaken = this.#behaviour.onHead?.(head, own) === true;
          const expects = valuesOf(head.headers, 'expect').length > 0;
          if (expects && !isTaken) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        });
        if (!isTaken) for (const request of found) this.#answer(request, own);
      } catch (error) {
        this.violations.push(String(error));
        socket.destroy();
      }
    });
  }

  #answer(request: SeenRequest, own: BackendSocket): void {
    own.requests += 1;
    this.requests.push(request);
    if (this.#behaviour.onRequest !== undefined) this.#behaviour.onRequest(request, own);
    else own.socket.write(okText('ok'));
  }
}
