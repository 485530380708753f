import type { Bus, BusListener, BusMessage } from '../ports/bus.ts';

/** A live connection that the hub can use. */
export interface BusConnection {
  publish(subject: string, data: Uint8Array, reply?: string): void;
  subscribe(subject: string, listener: BusListener): () => void;
}

interface Subscription {
  readonly subject: string;
  readonly listener: BusListener;
  cancel: (() => void) | undefined;
}

export interface BusHub extends Bus {
  /** A connection was opened: everything that is subscribed is subscribed there. */
  attach(connection: BusConnection): void;
  /** The connection is there but cut; its own library brings the subscriptions back. */
  setConnected(isConnected: boolean): void;
  detach(): void;
  /** Messages that nobody could be given because there was no connection. */
  readonly unsent: number;
}

/**
 * The bus as components see it. It lives beside the client actor (rule 5): a crash of the client
 * costs messages in flight but no subscription.
 */
export function createBusHub(): BusHub {
  const subscriptions = new Set<Subscription>();
  let connection: BusConnection | undefined;
  let isConnected = false;
  let unsent = 0;

  function connect(subscription: Subscription): void {
    const listener = (message: BusMessage) => subscription.listener(message);
    subscription.cancel = connection?.subscribe(subscription.subject, listener);
  }

  return {
    get isConnected() {
      return isConnected;
    },
    get unsent() {
      return unsent;
    },
    publish(subject, data, reply) {
      if (connection === undefined || !isConnected) {
        unsent += 1;
        return false;
      }
      connection.publish(subject, data, reply);
      return true;
    },
    subscribe(subject, listener) {
      const subscription: Subscription = { subject, listener, cancel: undefined };
      subscriptions.add(subscription);
      if (connection !== undefined) connect(subscription);
      return () => {
        subscriptions.delete(subscription);
        subscription.cancel?.();
      };
    },
    attach(opened) {
      connection = opened;
      isConnected = true;
      for (const subscription of subscriptions) connect(subscription);
    },
    setConnected(connected) {
      isConnected = connected && connection !== undefined;
    },
    detach() {
      connection = undefined;
      isConnected = false;
      for (const subscription of subscriptions) subscription.cancel = undefined;
    },
  };
}
