import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json, JsonObject } from './message-json.ts';

interface Received {
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  readonly body: string;
}

/**
 * What the BBS calls: an auctioneer, the reps of all cells, and a server for the callbacks of
 * tasks. All three record and answer what the recorded ones did.
 */
export class Surroundings {
  readonly #auctioneer = new Recorder(() => 202);
  readonly #rep = new Recorder(() => 202);
  readonly #callbacks = new Recorder(({ path }) => Number(path.split('/')[1] ?? '200'));
  #onRequest: () => void = () => undefined;

  async start(onRequest: () => void): Promise<void> {
    this.#onRequest = onRequest;
    for (const recorder of this.#all) await recorder.start(() => this.#onRequest());
  }

  get #all(): readonly Recorder[] {
    return [this.#auctioneer, this.#rep, this.#callbacks];
  }

  get auctioneerAddress(): string {
    return this.#auctioneer.address;
  }

  get repAddress(): string {
    return this.#rep.address;
  }

  get callbackAddress(): string {
    return this.#callbacks.address;
  }

  takeAuctions(): JsonObject[] {
    return this.#auctioneer.take().flatMap(({ path, body }) => {
      const items = JSON.parse(body) as readonly Json[];
      return items.map((item) => ({ path, item }));
    });
  }

  takeRepCalls(): JsonObject[] {
    return this.#rep.take().map(({ method, path, body }) => ({
      method,
      path,
      ...(body === '' ? {} : { body: JSON.parse(body) as Json }),
    }));
  }

  takeCallbacks(): JsonObject[] {
    return this.#callbacks.take().map(({ method, path, contentType, body }) => ({
      answered: Number(path.split('/')[1]),
      // A time in nanoseconds is too long for a number of JavaScript.
      body: JSON.parse(body.replace(/("created_at":)(\d+)/, '$1"$2"')) as Json,
      content_type: contentType,
      method,
    }));
  }

  /** How many auctions, rep calls and callbacks wait to be taken. */
  get waiting(): number {
    const auctions = this.#auctioneer.received.flatMap(
      ({ body }) => JSON.parse(body) as readonly unknown[],
    );
    return auctions.length + this.#rep.received.length + this.#callbacks.received.length;
  }

  async stop(): Promise<void> {
    for (const recorder of this.#all) await recorder.stop();
  }
}

class Recorder {
  #server: Server | undefined;
  received: Received[] = [];
  address = '';
  readonly #statusOf: (request: Received) => number;

  constructor(statusOf: (request: Received) => number) {
    this.#statusOf = statusOf;
  }

  async start(onRequest: () => void): Promise<void> {
    const server = createServer((incoming, outgoing) => {
      void readRequest(incoming).then((request) => {
        this.received.push(request);
        outgoing.writeHead(this.#statusOf(request), { 'content-length': 0 }).end();
        onRequest();
      });
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  take(): Received[] {
    const taken = this.received;
    this.received = [];
    return taken;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }
}

async function readRequest(incoming: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    contentType: incoming.headers['content-type'] ?? '',
    body: Buffer.concat(chunks).toString('utf8'),
  };
}
