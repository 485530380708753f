import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { HeaderList } from '../policy/header-list.ts';
import { endExchange } from '../table/endpoint.ts';
import type { EngineContext, Exchange } from './exchange.ts';
import type { UpgradedConnections } from './upgraded-connections.ts';
import { responseHeadText } from './write-head.ts';

export interface UpgradeParts {
  readonly reply: ServerResponse;
  readonly client: Socket;
  readonly upstream: Socket;
  readonly token: string;
  readonly headers: HeaderList;
  /** Bytes that came right behind the client's and the endpoint's head. */
  readonly clientBytes: Buffer;
  readonly upstreamBytes: Buffer;
}

/** Tells the client 101 and copies bytes both ways until both sides are gone. */
export function joinUpgrade(
  parts: UpgradeParts,
  exchange: Exchange,
  upgraded: UpgradedConnections,
  { metrics }: EngineContext,
): void {
  const { reply, client, upstream } = parts;
  reply.detachSocket(client);
  client.write(responseHeadText(101, parts.headers), 'latin1');
  // Bytes right behind either head belong to the new protocol (gorouter.md §10 WS-9).
  if (parts.upstreamBytes.length > 0) client.write(parts.upstreamBytes);
  if (parts.clientBytes.length > 0) upstream.write(parts.clientBytes);
  metrics.openUpgrades += 1;
  exchange.status = 101;
  const { endpoint } = exchange;
  const isWebSocket = parts.token.toLowerCase() === 'websocket';
  upgraded.join({ client, upstream, isWebSocket }, () => {
    if (endpoint !== undefined) endExchange(endpoint);
    metrics.openUpgrades -= 1;
    exchange.finish();
  });
}
