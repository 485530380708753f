/** The plain HTTP/1.1 listener of the engine `wire`, on sockets alone. */
import { createServer, type Socket } from 'node:net';
import { decide } from '../../policy/decide.ts';
import { errorResponse } from '../../policy/error-response.ts';
import { createSelection, NO_WISHES, selectNext } from '../../table/choose-endpoint.ts';
import { type EngineContext, Exchange } from '../exchange.ts';
import { MAX_CLIENT_CONNECTIONS, type TrafficServer } from '../traffic-server.ts';
import { createUpgradedConnections } from '../upgraded-connections.ts';
import { createHttpDate } from '../write-head.ts';
import { ClientConnection, type ConnectionOwner } from './client-connection.ts';
import { EndpointPools } from './endpoint-pools.ts';
import type { Arrival } from './read-arrival.ts';
import { sendRouterResponse } from './send-router-response.ts';
import { TimerWheel } from './timer-wheel.ts';
import { createTlsListener } from './tls-listener.ts';
import type { WireContext } from './wire-context.ts';
import { WireForwarding } from './wire-forwarding.ts';
import { forwardWireTcpUpgrade } from './wire-tcp-upgrade.ts';

function serve(client: ClientConnection, arrival: Arrival, context: WireContext): void {
  const { engine } = context;
  const exchange = new Exchange(arrival.head, engine);
  try {
    const decision = decide(exchange.head, engine);
    if (decision.kind === 'respond') {
      const { status } = decision.response;
      if (status === 404 || status === 503) {
        engine.log.info('status', { status, host: exchange.head.host });
      }
      if (decision.loggedPool !== undefined) {
        const selection = createSelection(decision.loggedPool, NO_WISHES, engine.balancing);
        exchange.endpoint = selectNext(selection, engine.clock.nowMs());
      }
      sendRouterResponse(exchange, decision.response, client, arrival, context);
      return;
    }
    const { upgradeToken } = arrival;
    const { isTcpUpgradeEnabled } = engine.options.frontend;
    if (upgradeToken?.toLowerCase() === 'tcp' && isTcpUpgradeEnabled) {
      forwardWireTcpUpgrade(exchange, decision, arrival, client, context);
      return;
    }
    if (upgradeToken !== undefined) engine.metrics.count('websocket_upgrades');
    new WireForwarding(exchange, decision, arrival, client, context).start();
  } catch (error) {
    // A bug in a handler harms one request (gorouter.md §5.1 row 1, ERR-14).
    const stack = error instanceof Error ? error.stack : String(error);
    engine.log.error('panic-check', { error: stack, host: exchange.head.host });
    client.keepsAlive(true);
    const response = errorResponse('routerFault', {}, '');
    sendRouterResponse(exchange, response, client, arrival, context);
  }
}

export function createWireServer(engine: EngineContext): TrafficServer {
  const { frontend, backends } = engine.options;
  const wheel = new TimerWheel(engine.clock);
  const context: WireContext = {
    engine,
    wheel,
    pools: new EndpointPools(backends, wheel),
    upgraded: createUpgradedConnections(),
    httpDate: createHttpDate(),
  };
  const clients = new Set<ClientConnection>();
  const owner: ConnectionOwner = {
    wheel,
    idleTimeoutMs: frontend.idleTimeoutMs,
    readHeaderTimeoutMs: frontend.readHeaderTimeoutMs,
    isDraining: engine.isDraining,
    onRequest: (client, arrival) => serve(client, arrival, context),
    onClosed: (client) => clients.delete(client),
  };
  // A client that half-closes is dealt with by its connection.
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket: Socket) => {
    clients.add(new ClientConnection(socket, owner));
  });
  server.maxConnections = MAX_CLIENT_CONNECTIONS;
  const { tls } = engine.options;
  const secureServer =
    tls &&
    createTlsListener(tls, ({ socket, certificate }) => {
      clients.add(new ClientConnection(socket, owner, certificate));
    });
  if (secureServer !== undefined) secureServer.maxConnections = MAX_CLIENT_CONNECTIONS;
  return {
    server,
    secureServer,
    get openUpgrades() {
      return context.upgraded.size;
    },
    closeIdle() {
      for (const client of clients) client.closeIdle();
    },
    cut() {
      context.upgraded.closeAll();
      for (const client of clients) client.cut();
      context.pools.close();
      wheel.close();
    },
  };
}
