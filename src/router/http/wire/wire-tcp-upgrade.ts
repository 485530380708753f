import { connect } from 'node:net';
import type { Forward } from '../../policy/decide.ts';
import { errorResponse } from '../../policy/error-response.ts';
import { createSelection, selectNext } from '../../table/choose-endpoint.ts';
import { beginExchange, endExchange } from '../../table/endpoint.ts';
import type { Exchange } from '../exchange.ts';
import type { ClientConnection } from './client-connection.ts';
import { joinWireUpgrade } from './join-wire-upgrade.ts';
import type { Arrival } from './read-arrival.ts';
import { sendRouterResponse } from './send-router-response.ts';
import { Deadline } from './timer-wheel.ts';
import type { WireContext } from './wire-context.ts';

/**
 * The raw pipe of 2013: `Upgrade: tcp` connects client and endpoint, the request itself is not
 * passed on and no head is sent back (gorouter.md §5.13). Off unless configured.
 */
export function forwardWireTcpUpgrade(
  exchange: Exchange,
  forward: Forward,
  arrival: Arrival,
  client: ClientConnection,
  context: WireContext,
): void {
  const { engine, wheel } = context;
  const { clock, options, balancing } = engine;
  const endpoint = selectNext(
    createSelection(forward.pool, forward.wishes, balancing),
    clock.nowMs(),
  );
  const fail = (): void => {
    const response = errorResponse('tcpUpgradeFailed', {}, options.headers.htmlErrorTemplate);
    sendRouterResponse(exchange, response, client, arrival, context);
  };
  if (endpoint === undefined) {
    fail();
    return;
  }
  exchange.endpoint = endpoint;
  beginExchange(endpoint);
  const upstream = connect({ host: endpoint.host || 'localhost', port: endpoint.port });
  const deadline = new Deadline(() => upstream.destroy(new Error('dial timeout')));
  wheel.set(deadline, options.backends.dialTimeoutMs);
  const failed = (): void => {
    wheel.clear(deadline);
    endExchange(endpoint);
    if (!client.socket.destroyed) fail();
  };
  upstream.once('error', failed);
  upstream.once('connect', () => {
    wheel.clear(deadline);
    upstream.off('error', failed);
    if (client.socket.destroyed) {
      upstream.destroy();
      endExchange(endpoint);
      return;
    }
    const parts = { client, upstream, token: 'tcp', headers: undefined, rest: Buffer.alloc(0) };
    joinWireUpgrade(parts, exchange, context);
  });
}
