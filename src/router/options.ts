import type { ShardingMode } from '../model/isolation.ts';
import type { BalancingAlgorithm } from './table/choose-endpoint.ts';
import type { StickySettings } from './table/sticky-session.ts';
import type { FrontendTlsOptions } from './tls/options.ts';

export interface HeaderRule {
  readonly name: string;
  readonly value: string;
}

/** Everything the router can be told, in one place and in one unit system. gorouter.md §1. */
export interface RouterOptions {
  readonly index: number;
  /** What moves the bytes: our own framing on sockets, or node:http with http-proxy. */
  readonly engine: 'wire' | 'http-proxy';
  /**
   * Threads that serve the traffic port, with engine `wire`. 1: the main thread serves; more: it
   * serves none itself. 0: as many as the machine has cores.
   */
  readonly workers: number;
  readonly host: string;
  readonly port: number;
  /** Another router may have the same port, to take over without a gap. */
  readonly isPortShared: boolean;
  /** No plain traffic port: TLS alone. */
  readonly isPlainDisabled: boolean;
  /** Undefined: no TLS from clients. */
  readonly tls: FrontendTlsOptions | undefined;
  readonly status: StatusOptions;
  readonly registry: RegistryOptions;
  readonly backends: BackendOptions;
  readonly frontend: FrontendOptions;
  readonly headers: HeaderOptions;
  readonly accessLog: AccessLogOptions;
  readonly lifecycle: LifecycleOptions;
}

export interface StatusOptions {
  readonly host: string;
  readonly port: number;
  /** Today's original has /routes on a loopback port of its own; undefined: only on `port`. */
  readonly routesPort: number | undefined;
  readonly user: string;
  readonly password: string;
}

export interface RegistryOptions {
  readonly pruneIntervalMs: number;
  readonly staleThresholdMs: number;
  readonly suspendPruningIfNatsUnavailable: boolean;
  readonly isolationSegments: readonly string[];
  readonly shardingMode: ShardingMode;
  readonly emptyPoolResponse503: boolean;
  readonly emptyPoolTimeoutMs: number;
  readonly isHttp2Enabled: boolean;
  /** No registration latency is measured for this long after the start. */
  readonly registrationMuzzleMs: number;
}

export interface BackendOptions {
  readonly algorithm: BalancingAlgorithm;
  readonly isZonePreferred: boolean;
  readonly zone: string;
  /** 0: each endpoint of the pool at most once. */
  readonly maxAttempts: number;
  /** Exchanges at a time per endpoint. 0: no limit. */
  readonly maxConnections: number;
  /** Total time of a request with its body. 0: no limit. */
  readonly endpointTimeoutMs: number;
  readonly dialTimeoutMs: number;
  /** Time for the answer to an upgrade request. 0: no limit. */
  readonly upgradeTimeoutMs: number;
  readonly keepAliveProbeIntervalMs: number;
  readonly isKeepAliveEnabled: boolean;
  readonly maxIdleConnectionsPerEndpoint: number;
  readonly idleConnectionTimeoutMs: number;
  readonly isContinueKeptAlive: boolean;
  readonly maxResponseHeaders: number;
  readonly maxResponseHeaderBytes: number;
}

export interface FrontendOptions {
  readonly idleTimeoutMs: number;
  /** 0: no limit, as the original. */
  readonly readHeaderTimeoutMs: number;
  readonly maxRequestHeaderBytes: number;
  readonly maxRequestHeaders: number;
  readonly healthcheckUserAgent: string;
  /** The raw pipe of 2013: `Upgrade: tcp`. */
  readonly isTcpUpgradeEnabled: boolean;
}

export interface HeaderOptions {
  readonly isForwardedProtoForced: boolean;
  readonly isForwardedProtoSanitized: boolean;
  readonly forwardedClientCert: 'always_forward' | 'forward' | 'sanitize_set';
  /** Names kept although a client lists them in `Connection`; lower case. */
  readonly hopByHopToFilter: readonly string[];
  readonly addToResponses: readonly HeaderRule[];
  readonly removeFromResponses: readonly string[];
  readonly sticky: StickySettings;
  readonly traceKey: string;
  /** Source of the HTML page for router errors; empty: plain text. */
  readonly htmlErrorTemplate: string;
}

export interface AccessLogOptions {
  readonly file: string;
  readonly isStreamedToStdout: boolean;
  readonly format: 'text' | 'json';
  readonly redactQueryParameters: 'none' | 'all' | 'hash';
  readonly isForwardedForHidden: boolean;
  readonly isSourceAddressHidden: boolean;
  readonly extraHeaders: readonly string[];
  readonly extraFields: readonly string[];
}

export interface LifecycleOptions {
  readonly startResponseDelayMs: number;
  /** What `router.start` asks apps for (gorouter.md §2.2). */
  readonly registerIntervalMs: number;
  /** 0: router.start only at start and after a reconnect. */
  readonly publishStartMessageIntervalMs: number;
  /** 0: off. */
  readonly publishActiveAppsIntervalMs: number;
  readonly drainWaitMs: number;
  /** From the first wish to end on; else when the port closes, as the original. */
  readonly isKeepAliveEndedByDrain: boolean;
  readonly drainTimeoutMs: number;
  /** What SIGTERM does: the original cuts requests in flight. */
  readonly isDrainedOnTerminate: boolean;
}
