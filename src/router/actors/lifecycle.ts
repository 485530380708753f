import { routerMachine } from '../../../machines/router/router.machine.ts';
import type { RouterState } from '../state.ts';

/** Start, drain and stop of the router as a whole. */
export function lifecycleLogic(state: RouterState) {
  const { log } = state.ports;
  return routerMachine.provide({
    actions: {
      logStarted: () => log.info('gorouter.started'),
      logDraining: () => log.info('gorouter-draining'),
      logDrainTimedOut: () => log.warn('router.drain.timed-out'),
    },
  });
}
