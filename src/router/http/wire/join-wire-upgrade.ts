import type { Socket } from 'node:net';
import type { HeaderList } from '../../policy/header-list.ts';
import { endExchange } from '../../table/endpoint.ts';
import type { Exchange } from '../exchange.ts';
import { responseHeadText } from '../write-head.ts';
import type { ClientConnection } from './client-connection.ts';
import type { WireContext } from './wire-context.ts';

export interface WireUpgrade {
  readonly client: ClientConnection;
  readonly upstream: Socket;
  readonly token: string;
  /** Undefined: the client is told nothing (the raw pipe of 2013). */
  readonly headers: HeaderList | undefined;
  /** Bytes that came right behind the endpoint's head. */
  readonly rest: Buffer;
}

/** Tells the client 101 and copies bytes both ways until both sides are gone. */
export function joinWireUpgrade(
  { client, upstream, token, headers, rest }: WireUpgrade,
  exchange: Exchange,
  { engine, upgraded }: WireContext,
): void {
  const { metrics } = engine;
  const { endpoint } = exchange;
  const socket = client.socket;
  const clientBytes = client.leave();
  if (headers !== undefined) {
    socket.write(responseHeadText(101, headers), 'latin1');
    metrics.openUpgrades += 1;
    exchange.status = 101;
  }
  // Bytes right behind either head belong to the new protocol (gorouter.md §10 WS-9).
  if (rest.length > 0) socket.write(rest);
  if (clientBytes.length > 0) upstream.write(clientBytes);
  const isWebSocket = token.toLowerCase() === 'websocket';
  upgraded.join({ client: socket, upstream, isWebSocket }, () => {
    if (endpoint !== undefined) endExchange(endpoint);
    if (headers !== undefined) metrics.openUpgrades -= 1;
    exchange.finish();
  });
}
