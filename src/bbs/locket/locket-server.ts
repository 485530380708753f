/** Locket over gRPC (diego.md §8). */
import { createServer, type Server as NetServer } from 'node:net';
import {
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { LOCKET_SERVICE } from '../../clients/locket-service.ts';
import type { TlsOptions } from '../../clients/tls-options.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { LocketResult } from './check-request.ts';
import type { Locks } from './locks.ts';
import { LOCKET_LIMITS } from './options.ts';

export interface LocketServer {
  /** Not listening yet. Its sockets are those of the gRPC server. */
  readonly port: NetServer;
  /** Cuts all calls and connections. */
  close(): void;
}

interface Serving {
  readonly locks: Locks;
  readonly tls: TlsOptions | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

const credentialsOf = (tls: TlsOptions | undefined): ServerCredentials =>
  tls === undefined
    ? ServerCredentials.createInsecure()
    : ServerCredentials.createSsl(tls.ca, [{ private_key: tls.key, cert_chain: tls.cert }], true);

/** Answers a call; a bug in the operation ends this call only, and is reported. */
function serve<Q, R, T>(
  _method: MethodDefinition<Q, R>,
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
  const { Lock, Fetch, Release, FetchAll } = LOCKET_SERVICE;
  const nothing = () => ({});
  return {
    Lock: serve(Lock, log, (own) => locks.lock(own.resource, own.ttl_in_seconds), nothing),
    Fetch: serve(
      Fetch,
      log,
      ({ key }) => locks.fetch(key),
      (resource) => ({ resource }),
    ),
    Release: serve(Release, log, ({ resource }) => locks.release(resource), nothing),
    FetchAll: serve(
      FetchAll,
      log,
      (own) => locks.fetchAll(own.type, own.type_code),
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
    const silence = serving.clock.setTimeout(() => {
      if (socket.bytesRead === 0) socket.destroy();
    }, LOCKET_LIMITS.silentMs);
    socket.on('close', () => {
      sockets.delete(socket);
      serving.clock.clearTimeout(silence);
    });
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
