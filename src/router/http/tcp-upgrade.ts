import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Forward } from '../policy/decide.ts';
import { errorResponse } from '../policy/error-response.ts';
import { createSelection, selectNext } from '../table/choose-endpoint.ts';
import { beginExchange, type Endpoint, endExchange } from '../table/endpoint.ts';
import type { EngineContext, Exchange } from './exchange.ts';
import type { Wires } from './forwarding.ts';
import { respond } from './respond.ts';

interface TcpArrival {
  readonly request: IncomingMessage;
  readonly reply: ServerResponse;
  readonly upgradeHead: Buffer | undefined;
}

/**
 * The raw pipe of 2013: `Upgrade: tcp` connects client and endpoint, the request itself is not
 * passed on and no head is sent back (gorouter.md §5.13). Off unless configured.
 */
export function forwardTcpUpgrade(
  exchange: Exchange,
  forward: Forward,
  arrival: TcpArrival,
  wires: Wires,
  context: EngineContext,
): void {
  const { clock, options, balancing } = context;
  const selection = createSelection(forward.pool, forward.wishes, balancing);
  const endpoint = selectNext(selection, clock.nowMs());
  const fail = () => {
    const response = errorResponse('tcpUpgradeFailed', {}, options.headers.htmlErrorTemplate);
    respond(exchange, response, arrival.request, arrival.reply, context);
  };
  if (endpoint === undefined) {
    fail();
    return;
  }
  exchange.endpoint = endpoint;
  beginExchange(endpoint);
  const upstream = connect({ host: endpoint.host || 'localhost', port: endpoint.port });
  const timer = clock.setTimeout(() => {
    upstream.destroy(new Error('dial timeout'));
  }, options.backends.dialTimeoutMs);
  const failed = () => {
    clock.clearTimeout(timer);
    endExchange(endpoint);
    fail();
  };
  upstream.once('error', failed);
  upstream.once('connect', () => {
    clock.clearTimeout(timer);
    upstream.off('error', failed);
    joinTcp(exchange, endpoint, upstream, arrival, wires);
  });
}

function joinTcp(
  exchange: Exchange,
  endpoint: Endpoint,
  upstream: Socket,
  { reply, upgradeHead }: TcpArrival,
  wires: Wires,
): void {
  const client = reply.socket;
  if (client === null || client.destroyed) {
    upstream.destroy();
    endExchange(endpoint);
    return;
  }
  reply.detachSocket(client);
  if (upgradeHead !== undefined && upgradeHead.length > 0) upstream.write(upgradeHead);
  wires.upgraded.join({ client, upstream, isWebSocket: false }, () => {
    endExchange(endpoint);
    exchange.finish();
  });
}
