import { registrarMachine } from '../../../machines/router/registrar.machine.ts';
import type { RegistrarEvent } from '../../../machines/router/router.events.ts';
import { resource } from '../../kernel/resource.ts';
import { publishActiveApps } from '../active-apps.ts';
import { RegistryIntake } from '../registry-intake.ts';
import { ROUTER_NAMES, type RouterState, startMessage } from '../state.ts';

/** Hears `router.*`, fills the table, announces the router. */
export function registrarLogic(state: RouterState) {
  const { bus, clock, log, notify } = state.ports;
  const subscription = resource<RegistrarEvent, Record<string, never>>((_input, scope) => {
    let routes = -1;
    const intake = new RegistryIntake({
      bus,
      clock,
      table: state.table,
      metrics: state.metrics,
      log: log.child('subscriber'),
      guard: scope.guard,
      onGreet: (reply) => bus.publish(reply, startMessage(state)),
      onBatch(counts) {
        scope.send({ type: 'BATCH_APPLIED', counts });
        if (routes === state.table.routeCount) return;
        routes = state.table.routeCount;
        notify(ROUTER_NAMES.routeTable, { type: 'TABLE_CHANGED', routes });
      },
      before: state.intake?.counts,
    });
    state.intake = intake;
    const close = intake.open();
    const stopActiveApps = publishActiveApps(
      state.options.lifecycle.publishActiveAppsIntervalMs,
      state.metrics,
      bus,
      clock,
      scope.guard,
    );
    return () => {
      close();
      stopActiveApps();
    };
  });
  return registrarMachine.provide({
    actors: { subscription },
    actions: {
      publishStart: () => {
        bus.publish('router.start', startMessage(state));
      },
    },
  });
}
