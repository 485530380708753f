import { createServer } from 'node:http';
import type { BbsHandlerEvent } from '../../../machines/bbs/bbs.events.ts';
import { bbsHandlerMachine } from '../../../machines/bbs/bbs-handler.machine.ts';
import { listen } from '../../kernel/listen.ts';
import { resource } from '../../kernel/resource.ts';
import { createBbsServer } from '../http/bbs-server.ts';
import type { BbsState } from '../state.ts';

/** Owns the ports of the API and of its health. */
export function handlerLogic(state: BbsState) {
  const { host, port, health } = state.options;
  const server = resource<BbsHandlerEvent, Record<string, never>>((_input, scope) => {
    const created = createBbsServer(state, (fn) => scope.guard(fn), scope.fail);
    const advice = 'stop the other program, or set bbs.port';
    const close = listen(created, { what: 'bbs', host, port, advice }, scope, (bound) =>
      scope.send({ type: 'HANDLER_LISTENING', port: bound }),
    );
    const closeHealth =
      health === undefined
        ? () => {}
        : listen(
            createServer((_request, response) => {
              response.writeHead(state.isFollowing ? 200 : 503, { 'Content-Length': 0 });
              response.end();
            }),
            { what: 'bbs health', ...health, advice: 'set bbs.health_port' },
            scope,
            () => {},
          );
    return () => {
      state.hub.endAll();
      close();
      closeHealth();
    };
  });
  return bbsHandlerMachine.provide({ actors: { server } });
}
