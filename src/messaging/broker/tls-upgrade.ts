import type { Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { TlsOptions } from './options.ts';

/** nats-server's default for `tls { timeout }` (cfv1.md §10.7). */
const HANDSHAKE_TIMEOUT_MS = 2_000;

export interface TlsUpgrade {
  /** Puts TLS on an accepted socket. `secured` is called only after a good handshake. */
  upgrade(socket: Socket, secured: (socket: TLSSocket) => void): void;
}

/**
 * NATS starts TLS on a connection that has carried a plain INFO (cfv1.md §10.10). A TLS server
 * that never listens is handed those sockets: it checks client certificates and the time-out.
 */
export function createTlsUpgrade(options: TlsOptions): TlsUpgrade {
  const isVerified = options.verify === true;
  const server = createServer({
    ...options,
    requestCert: isVerified,
    rejectUnauthorized: isVerified,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  });
  const waiting = new Map<string, (socket: TLSSocket) => void>();
  server.on('secureConnection', (socket) => {
    const peer = peerOf(socket);
    const secured = waiting.get(peer);
    waiting.delete(peer);
    if (secured === undefined) socket.destroy();
    else secured(socket);
  });
  server.on('tlsClientError', (_, socket) => socket.destroy());
  return {
    upgrade(socket, secured) {
      const peer = peerOf(socket);
      waiting.set(peer, secured);
      socket.once('close', () => {
        if (waiting.get(peer) === secured) waiting.delete(peer);
      });
      server.emit('connection', socket);
    },
  };
}

/** Names one open connection, as all of them were accepted on the same address. */
function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
