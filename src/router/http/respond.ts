import type { IncomingMessage, ServerResponse } from 'node:http';
import { rewriteResponse } from '../policy/edit-response.ts';
import type { RouterResponse } from '../policy/error-response.ts';
import { statusText } from '../policy/status-text.ts';
import { settleConnection } from '../settle-connection.ts';
import type { EngineContext, Exchange } from './exchange.ts';

/** A body that the client still has to send is read and dropped up to this size. */
export const DROPPED_BODY_BYTES = 256 * 1024;

/** How much of the body has not been read; NaN when only the client knows. */
function unreadBytes(request: IncomingMessage): number {
  const { headers } = request;
  const hasBody = headers['content-length'] !== undefined || 'transfer-encoding' in headers;
  if (request.complete || !hasBody) return 0;
  return Number(headers['content-length'] ?? Number.NaN);
}

/** What every answer of the router's own is on the record as, and the length of its body. */
export function recordResponse(
  exchange: Exchange,
  { status, headers, body, counter }: RouterResponse,
  { metrics, options }: EngineContext,
): void {
  metrics.count(counter);
  rewriteResponse(headers, options.headers);
  exchange.status = status;
  exchange.routerError = headers.get('x-cf-routererror') ?? '';
  exchange.bytesSent = Buffer.byteLength(body);
  headers.append('Content-Length', String(exchange.bytesSent));
}

/** Sends an answer that the router made itself, and ends the exchange (gorouter.md §5.9). */
export function respond(
  exchange: Exchange,
  response: RouterResponse,
  request: IncomingMessage,
  reply: ServerResponse,
  context: EngineContext,
): void {
  const { status, headers, body } = response;
  recordResponse(exchange, response, context);
  if (reply.destroyed || reply.headersSent) {
    exchange.finish();
    return;
  }
  const unread = unreadBytes(request);
  const isDropped = unread === 0 || unread <= DROPPED_BODY_BYTES;
  const isUnasked = unread !== 0 && request.headers.expect !== undefined;
  const mustClose = context.isDraining() || !isDropped || isUnasked;
  settleConnection(reply, exchange.head.version, mustClose);
  reply.writeHead(status, statusText(status), headers.toRaw() as never);
  reply.end(exchange.head.method === 'HEAD' ? '' : body);
  exchange.finish();
  if (unread !== 0) request.resume();
}
