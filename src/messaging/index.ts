import type { AnyActorLogic } from 'xstate';
import { StartupError } from '../../machines/kernel/failures.ts';
import type { Tell } from '../../machines/kernel/tell.ts';
import type {
  NatsBrokerEvent,
  NatsClientEvent,
} from '../../machines/messaging/messaging.events.ts';
import { natsBrokerMachine } from '../../machines/messaging/nats-broker.machine.ts';
import { natsClientMachine } from '../../machines/messaging/nats-client.machine.ts';
import {
  connectNatsBus,
  type NatsBusConnection,
  type NatsBusOptions,
} from '../adapters/bus/nats-bus.ts';
import { resource } from '../kernel/resource.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { type BrokerOptions, createBroker } from './broker/index.ts';
import type { BusHub } from './bus-hub.ts';

export interface MessagingPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Turns `EADDRINUSE` and the like into what a person can act on. */
function startupError(what: string, port: number | undefined, error: Error, advice: string) {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return new StartupError(`${what}: port ${port} is in use`, advice, { cause: error });
  }
  if (code === 'EACCES') {
    return new StartupError(`${what}: no right to open port ${port}`, advice, { cause: error });
  }
  return error;
}

/** The embedded broker as an actor. */
export function createNatsBroker(options: BrokerOptions, ports: MessagingPorts): AnyActorLogic {
  const server = resource<NatsBrokerEvent, Record<string, never>>((_input, scope) => {
    const broker = createBroker({ ...options, onFailure: scope.fail }, ports);
    broker.listen().then(
      ({ port }) => scope.send({ type: 'BROKER_LISTENING', port }),
      (error: Error) => {
        const advice = 'stop the other program, or set nats.port or nats.servers';
        scope.fail(startupError('NATS broker', options.port, error, advice));
      },
    );
    return () => {
      void broker.close();
    };
  });
  return natsBrokerMachine.provide({ actors: { server } });
}

export interface NatsClientOptions extends NatsBusOptions {
  readonly drainTimeoutMs: number;
}

/** The connection as an actor; the hub is what others publish and subscribe through. */
export function createNatsClient(
  options: NatsClientOptions,
  hub: BusHub,
  ports: MessagingPorts,
): AnyActorLogic {
  const { clock, log } = ports;
  let connection: NatsBusConnection | undefined;
  /** A connection that was drained closes by itself: no failure. */
  let isDraining = false;
  const address = options.servers.join(', ');
  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      clock.setTimeout(resolve, ms);
    });

  const open = resource<NatsClientEvent, Record<string, never>>((_input, scope) => {
    const abort = new AbortController();
    isDraining = false;
    const opened = (server: string) => {
      hub.setConnected(true);
      scope.send({ type: 'CONNECTION_OPENED', server });
    };
    const events = {
      onOpened: () => {},
      onReopened: opened,
      onLost: () => {
        hub.setConnected(false);
        scope.send({ type: 'CONNECTION_LOST' });
      },
      onStillLost: () => scope.send({ type: 'CONNECTION_STILL_LOST' }),
      onClosed: (error: Error | undefined) => {
        if (!abort.signal.aborted && !isDraining)
          scope.fail(error ?? new Error('NATS connection closed'));
      },
    };
    connectNatsBus(options, events, wait, abort.signal).then(
      (live) => {
        if (abort.signal.aborted) {
          void live.close();
          return;
        }
        connection = live;
        hub.attach(live);
        opened(address);
      },
      (error: Error) => {
        const advice = `start a NATS server there, or change nats.servers`;
        const message = `no NATS server answers at ${address} (${error.message})`;
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

  return natsClientMachine.provide({
    actors: { connection: open, drain },
    actions: {
      logLost: () => log.info('nats-connection-disconnected', { 'nats-host': address }),
      logStillLost: () => log.info('nats-connection-still-disconnected', { 'nats-host': address }),
      logReconnected: () => log.info('nats-connection-reconnected', { 'nats-host': address }),
    },
  });
}

export const natsClientInput = (
  tell: Tell,
  listeners: readonly string[],
  options: NatsClientOptions,
) => ({ tell, listeners, drainTimeoutMs: options.drainTimeoutMs });
