import { StartupError } from '../../machines/kernel/failures.ts';
import type { NatsClientEvent } from '../../machines/messaging/messaging.events.ts';
import { type ResourceScope, resource } from '../kernel/resource.ts';
import type { BusConnection, BusHub } from './bus-hub.ts';

/** A connection that can be ended in two ways. */
export interface LinkConnection extends BusConnection {
  drain(): Promise<void>;
  close(): Promise<void>;
}

export interface LinkEvents {
  onOpened(server: string): void;
  onLost(): void;
  onStillLost(): void;
  onReopened(server: string): void;
  onClosed(error: Error | undefined): void;
}

/**
 * Opens a connection that redials by itself. The first time it rejects when there is nobody to
 * connect to; later it goes on trying, for a server that was there will come back.
 */
export type Dial = (
  events: LinkEvents,
  signal: AbortSignal,
  isFirst: boolean,
) => Promise<LinkConnection>;

/** The resources of the machine `nats-client`: one connection, and its orderly end. */
export function createNatsLink(dial: Dial, hub: BusHub, address: string) {
  let connection: LinkConnection | undefined;
  /** A connection that was drained closes by itself: no failure. */
  let isDraining = false;
  let wasOpen = false;

  function eventsFor(scope: ResourceScope<NatsClientEvent>, signal: AbortSignal): LinkEvents {
    return {
      // The hub comes first, so the caller of `dial` tells when all is ready.
      onOpened: () => {},
      onReopened(server) {
        hub.setConnected(true);
        scope.send({ type: 'CONNECTION_OPENED', server });
      },
      onLost() {
        hub.setConnected(false);
        scope.send({ type: 'CONNECTION_LOST' });
      },
      onStillLost: () => scope.send({ type: 'CONNECTION_STILL_LOST' }),
      onClosed(error) {
        if (signal.aborted || isDraining) return;
        scope.fail(error ?? new Error('the NATS connection closed'));
      },
    };
  }

  const open = resource<NatsClientEvent, Record<string, never>>((_input, scope) => {
    const abort = new AbortController();
    isDraining = false;
    dial(eventsFor(scope, abort.signal), abort.signal, !wasOpen).then(
      (live) => {
        if (abort.signal.aborted) {
          void live.close();
          return;
        }
        connection = live;
        wasOpen = true;
        hub.attach(live);
        scope.send({ type: 'CONNECTION_OPENED', server: address });
      },
      (error: Error) => {
        if (abort.signal.aborted) return;
        const message = `no NATS server answers at ${address} (${error.message})`;
        const advice = 'start a NATS server there, or change nats.servers';
        scope.fail(new StartupError(message, advice, { cause: error }));
      },
    );
    return () => {
      abort.abort();
      hub.detach();
      void connection?.close().catch(() => {});
      connection = undefined;
    };
  });

  const drain = resource<NatsClientEvent, Record<string, never>>((_input, scope) => {
    isDraining = true;
    const done = () => scope.send({ type: 'CONNECTION_DRAINED' });
    (connection?.drain() ?? Promise.resolve()).then(done, done);
    return () => {};
  });

  return { open, drain };
}
