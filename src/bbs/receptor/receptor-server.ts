/** The HTTP server of the receptor (diego.md §12). */
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Log } from '../../ports/log.ts';
import type { BbsApi } from '../api.ts';
import {
  authorizationCookie,
  corsHeaders,
  isAllowedOrigin,
  isAuthorized,
  needsLogin,
  PREFLIGHT_HEADERS,
} from './authorize.ts';
import { bbsCalls } from './bbs-calls.ts';
import { createEventStreams, type EventStreams } from './event-stream.ts';
import { RECEPTOR_LIMITS, type ReceptorOptions } from './options.ts';
import { type Answer, refusal, unknownError } from './refusals.ts';
import { ROUTES } from './routes.ts';

export interface Receptor {
  /** Not listening yet. */
  readonly server: Server;
  /** Calls back when requests can be taken. */
  prepare(onReady: (error: Error | null) => void): void;
  close(): void;
}

interface Serving {
  readonly bbs: BbsApi;
  readonly log: Log;
  readonly options: ReceptorOptions;
}

const JSON_TYPE = 'application/json';

function send(reply: FastifyReply, { status, json }: Answer): FastifyReply {
  reply.code(status);
  if (json === undefined) return reply.send();
  return reply.type(JSON_TYPE).send(JSON.stringify(json));
}

/** For what fails before there is a request: a head that is none, or too long. */
function refuseSocket(error: { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const isLong = error.code === 'HPE_HEADER_OVERFLOW';
  const status = isLong ? '431 Request Header Fields Too Large' : '400 Bad Request';
  const body = JSON.stringify({ name: 'InvalidRequest', message: 'the request cannot be read' });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: ${JSON_TYPE}\r\nContent-Length: ${body.length}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}

interface Failure {
  readonly statusCode?: number;
  readonly message: string;
}

/** Faults of the request come with a status below 500; others are bugs or a store that fails. */
function answerFailure(log: Log, error: Failure, reply: FastifyReply): FastifyReply {
  const { statusCode = 500, message } = error;
  if (statusCode < 500) return send(reply, refusal(statusCode, 'InvalidRequest', message));
  log.error('receptor-request-failed', { error: message });
  return send(reply, unknownError(message));
}

const PATHS = [
  ...ROUTES,
  { method: 'GET', path: '/v1/events' },
  { method: 'POST', path: '/v1/auth_cookie' },
].map(({ method, path }) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`),
}));

function answerUnknownRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [path = ''] = request.url.split('?');
  const methods = PATHS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
  if (methods.length === 0) {
    return send(reply, refusal(404, 'InvalidRequest', 'there is no such route'));
  }
  reply.header('allow', methods.join(', '));
  const message = `${request.method} is not allowed here`;
  return send(reply, refusal(405, 'InvalidRequest', message));
}

/** Before every request: web pages first, then the password. */
function guard(app: FastifyInstance, options: ReceptorOptions): void {
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers;
    // The original never looks at it, so what is no type must not matter either.
    delete request.raw.headers['content-type'];
    if (!isAllowedOrigin(options, origin)) {
      return send(reply, refusal(403, 'Unauthorized', 'this web page may not call the receptor'));
    }
    if (origin !== undefined) {
      reply.headers(corsHeaders(origin));
      if (request.method === 'OPTIONS') return reply.headers(PREFLIGHT_HEADERS).code(204).send();
    }
    if (!isAuthorized(options, request.headers)) {
      reply.header('www-authenticate', 'Basic realm="API Authentication"');
      return send(reply, refusal(401, 'Unauthorized', 'Unauthorized'));
    }
    return undefined;
  });
}

const textOf = (value: unknown): string => {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'string' ? first : '';
};

function addRoutes(app: FastifyInstance, { bbs, options }: Serving, streams: EventStreams): void {
  const calls = bbsCalls(bbs);
  for (const { method, path, handle } of ROUTES) {
    app.route({
      method,
      url: path,
      handler: async (request, reply) => {
        const parameters = request.params as Readonly<Record<string, string>>;
        const missing = Object.keys(parameters).find((name) => parameters[name] === '');
        if (missing !== undefined) {
          const message = `${missing} missing from request`;
          return send(reply, refusal(400, 'InvalidRequest', message));
        }
        const answer = await handle(calls, {
          parameter: (name) => parameters[name] ?? '',
          domain: textOf((request.query as Record<string, unknown>)['domain']),
          cacheControl: request.headers['cache-control'],
          body: textOf(request.body),
        });
        return send(reply, answer);
      },
    });
  }
  app.get('/v1/events', (_request, reply) => {
    const headers = reply.getHeaders() as Record<string, string>;
    if (!streams.open(reply.raw, headers)) {
      return send(reply, unknownError('there are too many event streams'));
    }
    return reply.hijack();
  });
  app.post('/v1/auth_cookie', (request, reply) => {
    const { authorization } = request.headers;
    if (authorization !== undefined && needsLogin(options)) {
      reply.header('set-cookie', authorizationCookie(authorization));
    }
    return send(reply, { status: 204 });
  });
}

export function createReceptor(serving: Serving): Receptor {
  let server: Server | undefined;
  const app = fastify({
    logger: false,
    bodyLimit: RECEPTOR_LIMITS.bodyBytes,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: RECEPTOR_LIMITS.parameterBytes },
    frameworkErrors: (error, _request, reply) => {
      answerFailure(serving.log, error, reply as unknown as FastifyReply);
    },
    serverFactory: (handler) => {
      server = createServer(
        {
          headersTimeout: RECEPTOR_LIMITS.headersTimeoutMs,
          requestTimeout: RECEPTOR_LIMITS.requestTimeoutMs,
        },
        handler,
      );
      return server;
    },
    clientErrorHandler: refuseSocket,
  });
  if (server === undefined) throw new Error('fastify made no server');
  server.maxConnections = RECEPTOR_LIMITS.connections;
  // Clients of the original send JSON under any type, or under none.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error: Failure, _request, reply) =>
    answerFailure(serving.log, error, reply),
  );
  app.setNotFoundHandler(answerUnknownRoute);
  const streams = createEventStreams(serving.bbs);
  guard(app, serving.options);
  addRoutes(app, serving, streams);
  return {
    server,
    prepare: (onReady) => void app.ready((error) => onReady(error ?? null)),
    close() {
      streams.endAll();
      app.close().catch((error: unknown) => {
        serving.log.error('receptor-close-failed', { error: String(error) });
      });
    },
  };
}
