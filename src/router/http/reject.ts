import type { Socket } from 'node:net';
import type { Rejection } from '../policy/check-request.ts';

export interface ParserError extends Error {
  readonly code?: string;
  readonly reason?: string;
  readonly rawPacket?: Buffer;
}

/** What a client that is cut off may still send before its connection is destroyed. */
export const LINGER_MS = 500;

/** The answer of the original's server to what it cannot read (gorouter.md §5.9). */
export function rejectionText({ text, body }: Rejection): string {
  return (
    `HTTP/1.1 ${text}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
    `Connection: close\r\n\r\n${body ?? text}`
  );
}

const BAD_REQUEST = rejectionText({ text: '400 Bad Request' });
const NO_SUCH_VERSION = rejectionText({
  text: '505 HTTP Version Not Supported: unsupported protocol version',
});

const REQUEST_LINE = /^[^\s]+ [^\s]+ HTTP\/([0-9.]+)\r?\n/;

/** gorouter.md §5.1 row 14: another 1.x gets a bare answer in the oldest dialect. */
export function versionRejection(version: string): string | undefined {
  if (version === '1.0' || version === '1.1') return undefined;
  if (/^1\.[0-9]$/.test(version)) return 'HTTP/1.0 400 Bad Request\r\n\r\n';
  return /^[2-9]\.[0-9]$/.test(version) ? NO_SUCH_VERSION : BAD_REQUEST;
}

/** What to write to a client whose bytes are no HTTP/1.x request; empty: just close. */
export function parserErrorText(error: ParserError): string {
  const { code, reason = '' } = error;
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_HTTP_REQUEST_TIMEOUT') return '';
  if (code === 'HPE_HEADER_OVERFLOW') {
    return rejectionText({ text: '431 Request Header Fields Too Large' });
  }
  if (code === 'HPE_INVALID_VERSION') {
    const start = error.rawPacket?.toString('latin1', 0, 8192) ?? '';
    return versionRejection(REQUEST_LINE.exec(start)?.[1] ?? '') ?? BAD_REQUEST;
  }
  if (code === 'HPE_INVALID_TRANSFER_ENCODING') {
    return rejectionText({ text: '501 Not Implemented', body: 'Unsupported transfer encoding' });
  }
  if (code === 'HPE_INVALID_HEADER_TOKEN') {
    const part = reason.includes('value') ? 'value' : 'name';
    return rejectionText({ text: `400 Bad Request: invalid header ${part}` });
  }
  return BAD_REQUEST;
}

/**
 * Writes the last bytes of a connection and ends it. What the client still sends is read and
 * dropped for a moment: closing on unread bytes would reset the connection, and the answer with it.
 */
export function endWith(socket: Socket, text: string): void {
  if (!socket.writable || text === '') {
    socket.destroy();
    return;
  }
  socket.end(text, 'latin1');
  socket.removeAllListeners('data');
  socket.on('data', () => {});
  socket.on('end', () => socket.destroy());
  socket.setTimeout(LINGER_MS, () => socket.destroy());
}
