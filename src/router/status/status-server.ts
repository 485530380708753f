import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../ports/clock.ts';
import { healthResponse } from '../policy/decide.ts';
import { settleConnection } from '../settle-connection.ts';
import { routesJsonPieces } from '../table/routes-json.ts';
import { isAuthorized } from './basic-auth.ts';
import { type PrometheusSource, prometheusText } from './prometheus.ts';
import { varz } from './varz.ts';

export const STATUS_LIMITS = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 10_000,
  keepAliveTimeoutMs: 10_000,
  connections: 1000,
  routesPerPiece: 2000,
} as const;

/** More pages on the status port, for who knows its password. */
export interface StatusPages {
  /** False: the path is none of theirs. */
  handle(request: IncomingMessage, reply: ServerResponse): boolean;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  close(): void;
}

export interface StatusServerOptions {
  readonly user: string;
  readonly password: string;
  readonly isHealthy: () => boolean;
  readonly source: PrometheusSource;
  readonly clock: Clock;
  readonly pages: StatusPages | undefined;
}

const TEXT = { 'Content-Type': 'text/plain; charset=utf-8' } as const;

function sendText(reply: ServerResponse, status: number, text: string, headers = {}): void {
  reply.writeHead(status, { ...TEXT, ...headers, 'Content-Length': Buffer.byteLength(text) });
  reply.end(text);
}

function sendJson(reply: ServerResponse, text: string): void {
  reply.shouldKeepAlive = false;
  reply.writeHead(200, {
    'Content-Type': 'application/json',
    Connection: 'close',
    'Content-Length': Buffer.byteLength(text),
  });
  reply.end(text);
}

function sendHealth(reply: ServerResponse, isHealthy: boolean): void {
  const { status, headers, body } = healthResponse(isHealthy);
  if (body !== '') headers.append('Content-Type', TEXT['Content-Type']);
  headers.append('Content-Length', String(body.length));
  reply.writeHead(status, headers.toRaw() as never);
  reply.end(body);
}

/** Writes the table piece by piece, with a turn for requests between two pieces. */
function sendRoutes(reply: ServerResponse, { source, clock }: StatusServerOptions): void {
  const pieces = routesJsonPieces(source.table, STATUS_LIMITS.routesPerPiece);
  const first = pieces.next();
  const second = pieces.next();
  if (second.done === true) {
    sendJson(reply, first.done === true ? '{}\n' : first.value);
    return;
  }
  reply.shouldKeepAlive = false;
  reply.writeHead(200, { 'Content-Type': 'application/json', Connection: 'close' });
  reply.write(first.value);
  reply.write(second.value);
  const next = () => {
    if (reply.destroyed) return;
    const piece = pieces.next();
    if (piece.done === true) {
      reply.end();
      return;
    }
    // A reader slower than the table waits for its own drain, not in our memory.
    if (reply.write(piece.value)) clock.defer(next);
    else reply.once('drain', next);
  };
  clock.defer(next);
}

/** Paths are compared as received: `/health/` or `/%68ealth` is none of them. */
function handle(request: IncomingMessage, reply: ServerResponse, options: StatusServerOptions) {
  const path = (request.url ?? '').split('?')[0];
  if (path === '/health' || path === '/healthz') {
    sendHealth(reply, options.isHealthy());
    return;
  }
  if (path === '/is-process-alive-do-not-use-for-loadbalancing') {
    sendHealth(reply, true);
    return;
  }
  if (!isAuthorized(request.headers.authorization, options.user, options.password)) {
    sendText(reply, 401, '401 Unauthorized\n', { 'WWW-Authenticate': 'Basic' });
    return;
  }
  if (options.pages?.handle(request, reply) === true) return;
  if (path === '/routes') sendRoutes(reply, options);
  else if (path === '/varz') sendJson(reply, `${JSON.stringify(varz(options.source))}\n`);
  else if (path === '/metrics') sendText(reply, 200, prometheusText(options.source));
  else {
    const nosniff = { 'X-Content-Type-Options': 'nosniff' };
    sendText(reply, 404, '404 page not found\n', nosniff);
  }
}

/** The status port. It shares nothing with the traffic port but the data that it reads. */
export function createStatusServer(
  options: StatusServerOptions,
  guard: <T extends unknown[]>(fn: (...args: T) => void) => (...args: T) => void,
): Server {
  const server = createServer(
    {
      headersTimeout: STATUS_LIMITS.headersTimeoutMs,
      requestTimeout: STATUS_LIMITS.requestTimeoutMs,
      keepAliveTimeout: STATUS_LIMITS.keepAliveTimeoutMs,
    },
    guard((request: IncomingMessage, reply: ServerResponse) => {
      request.resume();
      settleConnection(reply, request.httpVersion, false);
      handle(request, reply, options);
    }),
  );
  server.on(
    'upgrade',
    guard((request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => {});
      const isAllowed = isAuthorized(request.headers.authorization, options.user, options.password);
      if (!isAllowed || options.pages?.upgrade(request, socket, head) !== true) socket.destroy();
    }),
  );
  server.maxConnections = STATUS_LIMITS.connections;
  return server;
}
