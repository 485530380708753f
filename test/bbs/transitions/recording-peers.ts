import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One HTTP server that is the auctioneer and the rep of every cell, and writes down all calls. */
export class RecordingPeers {
  readonly #server: Server;
  #auctions: string[] = [];
  #rep: string[] = [];
  /** They answer 500. What a failing auctioneer is told is not written down. */
  readonly failing = new Set<'auctioneer' | 'rep'>();

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

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const status = this.#note(request.url ?? '', body);
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(status === 202 ? '{}' : '');
  }

  #note(path: string, body: string): number {
    if (path === '/v1/lrps' || path === '/v1/tasks') {
      if (this.failing.has('auctioneer')) return 500;
      const items = JSON.parse(body) as readonly { readonly indices?: readonly number[] }[];
      this.#auctions.push(
        ...items.map(({ indices }) =>
          path === '/v1/tasks' ? 'task' : `lrp ${[...(indices ?? [])].sort().join(',')}`,
        ),
      );
      return 202;
    }
    this.#rep.push(nameOfCall(path));
    return this.failing.has('rep') ? 500 : 202;
  }

  get count(): number {
    return this.#auctions.length + this.#rep.length;
  }

  /** What came since the last call. Equal calls to a cell are counted: `stop i1 ×5`. */
  takeCalls(): { readonly auctions: readonly string[]; readonly rep: readonly string[] } {
    const counts = Map.groupBy(this.#rep, (call) => call);
    const rep = [...counts].map(([call, { length }]) =>
      length === 1 ? call : `${call} ×${length}`,
    );
    const calls = { auctions: this.#auctions, rep };
    this.#auctions = [];
    this.#rep = [];
    return calls;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** `stop i1`, `update i1`, `cancel`; anything else by its path. */
function nameOfCall(path: string): string {
  const stop = /^\/v1\/lrps\/[^/]+\/instances\/([^/]+)\/stop$/.exec(path);
  if (stop !== null) return `stop ${stop[1]}`;
  const update = /^\/v[12]\/lrps\/[^/]+\/instances\/([^/]+)$/.exec(path);
  if (update !== null) return `update ${update[1]}`;
  return /^\/v1\/tasks\/[^/]+\/cancel$/.test(path) ? 'cancel' : path;
}
