import { createServer, type Server, type Socket } from 'node:net';
import { createAuthenticator } from './authenticate.ts';
import { type BrokerCore, type BrokerPorts, type Counters, newTraffic } from './broker-core.ts';
import { ClientConnection } from './client-connection.ts';
import { type CloseReason, ERROR_TEXT } from './errors.ts';
import { createMonitor, type Monitor } from './monitor.ts';
import { type BrokerOptions, findOptionProblems, resolveOptions } from './options.ts';
import { infoLine, newServerId, type ServerIdentity } from './server-info.ts';
import { Sublist } from './sublist.ts';
import { createTlsUpgrade, type TlsUpgrade } from './tls-upgrade.ts';

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
  /** Where the monitoring answers, when it is on. */
  readonly monitorPort: number | undefined;
}

interface BrokerStats extends Readonly<Counters> {
  readonly connections: number;
  readonly subscriptions: number;
  readonly pendingBytes: number;
}

export interface Broker {
  /** May be called once. Rejects with a sentence that says what to change. */
  listen(): Promise<BrokerAddress>;
  /** Frees the port at once, sends what is pending, ends all clients. Any number of calls. */
  close(): Promise<void>;
  stats(): BrokerStats;
}

/** Sockets that were refused or closed and are being read out, above `maxConnections`. */
const CLOSING_SOCKETS_MAX = 1_024;
/** Connections that the kernel holds until they are accepted. */
const LISTEN_BACKLOG = 1_024;

/** A NATS server for one process (cfv1.md §10): core protocol, no clustering, nothing on disk. */
export function createBroker(options: BrokerOptions, ports: BrokerPorts): Broker {
  return new EmbeddedBroker(options, ports);
}

class EmbeddedBroker implements Broker {
  readonly #core: BrokerCore;
  readonly #clients = new Map<number, ClientConnection>();
  readonly #sockets = new Map<Socket, ClientConnection>();
  readonly #problems: readonly string[];
  readonly #serverId: string;
  readonly #serverName: string;
  #flushQueue: ClientConnection[] = [];
  #server: Server | undefined;
  #monitor: Monitor | undefined;
  #tls: TlsUpgrade | undefined;
  #port = 0;
  #lastClientId = 0;
  #hasFailed = false;
  #closing: Promise<void> | undefined;
  #allSocketsGone: (() => void) | undefined;

