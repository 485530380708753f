import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import type { Authenticator } from './authenticate.ts';
import type { ClientConnection } from './client-connection.ts';
import type { CloseReason } from './errors.ts';
import type { ResolvedOptions } from './options.ts';
import type { Sublist } from './sublist.ts';

export interface BrokerPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface Subscription {
  readonly client: ClientConnection;
  readonly subject: string;
  /** Empty for a plain subscription. */
  readonly queue: string;
  readonly sid: string;
  readonly isWildcard: boolean;
  /** Deliveries since the SUB. */
  delivered: number;
  /** The subscription ends with this delivery; 0 is never. */
  max: number;
  isRemoved: boolean;
}

export interface Traffic {
  inMessages: number;
  inBytes: number;
  outMessages: number;
  outBytes: number;
}

/** Totals since the broker started; they include the connections that are gone. */
export interface Counters extends Traffic {
  totalConnections: number;
  slowConsumers: number;
  staleConnections: number;
  /** How often a publisher was paused because a subscriber was nearly full. */
  stalls: number;
}

/** What the parts of one broker share. */
export interface BrokerCore extends BrokerPorts {
  readonly options: ResolvedOptions;
  readonly authenticator: Authenticator;
  readonly sublist: Sublist<Subscription>;
  readonly counters: Counters;
  /** The client has something to send: once per turn everything of it goes out in one write. */
  requestFlush(client: ClientConnection): void;
  /** Called once, when a client stops being one; its socket may live on to be read out. */
  clientClosed(client: ClientConnection, reason: CloseReason): void;
  /** Runs what a socket or a timer has caused. A throw is a bug, and is told to the owner. */
  guard(client: ClientConnection, action: () => void): void;
}

export function newTraffic(): Traffic {
  return { inMessages: 0, inBytes: 0, outMessages: 0, outBytes: 0 };
}
