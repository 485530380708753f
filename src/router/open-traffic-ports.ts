import { listen } from '../kernel/listen.ts';
import type { TrafficServer } from './http/traffic-server.ts';
import type { RouterOptions } from './options.ts';

interface Scope {
  fail(error: unknown): void;
}

export interface OpenedAs {
  /** Of the plain port; 0: any free one. */
  readonly port: number;
  /** Other threads or programs listen on the same ports. */
  readonly isPortShared: boolean;
}

/**
 * Opens the plain port, the one for TLS, or both; `onOpen` when all of them are open, with the
 * first one. The returned function frees them.
 */
export function openTrafficPorts(
  { host, isPlainDisabled, tls }: RouterOptions,
  { server, secureServer }: TrafficServer,
  { port, isPortShared }: OpenedAs,
  scope: Scope,
  onOpen: (port: number) => void,
): () => void {
  const wanted = [
    ...(isPlainDisabled ? [] : [{ server, port, key: 'router.port' }]),
    ...(tls === undefined || secureServer === undefined
      ? []
      : [{ server: secureServer, port: tls.port, key: 'router.ssl_port' }]),
  ];
  let open = 0;
  let firstPort = 0;
  const closings = wanted.map((own, index) => {
    const advice = `stop the other program, or set ${own.key}`;
    const where = { what: 'router', host, port: own.port, isPortShared, advice };
    return listen(own.server, where, scope, (bound) => {
      open += 1;
      if (index === 0) firstPort = bound;
      if (open === wanted.length) onOpen(firstPort);
    });
  });
  return () => {
    for (const close of closings) close();
  };
}
