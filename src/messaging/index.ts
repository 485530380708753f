import type { AnyActorLogic } from 'xstate';
import { StartupError } from '../../machines/kernel/failures.ts';
import type { Tell } from '../../machines/kernel/tell.ts';
import type { NatsBrokerEvent } from '../../machines/messaging/messaging.events.ts';
import { natsBrokerMachine } from '../../machines/messaging/nats-broker.machine.ts';
import { natsClientMachine } from '../../machines/messaging/nats-client.machine.ts';
import { connectNatsBus, type NatsBusOptions } from '../adapters/bus/nats-bus.ts';
import { resource } from '../kernel/resource.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';
import { type BrokerOptions, createBroker } from './broker/index.ts';
import type { BusHub } from './bus-hub.ts';
import { createNatsLink, type Dial } from './nats-link.ts';

export interface MessagingPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** The embedded broker as an actor. */
export function createNatsBroker(options: BrokerOptions, ports: MessagingPorts): AnyActorLogic {
  const server = resource<NatsBrokerEvent, Record<string, never>>((_input, scope) => {
    const broker = createBroker({ ...options, onFailure: scope.fail }, ports);
    broker.listen().then(
      ({ port }) => scope.send({ type: 'BROKER_LISTENING', port }),
      (error: Error) => {
        const advice = 'stop the other program, or set nats.port or nats.servers';
        const what = error.message.split(';')[0] ?? error.message;
        scope.fail(new StartupError(what, advice, { cause: error }));
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
  const address = options.servers.join(', ');
  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      clock.setTimeout(resolve, ms);
    });
  const dial: Dial = (events, signal, isFirst) => {
    const connectAttempts = isFirst ? options.connectAttempts : Number.POSITIVE_INFINITY;
    return connectNatsBus({ ...options, connectAttempts }, events, wait, signal);
  };
  const { open, drain } = createNatsLink(dial, hub, address);
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
