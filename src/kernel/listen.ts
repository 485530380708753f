import type { Server } from 'node:net';
import { StartupError } from '../../machines/kernel/failures.ts';

export interface ListenAddress {
  /** Names the listener in messages to people. */
  readonly what: string;
  readonly host: string;
  readonly port: number;
  /** Other processes may listen on the same port; the system spreads connections over all. */
  readonly isPortShared?: boolean;
  /** What to do when the port cannot be had. */
  readonly advice: string;
}

interface Scope {
  fail(error: unknown): void;
}

function explain(error: NodeJS.ErrnoException, { what, host, port, advice }: ListenAddress): Error {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} is in use`,
    EACCES: `no right to open port ${port}`,
    EADDRNOTAVAIL: `this machine has no address ${host}`,
  };
  const reason = reasons[error.code ?? ''];
  if (reason === undefined) return error;
  return new StartupError(`${what}: ${reason}`, advice, { cause: error });
}

/** Opens a server's port; the returned function frees it at once. */
export function listen(
  server: Server,
  address: ListenAddress,
  scope: Scope,
  onListening: (port: number) => void,
): () => void {
  server.on('error', (error) => scope.fail(explain(error, address)));
  const { host, port, isPortShared = false } = address;
  server.listen({ host, port, reusePort: isPortShared }, () => {
    const bound = server.address();
    onListening(typeof bound === 'object' && bound !== null ? bound.port : address.port);
  });
  return () => {
    server.close();
    if ('closeAllConnections' in server)
      (server as { closeAllConnections(): void }).closeAllConnections();
  };
}
