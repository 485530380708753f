import type { Socket } from 'node:net';
import type { Rejection } from '../policy/check-request.ts';

interface ParserError extends Error {
  readonly code?: string;
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

/** The answer of the original's server to what it cannot read (gorouter.md §5.9). */
export function rejectionText({ text }: Rejection): string {
  return (
    `HTTP/1.1 ${text}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
    `Connection: close\r\n\r\n${text}`
  );
}

const REQUEST_LINE = /^[^\s]+ [^\s]+ (HTTP\/(\d+)\.(\d+))\r?\n/;

/** What to write to a client whose bytes are no HTTP/1.x request; empty: just close. */
export function parserErrorText(error: ParserError): string {
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') return '';
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    return rejectionText({ status: 431, text: '431 Request Header Fields Too Large' });
  }
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return '';
  const start = error.rawPacket?.toString('latin1', 0, 8192) ?? '';
  const version = REQUEST_LINE.exec(start);
  if (version !== null && version[1] !== 'HTTP/1.0' && version[1] !== 'HTTP/1.1') {
    // gorouter.md §5.1 row 14: another 1.x gets a bare answer in the oldest dialect.
    if (version[2] === '1') return 'HTTP/1.0 400 Bad Request\r\n\r\n';
    const text = '505 HTTP Version Not Supported: unsupported protocol version';
    return rejectionText({ status: 505, text });
  }
  return rejectionText({ status: 400, text: '400 Bad Request' });
}

/** Writes the last bytes of a connection and ends it. */
export function endWith(socket: Socket, text: string): void {
  if (!socket.writable || text === '') {
    socket.destroy();
    return;
  }
  socket.end(text, 'latin1', () => socket.destroy());
}
