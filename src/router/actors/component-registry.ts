import { componentRegistryMachine } from '../../../machines/router/component-registry.machine.ts';
import type { ComponentRegistryEvent } from '../../../machines/router/router.events.ts';
import { resource } from '../../kernel/resource.ts';
import { encode, type RouterState, statusSource } from '../state.ts';
import { varz } from '../status/varz.ts';

/** Answers `vcap.component.discover`, announces the component. */
export function componentRegistryLogic(state: RouterState) {
  const { bus, clock } = state.ports;
  const describe = () => varz(statusSource(state));
  const responder = resource<ComponentRegistryEvent, Record<string, never>>((_input, scope) =>
    bus.subscribe(
      'vcap.component.discover',
      scope.guard(({ reply }) => {
        if (reply !== '') bus.publish(reply, encode(describe()));
      }),
    ),
  );
  return componentRegistryMachine.provide({
    actors: { responder },
    actions: {
      announce: () => {
        clock.defer(() => bus.publish('vcap.component.announce', encode(describe())));
      },
    },
  });
}
