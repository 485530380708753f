/** Locket over gRPC (diego.md §8). */
import { createServer, type Server as NetServer } from 'node:net';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import type { Log } from '../../ports/log.ts';
import type { LocketResult } from './check-request.ts';
import type { Locks } from './locks.ts';
import { LOCKET_LIMITS, type LocketTls } from './options.ts';
import { LOCKET_SERVICE } from './service.ts';

export interface LocketServer {
  /** Not listening yet. Its sockets are those of the gRPC server. */
  readonly port: NetServer;
  /** Cuts all calls and connections. */
  close(): void;
}

interface Serving {
  readonly locks: Locks;
  readonly tls: LocketTls | undefined;
  readonly log: Log;
}

const credentialsOf = (tls: LocketTls | undefined): ServerCredentials =>
  tls === undefined
    ? ServerCredentials.createInsecure()
    : ServerCredentials.createSsl(tls.ca, [{ private_key: tls.key, cert_chain: tls.cert }], true);

/** Answers a call; a bug in the operation ends this call only, and is reported. */
function serve<Q, T, R>(
  log: Log,
  operation: (request: Q) => Promise<LocketResult<T>>,
  answer: (value: T) => R,
) {
  return ({ request }: ServerUnaryCall<Q, R>, callback: sendUnaryData<R>): void => {
    operation(request).then(
      (result) => {
        if (result.ok) callback(null, answer(result.value));
        else callback({ code: status[result.error.code], details: result.error.text });
      },
      (error: unknown) => {
        log.error('locket-request-failed', { error: String(error) });
        callback({ code: status.INTERNAL, details: 'internal error' });
      },
    );
  };
}

function implementation({ locks, log }: Serving) {
  const nothing = () => ({});
  return {
    Lock: serve(
      log,
      ({
        resource,
        ttl_in_seconds: ttl,
      }: Parameters<typeof LOCKET_SERVICE.Lock.requestSerialize>[0]) => locks.lock(resource, ttl),
      nothing,
    ),
    Fetch: serve(
      log,
      ({ key }: Parameters<typeof LOCKET_SERVICE.Fetch.requestSerialize>[0]) => locks.fetch(key),
      (resource) => ({ resource }),
    ),
    Release: serve(
      log,
      ({ resource }: Parameters<typeof LOCKET_SERVICE.Release.requestSerialize>[0]) =>
        locks.release(resource),
      nothing,
    ),
    FetchAll: serve(
      log,
      (request: Parameters<typeof LOCKET_SERVICE.FetchAll.requestSerialize>[0]) =>
        locks.fetchAll(request.type, request.type_code),
      (resources) => ({ resources }),
    ),
  };
}

export function createLocketServer(serving: Serving): LocketServer {
  const grpc = new Server({
    'grpc.max_receive_message_length': LOCKET_LIMITS.messageBytes,
    'grpc.max_send_message_length': LOCKET_LIMITS.answerBytes,
    'grpc.max_concurrent_streams': LOCKET_LIMITS.streams,
    'grpc-node.max_session_memory': LOCKET_LIMITS.sessionMegabytes,
    'grpc.enable_channelz': 0,
  });
  grpc.addService(LOCKET_SERVICE, implementation(serving));
  const injector = grpc.createConnectionInjector(credentialsOf(serving.tls));
  const sockets = new Set<{ destroy(): void }>();
  const port = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A peer that goes away in the middle is no news.
    socket.on('error', () => socket.destroy());
    injector.injectConnection(socket);
  });
  port.maxConnections = LOCKET_LIMITS.connections;
  return {
    port,
    close() {
      grpc.forceShutdown();
      injector.destroy();
      for (const socket of sockets) socket.destroy();
    },
  };
}