  constructor(given: BrokerOptions, ports: BrokerPorts) {
    const options = resolveOptions(given);
    this.#problems = findOptionProblems(options);
    this.#serverId = newServerId(ports.random);
    this.#serverName = options.serverName ?? this.#serverId;
    this.#core = {
      ...ports,
      options,
      authenticator: createAuthenticator(options.authorization),
      sublist: new Sublist(),
      counters: {
        ...newTraffic(),
        totalConnections: 0,
        slowConsumers: 0,
        staleConnections: 0,
        stalls: 0,
      },
      requestFlush: (client) => this.#requestFlush(client),
      clientClosed: (client, reason) => this.#clientClosed(client, reason),
      guard: (client, action) => this.#guard(client, action),
    };
  }

  async listen(): Promise<BrokerAddress> {
    const { options, log } = this.#core;
    if (this.#problems.length > 0) throw new Error(`NATS broker: ${this.#problems.join('; ')}`);
    if (this.#server !== undefined || this.#closing !== undefined) {
      throw new Error('NATS broker: listen() was called before');
    }
    this.#tls = options.tls && createTlsUpgrade(options.tls);
    // A client that has ended may still be sent what is pending; under TLS its end is the end.
    const allowHalfOpen = options.tls === undefined;
    const server = createServer({ allowHalfOpen, noDelay: true, pauseOnConnect: true }, (socket) =>
      this.#accept(socket),
    );
    this.#server = server;
    this.#port = await listenOn(server, options.host, options.port);
    server.on('error', (error) => this.#fail(error));
    try {
      this.#monitor = await this.#startMonitor();
    } catch (error) {
      await this.close();
      throw error;
    }
    const address = {
      host: options.host,
      port: this.#port,
      monitorPort: this.#monitor?.port,
    };
    log.info('broker-listening', address);
    return address;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  stats(): BrokerStats {
    let pendingBytes = 0;
    for (const client of this.#clients.values()) pendingBytes += client.pendingBytes;
    return {
      ...this.#core.counters,
      connections: this.#clients.size,
      subscriptions: this.#core.sublist.stats().count,
      pendingBytes,
    };
  }

  async #close(): Promise<void> {
    const server = this.#server;
    if (server?.listening === true) server.close();
    const monitorClosed = this.#monitor?.close();
    for (const client of [...this.#clients.values()]) client.close('Server Shutdown');
    if (this.#sockets.size > 0) {
      await new Promise<void>((resolve) => {
        this.#allSocketsGone = resolve;
      });
    }
    await monitorClosed;
    this.#core.log.info('broker-closed', { port: this.#port });
  }

  async #startMonitor(): Promise<Monitor | undefined> {
    const { monitor } = this.#core.options;
    if (monitor === undefined) return undefined;
    return createMonitor(monitor, this.#core, {
      identity: this.#identity(),
      clients: () => [...this.#clients.values()],
      isHealthy: () => !this.#hasFailed && this.#closing === undefined,
      failed: (error) => this.#fail(error),
    });
  }

  #identity(): ServerIdentity {
    return {
      serverId: this.#serverId,
      serverName: this.#serverName,
      isAuthRequired: this.#core.authenticator.isRequired,
      port: this.#port,
    };
  }

  #accept(socket: Socket): void {
    const { options, counters, log } = this.#core;
    socket.on('error', (error) => log.debug('broker-socket-error', { error: error.message }));
    if (this.#closing || this.#sockets.size >= options.maxConnections + CLOSING_SOCKETS_MAX) {
      socket.destroy();
      return;
    }
    this.#lastClientId += 1;
    counters.totalConnections += 1;
    const client = new ClientConnection(this.#core, socket, this.#lastClientId);
    this.#sockets.set(socket, client);
    socket.on('close', () => this.#released(socket, client));
    this.#guard(client, () => {
      const isFull = this.#clients.size >= options.maxConnections;
      this.#clients.set(client.id, client);
      client.send(infoLine(options, this.#identity(), client));
      if (isFull) client.close('Maximum Connections Exceeded', ERROR_TEXT.maximumConnections);
      else if (this.#tls !== undefined) {
        client.flush();
        this.#tls.upgrade(socket, (secured) => {
          this.#guard(client, () => this.#startSecured(socket, secured, client));
        });
        return;
      }
      client.start(socket);
      socket.resume();
    });
  }

  #startSecured(socket: Socket, secured: Socket, client: ClientConnection): void {
    secured.on('error', () => secured.destroy());
    secured.on('close', () => socket.destroy());
    client.start(secured);
  }

  #released(socket: Socket, client: ClientConnection): void {
    this.#guard(client, () => client.released());
    this.#sockets.delete(socket);
    if (this.#sockets.size === 0) this.#allSocketsGone?.();
  }

  #clientClosed(client: ClientConnection, reason: CloseReason): void {
    this.#clients.delete(client.id);
    if (!this.#core.log.isEnabled('debug')) return;
    this.#core.log.debug('broker-client-closed', { client: client.id, reason });
  }

  #requestFlush(client: ClientConnection): void {
    this.#flushQueue.push(client);
    if (this.#flushQueue.length === 1) this.#core.clock.defer(() => this.#flushAll());
  }

  #flushAll(): void {
    const queue = this.#flushQueue;
    this.#flushQueue = [];
    for (const client of queue) {
      client.isFlushRequested = false;
      this.#guard(client, () => client.flush());
    }
  }

  #guard(client: ClientConnection, action: () => void): void {
    try {
      action();
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      this.#core.log.error('broker-bug', { client: client.id, error });
      client.cut('Internal Error');
      this.#fail(error);
    }
  }

  #fail(error: Error): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#core.options.onFailure?.(error);
  }
}

function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new Error(explainListenError(error, host, port), { cause: error }));
    });
    server.listen({ host, port, backlog: LISTEN_BACKLOG }, () => {
      server.removeAllListeners('error');
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function explainListenError(error: NodeJS.ErrnoException, host: string, port: number): string {
  const where = `NATS broker: port ${port} on ${host}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return `${where} is in use; stop the other server or choose another port`;
    case 'EACCES':
      return `${where} may not be used by this user; choose a port above 1023`;
    case 'EADDRNOTAVAIL':
      return `${where}: this machine has no such address; choose another host`;
    default:
      return `${where}: ${error.message}`;
  }
}
