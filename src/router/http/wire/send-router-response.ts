/** Answers that the router makes itself (gorouter.md §5.9). */
import type { RouterResponse } from '../../policy/error-response.ts';
import type { Exchange } from '../exchange.ts';
import { DROPPED_BODY_BYTES, recordResponse } from '../respond.ts';
import { responseHeadText } from '../write-head.ts';
import type { ClientConnection } from './client-connection.ts';
import { type Arrival, connectionLine } from './read-arrival.ts';
import type { WireContext } from './wire-context.ts';

/** Sends it, and ends the exchange. */
export function sendRouterResponse(
  exchange: Exchange,
  response: RouterResponse,
  client: ClientConnection,
  arrival: Arrival,
  { engine, httpDate }: WireContext,
): void {
  const { status, headers, body } = response;
  recordResponse(exchange, response, engine);
  const isUnasked = !client.isRequestWhole && arrival.head.headers.has('expect');
  const mustClose = engine.isDraining() || isUnasked || arrival.upgradeToken !== undefined;
  const isDropped = client.canDropBody(DROPPED_BODY_BYTES);
  const isKept = client.keepsAlive(mustClose || !isDropped);
  if (!headers.has('date')) headers.append('Date', httpDate(engine.clock.wallMs()));
  const line = connectionLine(exchange.head.version, isKept);
  if (line !== '') headers.append('Connection', line.slice('Connection: '.length, -2));
  const head = responseHeadText(status, headers);
  if (!client.socket.destroyed) {
    const isEmpty = exchange.head.method === 'HEAD' || body === '';
    // The body is UTF-8, its bytes stand behind a head of Latin-1.
    const text = isEmpty ? head : head + Buffer.from(body).toString('latin1');
    client.socket.write(text, 'latin1');
  }
  exchange.finish();
  client.answered(false, DROPPED_BODY_BYTES);
}
