import { createServer } from 'node:net';
import { proxyMachine } from '../../../machines/router/proxy.machine.ts';
import type { ProxyEvent } from '../../../machines/router/router.events.ts';
import { listen } from '../../kernel/listen.ts';
import { type ResourceScope, resource } from '../../kernel/resource.ts';
import { type RouterState, workerName } from '../state.ts';
import type { WorkerFleet } from '../workers/worker-fleet.ts';

/** How often a draining router looks whether all workers are done. */
const DRAIN_LOOK_MS = 20;

/**
 * A port that is shared among threads may be shared with other programs too, without a word. So
 * it is taken once for this router alone, and then given to the workers.
 */
function findPort(
  { options }: RouterState,
  scope: ResourceScope<ProxyEvent>,
  onFound: (port: number) => void,
): () => void {
  const { host, isPortShared, isPlainDisabled, tls } = options;
  const port = isPlainDisabled ? (tls?.port ?? 0) : options.port;
  const advice = 'stop the other program, or set router.port';
  const probe = createServer((socket) => socket.destroy());
  const where = { what: 'router', host, port, isPortShared, advice };
  return listen(probe, where, scope, (bound) => {
    probe.close(scope.guard(() => onFound(bound)));
  });
}

/** The traffic port when worker threads serve it: the proxy says when to open and to close. */
export function fleetProxyLogic(state: RouterState, fleet: WorkerFleet) {
  const { log, clock, tell } = state.ports;
  const tellWorkers = (type: 'OPEN' | 'CLOSE'): void => {
    for (let index = 0; index < fleet.size; index += 1) tell(workerName(index), { type });
  };
  const listener = resource<ProxyEvent, Record<string, never>>((_input, scope) => {
    const open = (): void => {
      fleet.wish = 'open';
      tellWorkers('OPEN');
    };
    // After a crash of this actor the workers serve on and only tell of it again.
    if (fleet.wish === 'open') open();
    else {
      return findPort(state, scope, (port) => {
        fleet.port = port;
        open();
      });
    }
    return () => {};
  });
  const drain = resource<ProxyEvent, Record<string, never>>((_input, scope) => {
    const look = scope.guard(() => {
      if (!fleet.isBusy) scope.send({ type: 'DRAINED' });
      else timer = clock.setTimeout(look, DRAIN_LOOK_MS);
    });
    state.isClosing = true;
    fleet.wish = 'closing';
    fleet.tellPhase();
    tellWorkers('CLOSE');
    let timer = clock.setTimeout(look, DRAIN_LOOK_MS);
    return () => clock.clearTimeout(timer);
  });
  return proxyMachine.provide({
    actors: { listener, drain },
    actions: {
      cutConnections: () => {
        fleet.wish = 'closing';
        fleet.postAll({ type: 'cut' });
      },
      logDrainTimedOut: () => log.warn('router.drain.timed-out'),
    },
  });
}
