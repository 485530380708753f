import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json, JsonObject } from './message-json.ts';

/** What reached the auctioneer, the cells and the receivers of callbacks. */
export interface Calls {
  readonly auctions: readonly JsonObject[];
  readonly rep: readonly JsonObject[];
  readonly callbacks: readonly JsonObject[];
}

/** 64-bit numbers are kept as text. */
function parseBody(text: string): Json {
  return JSON.parse(text.replace(/("created_at":)(\d+)/g, '$1"$2"')) as Json;
}

function withSortedIndices(item: Json): Json {
  const { indices } = item as JsonObject;
  if (!Array.isArray(indices)) return item;
  const sorted = [...(indices as readonly number[])].sort((one, other) => one - other);
  return { ...(item as JsonObject), indices: sorted };
}

const STOP = /^\/v1\/lrps\/[^/]+\/instances\/[^/]+\/stop$/;
const UPDATE = /^\/v[12]\/lrps\/[^/]+\/instances\/[^/]+$/;
const CANCEL = /^\/v1\/tasks\/[^/]+\/cancel$/;
const isOfCell = (path: string): boolean =>
  STOP.test(path) || UPDATE.test(path) || CANCEL.test(path);

/** One HTTP server that is auctioneer, cell and receiver of callbacks, and writes all down. */
export class RecordingPeers {
  readonly #server: Server;
  #auctions: JsonObject[] = [];
  #rep: JsonObject[] = [];
  #callbacks: JsonObject[] = [];
  /** Requests that fit none of the roles. */
  readonly #strange: string[] = [];
  /** What the auctioneer answers. */
  auctioneerStatus = 202;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<RecordingPeers> {
    const server = createServer();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
    await promise;
    return new RecordingPeers(server);
  }

  /** Of each of the roles. */
  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get counts(): { readonly auctions: number; readonly rep: number; readonly callbacks: number } {
    return {
      auctions: this.#auctions.length,
      rep: this.#rep.length,
      callbacks: this.#callbacks.length,
    };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const status = this.#note(request, text);
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(status === 202 ? '{}' : '');
  }

  #note({ method = '', url: path = '', headers }: IncomingMessage, text: string): number {
    const callback = /^\/(\d{3})\/[^/]+$/.exec(path);
    if (path === '/v1/lrps' || path === '/v1/tasks') {
      const items = JSON.parse(text) as readonly Json[];
      this.#auctions.push(...items.map((item) => ({ path, item: withSortedIndices(item) })));
      return this.auctioneerStatus;
    }
    if (isOfCell(path)) {
      this.#rep.push({ method, path, ...(text === '' ? {} : { body: parseBody(text) }) });
      return 202;
    }
    if (callback !== null) {
      const answered = Number(callback[1]);
      const content_type = headers['content-type'] ?? '';
      this.#callbacks.push({ answered, body: parseBody(text), content_type, method });
      return answered;
    }
    this.#strange.push(`${method} ${path}`);
    return 404;
  }

  /** What came since the last call. Throws when something came that has no role. */
  takeCalls(): Calls {
    if (this.#strange.length > 0) throw new Error(`strange calls: ${this.#strange.join(', ')}`);
    const calls = { auctions: this.#auctions, rep: this.#rep, callbacks: this.#callbacks };
    this.#auctions = [];
    this.#rep = [];
    this.#callbacks = [];
    return calls;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
