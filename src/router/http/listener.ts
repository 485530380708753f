import { createServer, type IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type HttpProxy from 'http-proxy';
import { checkRequest } from '../policy/check-request.ts';
import { decide } from '../policy/decide.ts';
import { errorResponse } from '../policy/error-response.ts';
import { HeaderList } from '../policy/header-list.ts';
import { type RequestHead, splitTarget } from '../policy/request-head.ts';
import { upgradeToken } from '../policy/strip-hop-headers.ts';
import { settleConnection } from '../settle-connection.ts';
import { createSelection, NO_WISHES, selectNext } from '../table/choose-endpoint.ts';
import type { BodyFraming } from './attempt.ts';
import { createConnectionPools } from './connection-pools.ts';
import { type EngineContext, Exchange } from './exchange.ts';
import { Forwarding, type ForwardingRequest, type Wires } from './forwarding.ts';
import { createOpenExchanges } from './open-exchanges.ts';
import {
  endWith,
  type ParserError,
  parserErrorText,
  rejectionText,
  versionRejection,
} from './reject.ts';
import { respond } from './respond.ts';
import { forwardTcpUpgrade } from './tcp-upgrade.ts';
import { MAX_CLIENT_CONNECTIONS, type TrafficServer } from './traffic-server.ts';
import { createUpgradedConnections } from './upgraded-connections.ts';

/** The parser's own limit is this much above ours, as the original's (gorouter.md §5.8). */
export const HEADER_SLOP_BYTES = 4096;
export const SERVER_HEADER_BYTES = 1024 * 1024;

const require = createRequire(import.meta.url);

/** How often the server looks for clients whose head takes too long. */
const HEAD_CHECK_MS = 500;

/** http-proxy without the passes that would change a request behind the policy's back. */
function createProxy(): HttpProxy {
  const { createProxyServer } = require('http-proxy') as typeof HttpProxy;
  const proxy = createProxyServer({});
  const { webPasses } = proxy as unknown as { webPasses: { name: string }[] };
  // `deleteLength` strips Transfer-Encoding from DELETE and OPTIONS: the body would become a
  // second request. `XHeaders` writes headers of its own, `timeout` is ours.
  const kept = webPasses.filter((pass) => pass.name === 'stream');
  webPasses.splice(0, webPasses.length, ...kept);
  return proxy;
}

function framingOf(headers: HeaderList): BodyFraming {
  if (headers.has('transfer-encoding')) return 'chunked';
  return headers.has('content-length') ? 'length' : 'none';
}

function headOf(request: IncomingMessage, headers: HeaderList): RequestHead {
  const target = request.url ?? '';
  const { authority, pathAndQuery } = splitTarget(target);
  return {
    method: request.method ?? '',
    target,
    version: request.httpVersion,
    headers,
    host: authority ?? headers.get('host') ?? '',
    pathAndQuery,
    clientAddress: (request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
    clientPort: request.socket.remotePort ?? 0,
    isTls: false,
  };
}

/** The answer to a request that is refused as it stands; undefined when it is in order. */
function rejectionOf(request: IncomingMessage, headers: HeaderList): string | undefined {
  const { httpVersion, method = '', url = '' } = request;
  if (httpVersion !== '1.0' && httpVersion !== '1.1') return versionRejection(httpVersion);
  const rejection = checkRequest(method, url, httpVersion, headers);
  return rejection === undefined ? undefined : rejectionText(rejection);
}

/** The answer to `OPTIONS *` comes from the server itself (RFC 9110 §9.3.7). */
function answerServerOptions(reply: ServerResponse, version: string): void {
  settleConnection(reply, version, false);
  reply.writeHead(200, { 'Content-Length': '0' });
  reply.end();
}

interface Arrival {
  readonly request: IncomingMessage;
  readonly reply: ServerResponse;
  readonly expectsContinue: boolean;
  readonly upgradeHead: Buffer | undefined;
}

function serve(arrival: Arrival, wires: Wires, context: EngineContext): void {
  const { request, reply } = arrival;
  const headers = HeaderList.fromRaw(request.rawHeaders);
  const text = rejectionOf(request, headers);
  if (text !== undefined) {
    wires.open.rejectInTurn(request.socket, () => endWith(request.socket, text));
    return;
  }
  const open = wires.open.add(request, reply);
  if (request.url === '*') {
    answerServerOptions(reply, request.httpVersion);
    return;
  }
  const exchange = new Exchange(headOf(request, headers), context);
  try {
    const decision = decide(exchange.head, context);
    if (decision.kind === 'respond') {
      if (decision.response.status === 404 || decision.response.status === 503) {
        context.log.info('status', { status: decision.response.status, host: exchange.head.host });
      }
      if (decision.loggedPool !== undefined) {
        const selection = createSelection(decision.loggedPool, NO_WISHES, context.balancing);
        exchange.endpoint = selectNext(selection, context.clock.nowMs());
      }
      respond(exchange, decision.response, request, reply, context);
      return;
    }
    const token = arrival.upgradeHead === undefined ? undefined : upgradeToken(headers);
    if (token?.toLowerCase() === 'tcp' && context.options.frontend.isTcpUpgradeEnabled) {
      forwardTcpUpgrade(exchange, decision, arrival, wires, context);
      return;
    }
    if (token !== undefined) context.metrics.count('websocket_upgrades');
    const input: ForwardingRequest = {
      request,
      reply,
      framing: framingOf(headers),
      expectsContinue: arrival.expectsContinue,
      upgrade: token === undefined ? undefined : { token, head: arrival.upgradeHead as Buffer },
    };
    const forwarding = new Forwarding(exchange, decision, input, wires, context);
    open.onBroken = () => forwarding.breakOff();
    forwarding.start();
  } catch (error) {
    faulted(error, exchange, arrival, context);
  }
}

/** A bug in a handler harms one request (gorouter.md §5.1 row 1, ERR-14). */
function faulted(error: unknown, exchange: Exchange, arrival: Arrival, context: EngineContext) {
  const stack = error instanceof Error ? error.stack : String(error);
  context.log.error('panic-check', { error: stack, host: exchange.head.host });
  arrival.reply.shouldKeepAlive = false;
  const response = errorResponse('routerFault', {}, '');
  respond(exchange, response, arrival.request, arrival.reply, context);
}

/** Lets an upgrade request be answered like any other: the parser has let go of its socket. */
function replyOn(request: IncomingMessage, socket: Socket): ServerResponse {
  const reply = new ServerResponse(request);
  reply.shouldKeepAlive = false;
  reply.assignSocket(socket);
  reply.on('finish', () => {
    reply.detachSocket(socket);
    socket.destroySoon();
  });
  return reply;
}

/** `h2c` is not offered, so its upgrade is no upgrade (RFC 9110 §7.8); CONNECT is none either. */
function isUpgradeWanted(request: IncomingMessage): boolean {
  const token = (request.headers.upgrade ?? '').toLowerCase();
  return token !== 'h2c' && token !== '' && /\bupgrade\b/i.test(request.headers.connection ?? '');
}

/** The plain HTTP/1.1 listener of the engine `http-proxy` on node:http. */
export function createTrafficServer(context: EngineContext): TrafficServer {
  const { frontend, backends } = context.options;
  const pools = createConnectionPools(backends);
  const upgraded = createUpgradedConnections();
  const open = createOpenExchanges();
  const wires: Wires = { proxy: createProxy(), pools, upgraded, open };
  const server = createServer({
    maxHeaderSize: SERVER_HEADER_BYTES + HEADER_SLOP_BYTES,
    keepAliveTimeout: frontend.idleTimeoutMs,
    headersTimeout: frontend.readHeaderTimeoutMs,
    requestTimeout: 0,
    connectionsCheckingInterval: HEAD_CHECK_MS,
    requireHostHeader: false,
    noDelay: true,
    shouldUpgradeCallback: isUpgradeWanted,
  } as never);
  server.maxHeadersCount = 0;
  server.timeout = 0;
  server.maxConnections = MAX_CLIENT_CONNECTIONS;
  const arrive = (expectsContinue: boolean) => (request: IncomingMessage, reply: ServerResponse) =>
    serve({ request, reply, expectsContinue, upgradeHead: undefined }, wires, context);
  server.on('request', arrive(false));
  server.on('checkContinue', arrive(true));
  server.on('checkExpectation', (_request, reply: ServerResponse) => {
    reply.writeHead(417, { 'Content-Length': '0', Connection: 'close' });
    reply.end();
  });
  server.on('upgrade', (request: IncomingMessage, stream, head: Buffer) => {
    const socket = stream as Socket;
    socket.on('error', () => socket.destroy());
    if (open.isBusy(socket)) {
      // Its answer cannot be put on a socket that another answer has (RFC 9112 §9.3.2).
      open.rejectInTurn(socket, () => endWith(socket, rejectionText({ text: '400 Bad Request' })));
      return;
    }
    const reply = replyOn(request, socket);
    serve({ request, reply, expectsContinue: false, upgradeHead: head }, wires, context);
  });
  // A tunnel would bypass every rule of the router (reliability.md §3 row 65).
  server.on('connect', (_request: IncomingMessage, stream) => {
    const socket = stream as Socket;
    socket.on('error', () => socket.destroy());
    const text = rejectionText({ text: '405 Method Not Allowed' });
    open.rejectInTurn(socket, () => endWith(socket, text));
  });
  server.on('clientError', (error: ParserError, stream) => {
    const socket = stream as Socket;
    // Bytes behind `Connection: close` are nobody's request; the answer before them stands.
    if (error.code === 'HPE_CLOSED_CONNECTION') return;
    open.rejectInTurn(socket, () => endWith(socket, parserErrorText(error)));
  });
  return {
    server,
    secureServer: undefined,
    get openUpgrades() {
      return upgraded.size;
    },
    closeIdle: () => server.closeIdleConnections(),
    cut() {
      upgraded.closeAll();
      server.closeAllConnections();
      pools.close();
    },
  };
}
