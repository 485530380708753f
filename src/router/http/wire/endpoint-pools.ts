/** Idle connections to endpoints, kept for the next exchange (gorouter.md §1.2). */
import type { BackendOptions } from '../../options.ts';
import type { Endpoint } from '../../table/endpoint.ts';
import { EndpointConnection } from './endpoint-connection.ts';
import { Deadline, type TimerWheel } from './timer-wheel.ts';

interface Idle {
  readonly connection: EndpointConnection;
  readonly deadline: Deadline;
}

export class EndpointPools {
  readonly #options: BackendOptions;
  readonly #wheel: TimerWheel;
  readonly #idle = new Map<number, Idle[]>();
  #isClosed = false;

  constructor(options: BackendOptions, wheel: TimerWheel) {
    this.#options = options;
    this.#wheel = wheel;
  }

  get size(): number {
    let size = 0;
    for (const idle of this.#idle.values()) size += idle.length;
    return size;
  }

  /** One that was used last, or a new one. */
  take(endpoint: Endpoint, isFresh: boolean, isForUpgrade: boolean): EndpointConnection {
    const idle = isFresh || isForUpgrade ? undefined : this.#idle.get(endpoint.connectionPoolId);
    const found = idle?.pop();
    if (idle !== undefined && idle.length === 0) this.#idle.delete(endpoint.connectionPoolId);
    if (found !== undefined) {
      this.#wheel.clear(found.deadline);
      return found.connection;
    }
    const { maxResponseHeaderBytes, keepAliveProbeIntervalMs } = this.#options;
    return new EndpointConnection(
      endpoint,
      maxResponseHeaderBytes,
      keepAliveProbeIntervalMs,
      isForUpgrade,
      this.#forget,
    );
  }

  /** After an exchange: kept, or ended. */
  give(connection: EndpointConnection): void {
    const { isKeepAliveEnabled, maxIdleConnectionsPerEndpoint, idleConnectionTimeoutMs } =
      this.#options;
    const { connectionPoolId } = connection.endpoint;
    const idle = this.#idle.get(connectionPoolId) ?? [];
    const isKept =
      isKeepAliveEnabled &&
      !this.#isClosed &&
      connection.isReusable &&
      idle.length < maxIdleConnectionsPerEndpoint;
    if (!isKept) {
      connection.destroy();
      return;
    }
    connection.release();
    connection.idleDeadline ??= new Deadline(() => {
      connection.destroy();
      this.#forget(connection);
    });
    const own: Idle = { connection, deadline: connection.idleDeadline };
    idle.push(own);
    this.#idle.set(connectionPoolId, idle);
    this.#wheel.set(own.deadline, idleConnectionTimeoutMs);
  }

  readonly #forget = (connection: EndpointConnection): void => {
    const { connectionPoolId } = connection.endpoint;
    const idle = this.#idle.get(connectionPoolId);
    const at = idle?.findIndex((own) => own.connection === connection) ?? -1;
    if (idle === undefined || at === -1) return;
    const [found] = idle.splice(at, 1);
    if (found !== undefined) this.#wheel.clear(found.deadline);
    if (idle.length === 0) this.#idle.delete(connectionPoolId);
  };

  close(): void {
    this.#isClosed = true;
    for (const idle of this.#idle.values()) {
      for (const { connection, deadline } of idle) {
        this.#wheel.clear(deadline);
        connection.destroy();
      }
    }
    this.#idle.clear();
  }
}
