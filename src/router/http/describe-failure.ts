import type { Socket } from 'node:net';
import type { Failure, FailureKind } from '../policy/classify-failure.ts';

/** The fields of Node's errors that tell failures apart. */
export interface NodeError extends Error {
  readonly code?: string;
  readonly syscall?: string;
  readonly hostname?: string;
  readonly rawPacket?: Buffer;
  readonly reason?: string;
}

/** How far an attempt had come when it failed. */
export interface AttemptProgress {
  readonly address: string;
  readonly isConnected: boolean;
  readonly bytesReceived: number;
  readonly localAddress: string;
}

const DIAL_TEXTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  EADDRNOTAVAIL: 'connect: cannot assign requested address',
  ETIMEDOUT: 'i/o timeout',
  ECONNRESET: 'connect: connection reset by peer',
};

const BROKEN = 'net/http: HTTP/1.x transport connection broken: ';

/** `ip:port` of our end, as the original's texts show it. */
export const localAddressOf = (socket: Socket | null | undefined): string =>
  socket?.localAddress === undefined ? '' : `${socket.localAddress}:${socket.localPort}`;

function badResponseText(error: NodeError): string {
  if (error.code === 'HPE_HEADER_OVERFLOW') return `${BROKEN}server response headers exceeded`;
  const packet = error.rawPacket?.toString('latin1') ?? '';
  const line = packet.slice(0, 200).split('\r\n')[0] ?? '';
  if (!line.startsWith('HTTP/')) return `${BROKEN}malformed HTTP response ${JSON.stringify(line)}`;
  return `${BROKEN}${(error.reason ?? error.message).replace(/^Parse Error: /, '')}`;
}

/** Node's error in the words that the original uses for the same cause (gorouter.md §5.10). */
export function describeFailure(error: NodeError, progress: AttemptProgress): Failure {
  const { isConnected } = progress;
  // IPv6 addresses stand in brackets, as everywhere that a port follows.
  const address = progress.address.replace(/^([^[]*:.*):(\d+)$/, '[$1]:$2');
  const as = (kind: FailureKind, text: string): Failure => ({ kind, text, wasSent: isConnected });
  if (error.code === 'ENOTFOUND' || error.syscall === 'getaddrinfo') {
    return as('dial', `dial tcp: lookup ${error.hostname ?? address}: no such host`);
  }
  if (!isConnected) {
    return as('dial', `dial tcp ${address}: ${DIAL_TEXTS[error.code ?? ''] ?? error.message}`);
  }
  if (error.code?.startsWith('HPE_') === true) return as('bad-response', badResponseText(error));
  if (error.code === 'ECONNRESET' && error.syscall === 'read') {
    const text = `read tcp ${progress.localAddress}->${address}: read: connection reset by peer`;
    return as('reset', text);
  }
  if (error.code === 'EPIPE') {
    return as('eof', `write tcp ${progress.localAddress}->${address}: write: broken pipe`);
  }
  if (error.code === 'ECONNRESET') {
    if (progress.bytesReceived > 0) return as('bad-response', `${BROKEN}unexpected EOF`);
    return as('eof', 'EOF');
  }
  return as('bad-response', error.message);
}
