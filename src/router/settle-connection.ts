import type { ServerResponse } from 'node:http';

/**
 * Must be called before the head is written: HTTP/1.1 keeps a connection without saying so, and
 * the original says nothing either (RFC 9112 §9.3).
 */
export function settleConnection(reply: ServerResponse, version: string, mustClose: boolean): void {
  if (mustClose) reply.shouldKeepAlive = false;
  if (reply.shouldKeepAlive === (version === '1.1')) reply.removeHeader('Connection');
}
