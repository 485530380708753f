import { connect, type NatsConnection, type TlsOptions } from 'nats';
import type { BusListener } from '../../ports/bus.ts';

export interface NatsBusOptions {
  /** `nats://host:port` or `host:port`. */
  readonly servers: readonly string[];
  readonly name: string;
  readonly user: string;
  readonly password: string;
  readonly token: string;
  readonly tls: TlsOptions | undefined;
  readonly pingIntervalMs: number;
  readonly connectTimeoutMs: number;
  /** Tries before the first connection is given up; each goes through all servers. */
  readonly connectAttempts: number;
  readonly connectRetryWaitMs: number;
  readonly reconnectWaitMs: number;
}

export interface NatsBusEvents {
  onOpened(server: string): void;
  onLost(): void;
  onStillLost(): void;
  onReopened(server: string): void;
  /** The library gave up or was told to close. */
  onClosed(error: Error | undefined): void;
}

/** Missed pongs after which the connection counts as dead (gorouter.md §2.5). */
const MAX_PINGS_OUTSTANDING = 2;

function credentials(options: NatsBusOptions) {
  return {
    ...(options.user === '' ? {} : { user: options.user, pass: options.password }),
    ...(options.token === '' ? {} : { token: options.token }),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    timeout: options.connectTimeoutMs,
  };
}

/**
 * The library forgets for ever a server that does not answer at its first connect, unless it is
 * told to wait for one. So it is only told to connect once some server is known to answer.
 */
async function findServer(options: NatsBusOptions): Promise<void> {
  let failure: unknown;
  for (const server of options.servers) {
    try {
      const probe = await connect({
        ...credentials(options),
        servers: [server],
        name: `${options.name} probe`,
        reconnect: false,
      });
      await probe.close();
      return;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function connectOnce(options: NatsBusOptions): Promise<NatsConnection> {
  const hasSeveral = options.servers.length > 1;
  if (hasSeveral) await findServer(options);
  return connect({
    ...credentials(options),
    servers: [...options.servers],
    name: options.name,
    waitOnFirstConnect: hasSeveral,
    pingInterval: options.pingIntervalMs,
    maxPingOut: MAX_PINGS_OUTSTANDING,
    maxReconnectAttempts: -1,
    reconnectTimeWait: options.reconnectWaitMs,
    // Servers learned by gossip may be unreachable from here (gorouter.md §11 row 21).
    ignoreClusterUpdates: true,
  });
}

async function watchStatus(connection: NatsConnection, events: NatsBusEvents): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === 'disconnect') events.onLost();
    else if (status.type === 'reconnecting') events.onStillLost();
    else if (status.type === 'reconnect') events.onReopened(connection.getServer());
  }
}

export interface NatsBusConnection {
  publish(subject: string, data: Uint8Array, reply?: string): void;
  subscribe(subject: string, listener: BusListener): () => void;
  drain(): Promise<void>;
  close(): Promise<void>;
}

function wrap(connection: NatsConnection): NatsBusConnection {
  return {
    publish(subject, data, reply) {
      connection.publish(subject, data, reply === undefined ? {} : { reply });
    },
    subscribe(subject, listener) {
      const subscription = connection.subscribe(subject, {
        callback: (error, message) => {
          if (error !== null) return;
          listener({ subject: message.subject, reply: message.reply ?? '', data: message.data });
        },
      });
      return () => subscription.unsubscribe();
    },
    drain: () => connection.drain(),
    close: () => connection.close(),
  };
}

/**
 * Connects through the `nats` package, which also redials and subscribes again. Rejects when no
 * server could be reached in the given number of tries, or when `signal` ends the wait.
 */
export async function connectNatsBus(
  options: NatsBusOptions,
  events: NatsBusEvents,
  wait: (ms: number) => Promise<void>,
  signal: AbortSignal,
): Promise<NatsBusConnection> {
  let failure: unknown;
  for (let attempt = 1; attempt <= options.connectAttempts; attempt += 1) {
    if (signal.aborted) break;
    try {
      const connection = await connectOnce(options);
      if (signal.aborted) {
        await connection.close();
        break;
      }
      void watchStatus(connection, events);
      void connection.closed().then((error) => events.onClosed(error ?? undefined));
      events.onOpened(connection.getServer());
      return wrap(connection);
    } catch (error) {
      failure = error;
      if (attempt < options.connectAttempts) await wait(options.connectRetryWaitMs);
    }
  }
  throw failure ?? new Error('the connection is no longer wanted');
}
