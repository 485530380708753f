/** The HTTP API of the BBS (diego.md §1). Answers exactly as the original's router and handlers. */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { invalidRequest } from '../../model/bbs/errors.ts';
import { ErrorResponse } from '../../model/bbs/messages/common.ts';
import { EventsByCellId } from '../../model/bbs/messages/events.ts';
import { DecodeError, decode } from '../../model/protobuf/decode.ts';
import { encode } from '../../model/protobuf/encode.ts';
import { fromJson } from '../../model/protobuf/json.ts';
import { BBS_LIMITS } from '../options.ts';
import type { BbsState } from '../state.ts';
import { STREAM_ROUTES, type StreamRoute, streamEvents } from './event-stream.ts';
import { errorMessage, type Route } from './route.ts';
import { ROUTES } from './routes.ts';
import { type BodyFormat, runOperation } from './run-operation.ts';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';

const formatOf = ({ headers }: IncomingMessage): BodyFormat =>
  headers['content-type']?.startsWith(JSON_TYPE) === true ? 'json' : 'protobuf';

function answerText(response: ServerResponse, status: number, text: string, allow = ''): void {
  response.writeHead(status, {
    ...(allow === '' ? {} : { Allow: allow }),
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

function answerEmpty(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'Content-Length': 0 });
  response.end();
}

function answerBody(response: ServerResponse, body: Buffer, format: BodyFormat): void {
  response.writeHead(200, {
    'Content-Type': format === 'json' ? JSON_TYPE : PROTOBUF,
    'Content-Length': body.length,
  });
  // Most answers are empty: then one write carries all.
  if (body.length === 0) response.end();
  else response.end(body);
}

/** Hands the whole body over, or `undefined` when it is too large. */
function withBody(request: IncomingMessage, use: (body: Buffer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= BBS_LIMITS.bodyBytes) chunks.push(chunk);
    else chunks.length = 0;
  });
  request.on('end', () => {
    if (size > BBS_LIMITS.bodyBytes) use(undefined);
    else use(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  });
  request.on('error', () => {});
}

const tooLarge = (): Buffer =>
  encode(
    ErrorResponse,
    ErrorResponse.create({
      error: errorMessage(
        invalidRequest(`the request body is larger than ${BBS_LIMITS.bodyBytes} bytes`),
      ),
    }),
  );

/** The cell that a subscription is about; undefined: the body cannot be read. */
function cellIdOf(body: Buffer, format: BodyFormat): string | undefined {
  if (body.length === 0) return '';
  try {
    if (format === 'protobuf') return decode(EventsByCellId, body).cell_id;
    const result = fromJson(EventsByCellId, JSON.parse(body.toString('utf8')));
    return result.ok ? result.value.cell_id : undefined;
  } catch (error) {
    if (error instanceof DecodeError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function createListener(
  state: BbsState,
  guard: (fn: () => void) => () => void,
  fail: (error: unknown) => void,
): RequestListener {
  const runStream = (stream: StreamRoute, request: IncomingMessage, response: ServerResponse) =>
    withBody(request, (body = Buffer.alloc(0)) =>
      guard(() => {
        const format = formatOf(request);
        const cellId = cellIdOf(body, format);
        const isFull = state.hub.subscribers >= BBS_LIMITS.subscribers;
        if (cellId === undefined || isFull) answerEmpty(response, 500);
        else streamEvents(state.hub, stream, { cellId, format }, response);
      })(),
    );

  const runRequest = (route: Route, request: IncomingMessage, response: ServerResponse) =>
    withBody(request, (body) => {
      const format = formatOf(request);
      if (body === undefined) {
        answerBody(response, tooLarge(), 'protobuf');
        return;
      }
      const header = request.headers['x-vcap-request-id'];
      const traceId = typeof header === 'string' ? header : '';
      runOperation(state, route, body, format, traceId).then(
        (answer) => answerBody(response, answer, format),
        (error) => {
          // A bug: the client sees the connection end, as with the original (§1.1).
          response.destroy();
          fail(error);
        },
      );
    });

  return (request, response) => {
    const { url = '/', method } = request;
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const route = ROUTES.get(path);
    const stream = route === undefined ? STREAM_ROUTES.get(path) : undefined;
    const methods = route?.methods ?? (stream && [stream.method]);
    if (methods === undefined) answerText(response, 404, '404 page not found\n');
    else if (!methods.includes(method as 'GET')) {
      answerText(response, 405, 'Method Not Allowed\n', methods.join(', '));
    } else if (!state.isFollowing) answerEmpty(response, 503);
    else if (route !== undefined) runRequest(route, request, response);
    else if (stream !== undefined) runStream(stream, request, response);
  };
}

/** `fail` hears of bugs in handlers; hostile bytes are answered and forgotten. */
export function createBbsServer(
  state: BbsState,
  guard: (fn: () => void) => () => void,
  fail: (error: unknown) => void,
): Server {
  const listener = createListener(state, guard, fail);
  const { headersTimeoutMs, requestTimeoutMs, connections } = BBS_LIMITS;
  const limits = {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: requestTimeoutMs,
  };
  const { tls } = state.options;
  const server =
    tls === undefined
      ? createServer(limits, listener)
      : (createTlsServer(
          { ...limits, ...tls, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
          listener,
        ) as unknown as Server);
  server.maxConnections = connections;
  return server;
}
