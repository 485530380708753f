import { createServer } from 'node:http';
import type {
  Audience,
  RouteEmitterEvent,
} from '../../../machines/route-emitter/route-emitter.events.ts';
import { routeEmitterMachine } from '../../../machines/route-emitter/route-emitter.machine.ts';
import { listen } from '../../kernel/listen.ts';
import { resource } from '../../kernel/resource.ts';
import type { BusMessage } from '../../ports/bus.ts';
import { readRegisterInterval } from '../read-router-start.ts';
import type { RouteEmitterState } from '../state.ts';

const NO_BYTES = new Uint8Array(0);

/** Greets the routers of one audience and keeps their interval. */
export function schedulerLogic(state: RouteEmitterState, audience: Audience) {
  const { bus, log, random } = state.ports;
  const { health } = state.options;
  const inbox = `_INBOX.${random.hex(16)}`;
  const invalid =
    audience === 'router'
      ? 'received-invalid-router-start'
      : 'received-invalid-external-service-start';

  const routerMessages = resource<RouteEmitterEvent, Record<string, never>>((_input, scope) => {
    const hear = (type: 'ROUTER_ANSWERED' | 'ROUTER_STARTED') =>
      scope.guard(({ data }: BusMessage) => {
        const registerIntervalMs = readRegisterInterval(data);
        if (registerIntervalMs === undefined) log.error(`route-emitter.${invalid}`);
        else scope.send({ type, registerIntervalMs });
      });
    const cancels = [
      bus.subscribe(`${audience}.start`, hear('ROUTER_STARTED')),
      bus.subscribe(inbox, hear('ROUTER_ANSWERED')),
    ];
    // One listener for the whole component; that it answers at all is what is asked for.
    const closeHealth =
      health === undefined || audience !== 'router'
        ? () => {}
        : listen(
            createServer((_request, response) => {
              response.writeHead(200, { 'Content-Length': 0 });
              response.end();
            }),
            { what: 'route-emitter health', ...health, advice: 'set healthcheck_address' },
            scope,
            () => {},
          );
    return () => {
      for (const cancel of cancels) cancel();
      closeHealth();
    };
  });

  return routeEmitterMachine.provide({
    actors: { routerMessages },
    actions: {
      publishGreet: () => {
        bus.publish(`${audience}.greet`, NO_BYTES, inbox);
      },
      logInterval: ({ context }) =>
        log.info('route-emitter.received-register-interval', {
          audience,
          seconds: context.registerIntervalMs / 1000,
        }),
    },
  });
}
