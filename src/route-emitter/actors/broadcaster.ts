import { broadcasterMachine } from '../../../machines/route-emitter/broadcaster.machine.ts';
import type {
  Audience,
  BroadcasterEvent,
} from '../../../machines/route-emitter/route-emitter.events.ts';
import { resource } from '../../kernel/resource.ts';
import type { Timer } from '../../ports/clock.ts';
import { emitAll } from '../emit-all.ts';
import { publishOne } from '../publish-messages.ts';
import { type RouteEmitterState, WATCHER } from '../state.ts';

/** Registers everything again when it is asked to, and repeats unregistrations. */
export function broadcasterLogic(state: RouteEmitterState) {
  const { clock, log, bus } = state.ports;
  const { unregistrationIntervalMs } = state.options;

  const repeater = resource<BroadcasterEvent, Record<string, never>>((_input, scope) => {
    let timer: Timer | undefined;
    const wait = (): void => {
      timer = clock.setTimeout(tick, unregistrationIntervalMs);
    };
    const tick = scope.guard(() => {
      scope.send({ type: 'UNREGISTRATIONS_DUE' });
      wait();
    });
    wait();
    return () => clock.clearTimeout(timer);
  });

  const emission = resource<BroadcasterEvent, { readonly audience: Audience }>(
    ({ audience }, scope) => {
      let isOpen = true;
      emitAll(state, audience, () => !isOpen).then(
        (messages) => scope.send({ type: 'EMISSION_ENDED', messages }),
        scope.fail,
      );
      return () => {
        isOpen = false;
      };
    },
  );

  return broadcasterMachine.provide({
    actors: { repeater, emission },
    actions: {
      repeatUnregistrations: () => {
        // Without a connection they would be used up for nothing.
        if (!bus.isConnected) return;
        for (const outgoing of state.unregistrations.take()) {
          publishOne(state, 'unregister', outgoing);
        }
      },
      logEmitInProgress: () => log.info(`${WATCHER}.emit-already-in-progress`),
    },
  });
}
