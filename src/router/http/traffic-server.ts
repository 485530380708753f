import type { Server } from 'node:net';

/** Sockets of clients at a time; more are refused by the listener. */
export const MAX_CLIENT_CONNECTIONS = 50_000;

/** The traffic port of one engine. */
export interface TrafficServer {
  readonly server: Server;
  /** For TLS; undefined: none. */
  readonly secureServer: Server | undefined;
  readonly openUpgrades: number;
  /** Ends idle connections now and busy ones after their answer. */
  closeIdle(): void;
  /** Ends everything: WebSockets are told, requests in hand are cut. */
  cut(): void;
}
