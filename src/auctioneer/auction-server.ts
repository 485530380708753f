/** The HTTP API of the auctioneer (diego.md §13.1). */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { TlsOptions } from '../clients/tls-options.ts';
import { AUCTIONEER_LIMITS } from './options.ts';
import { parseLrpRequests, parseTaskRequests } from './schedule/auction-request.ts';

export type RequestType = 'LRP_AUCTION_REQUESTED' | 'TASK_AUCTION_REQUESTED';

const ROUTES: ReadonlyMap<string, RequestType> = new Map([
  ['/v1/lrps', 'LRP_AUCTION_REQUESTED'],
  ['/v1/tasks', 'TASK_AUCTION_REQUESTED'],
]);

function answer(response: ServerResponse, status: number, json: object, more: object = {}): void {
  const body = JSON.stringify(json);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    ...more,
  });
  response.end(body);
}

type Body = { readonly ok: true; readonly text: string } | { readonly ok: false };

/** Hands the whole body over; too large a one is read to its end and dropped. */
function withBody(request: IncomingMessage, use: (body: Body) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= AUCTIONEER_LIMITS.bodyBytes) chunks.push(chunk);
    else chunks.length = 0;
  });
  request.on('end', () => {
    if (size > AUCTIONEER_LIMITS.bodyBytes) use({ ok: false });
    else use({ ok: true, text: Buffer.concat(chunks).toString('utf8') });
  });
  request.on('error', () => {});
}

type Parsed =
  | { readonly ok: true; readonly requests: readonly unknown[] }
  | { readonly ok: false; readonly error: string };

/** Null stands for an empty list, as Go writes one. */
function parse(type: RequestType, text: string): Parsed {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { ok: false, error: (error as Error).message };
  }
  const requests = json ?? [];
  if (!Array.isArray(requests)) return { ok: false, error: 'the body is no list' };
  const check = type === 'LRP_AUCTION_REQUESTED' ? parseLrpRequests : parseTaskRequests;
  const { malformed } = check(requests);
  return malformed === undefined ? { ok: true, requests } : { ok: false, error: malformed };
}

export interface AuctionServerOptions {
  readonly tls: TlsOptions | undefined;
  /** Wraps a listener, so that a throw in it is a crash of the actor. */
  readonly guard: (fn: () => void) => () => void;
  readonly accept: (type: RequestType, requests: readonly unknown[]) => void;
}

function createListener({ guard, accept }: AuctionServerOptions): RequestListener {
  return (request, response) => {
    const { url = '/', method } = request;
    const [path = ''] = url.split('?');
    const type = ROUTES.get(path);
    if (type === undefined) {
      answer(response, 404, { error: 'there is no such route' });
      return;
    }
    if (method !== 'POST') {
      answer(response, 405, { error: `${method} is not allowed here` }, { Allow: 'POST' });
      return;
    }
    withBody(request, (body) =>
      guard(() => {
        if (!body.ok) {
          const limit = AUCTIONEER_LIMITS.bodyBytes;
          answer(response, 413, { error: `the body is larger than ${limit} bytes` });
          return;
        }
        const parsed = parse(type, body.text);
        if (!parsed.ok) {
          answer(response, 400, { error: parsed.error });
          return;
        }
        if (parsed.requests.length > 0) accept(type, parsed.requests);
        answer(response, 202, {});
      })(),
    );
  };
}

/** Not listening yet. */
export function createAuctionServer(options: AuctionServerOptions): Server {
  const listener = createListener(options);
  const { tls } = options;
  const server =
    tls === undefined
      ? createServer(listener)
      : createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: true }, listener);
  server.maxConnections = AUCTIONEER_LIMITS.connections;
  server.headersTimeout = AUCTIONEER_LIMITS.headersTimeoutMs;
  server.requestTimeout = AUCTIONEER_LIMITS.requestTimeoutMs;
  return server;
}
