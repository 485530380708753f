import { createServer as createNetServer, type Server } from 'node:net';
import type { StatusEvent } from '../../../machines/router/router.events.ts';
import { statusMachine } from '../../../machines/router/status.machine.ts';
import { listen } from '../../kernel/listen.ts';
import { type ResourceScope, resource } from '../../kernel/resource.ts';
import { type RouterState, statusSource } from '../state.ts';
import { createStatusServer } from '../status/status-server.ts';

/** Owns the status port. */
export function statusLogic(state: RouterState) {
  const { status } = state.options;
  const server = resource<StatusEvent, Record<string, never>>((_input, scope) => {
    const source = statusSource(state);
    const pages = state.ports.statusPages?.(source);
    const created = createStatusServer(
      {
        user: status.user,
        password: status.password,
        isHealthy: state.engine.isHealthy,
        source,
        clock: state.ports.clock,
        pages,
      },
      scope.guard,
    );
    const advice = 'stop the other program, or set router.status.port';
    const where = { what: 'status', host: status.host, port: status.port, advice };
    const close = listen(created, where, scope, (port) =>
      scope.send({ type: 'STATUS_LISTENING', port }),
    );
    const closeRoutes = listenForRoutes(state, created, scope);
    return () => {
      close();
      closeRoutes();
      pages?.close();
    };
  });
  return statusMachine.provide({ actors: { server } });
}

/** The second port of today's original; it answers from the same server. */
function listenForRoutes(state: RouterState, status: Server, scope: ResourceScope<StatusEvent>) {
  const port = state.options.status.routesPort;
  if (port === undefined) return () => {};
  const second = createNetServer((socket) => status.emit('connection', socket));
  const advice = 'stop the other program, or set status.routes.port';
  const where = { what: 'routes', host: '127.0.0.1', port, advice };
  return listen(second, where, scope, () => {});
}
