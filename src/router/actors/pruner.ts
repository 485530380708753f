import { prunerMachine } from '../../../machines/router/pruner.machine.ts';
import type { PrunerEvent } from '../../../machines/router/router.events.ts';
import { resource } from '../../kernel/resource.ts';
import type { RouterState } from '../state.ts';

/** Pools and endpoints looked at per slice of a sweep; a slice stays far below 20 ms. */
const PRUNE_SLICE_ENDPOINTS = 2000;

/** Sweeps the table in slices, with turns for requests between them. */
export function prunerLogic(state: RouterState) {
  const { clock, log } = state.ports;
  const sweep = resource<PrunerEvent, Record<string, never>>((_input, scope) => {
    const cursor = state.table.startPrune();
    const slice = scope.guard(() => {
      state.table.pruneStep(cursor, clock.nowMs(), PRUNE_SLICE_ENDPOINTS);
      if (cursor.isDone) scope.send({ type: 'SWEPT', removedEndpoints: cursor.prunedEndpoints });
      else clock.defer(slice);
    });
    clock.defer(slice);
    return () => {};
  });
  return prunerMachine.provide({
    actors: { sweep },
    actions: {
      freshenAll: () => state.table.freshenAll(clock.nowMs()),
      logSuspended: () => log.child('registry').info('prune-suspended'),
      logLate: () => log.child('registry').warn('prune-late'),
    },
  });
}
