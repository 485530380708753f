import { Agent } from 'node:http';
import type { BackendOptions } from '../options.ts';

export interface ConnectionPools {
  /** Connections that may be used again; the same as `single` when keep-alive is off. */
  readonly reusable: Agent;
  /** A new connection for every request; the endpoint is told `Connection: close`. */
  readonly single: Agent;
  close(): void;
}

/**
 * Connections to endpoints. Node keeps idle ones per host and port; the limit is per endpoint, as
 * the original's (gorouter.md §1.2 max_idle_conns_per_host).
 */
export function createConnectionPools(options: BackendOptions): ConnectionPools {
  const single = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
  const reusable = options.isKeepAliveEnabled
    ? new Agent({
        keepAlive: true,
        keepAliveMsecs: options.keepAliveProbeIntervalMs,
        maxSockets: Number.POSITIVE_INFINITY,
        maxFreeSockets: options.maxIdleConnectionsPerEndpoint,
        timeout: options.idleConnectionTimeoutMs,
        scheduling: 'lifo',
      })
    : single;
  return {
    reusable,
    single,
    close() {
      reusable.destroy();
      single.destroy();
    },
  };
}
