import { proxyMachine } from '../../../machines/router/proxy.machine.ts';
import type { ProxyEvent } from '../../../machines/router/router.events.ts';
import { resource } from '../../kernel/resource.ts';
import { createTrafficServer } from '../http/listener.ts';
import { createWireServer } from '../http/wire/wire-server.ts';
import { openTrafficPorts } from '../open-traffic-ports.ts';
import type { RouterState } from '../state.ts';

/** How often a draining listener looks whether all is done. */
const DRAIN_LOOK_MS = 20;

/** Owns the traffic ports. */
export function proxyLogic(state: RouterState) {
  const { log, clock } = state.ports;
  const listener = resource<ProxyEvent, Record<string, never>>((_input, scope) => {
    const { engine } = state.options;
    const create = engine === 'wire' ? createWireServer : createTrafficServer;
    const traffic = create(state.engine);
    state.traffic = traffic;
    const { port, isPortShared } = state.options;
    const close = openTrafficPorts(state.options, traffic, { port, isPortShared }, scope, (bound) =>
      scope.send({ type: 'LISTENING', port: bound }),
    );
    return () => {
      close();
      traffic.cut();
      state.engine.accessLog.flush();
    };
  });
  const drain = resource<ProxyEvent, Record<string, never>>((_input, scope) => {
    const traffic = state.traffic;
    const look = scope.guard(() => {
      traffic?.closeIdle();
      if (state.metrics.openRequests === 0) scope.send({ type: 'DRAINED' });
      else timer = clock.setTimeout(look, DRAIN_LOOK_MS);
    });
    state.isClosing = true;
    traffic?.server.close();
    traffic?.secureServer?.close();
    let timer = clock.setTimeout(look, 0);
    return () => clock.clearTimeout(timer);
  });
  return proxyMachine.provide({
    actors: { listener, drain },
    actions: {
      cutConnections: () => state.traffic?.cut(),
      logDrainTimedOut: () => log.warn('router.drain.timed-out'),
    },
  });
}
