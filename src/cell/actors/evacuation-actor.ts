import type { EvacuationEvent } from '../../../machines/cell/cell.events.ts';
import { cellEvacuationMachine } from '../../../machines/cell/cell-evacuation.machine.ts';
import type { BbsClient } from '../../clients/bbs-client.ts';
import { resource } from '../../kernel/resource.ts';
import { CellsResponse } from '../../model/bbs/messages/cells.ts';
import { Nothing } from '../../model/bbs/messages/common.ts';
import type { Timer } from '../../ports/clock.ts';
import type { CellState } from '../state.ts';

/** How often the cell looks whether it is empty. */
const WATCH_INTERVAL_MS = 100;

/** Moves the instances of this cell elsewhere. */
export function evacuationLogic(state: CellState, bbs: BbsClient) {
  const { options, ports, executor } = state;
  const { clock, log } = ports;

  const lookout = resource<EvacuationEvent, Record<string, never>>((_input, scope) => {
    const count = async (): Promise<void> => {
      const answer = await bbs.invoke('/v1/cells/list.r1', Nothing, CellsResponse, {});
      const cells = answer.ok ? answer.value.cells : [];
      const others = cells.filter(({ cell_id }) => cell_id !== options.cellId).length;
      // What runs nowhere needs no other cell.
      scope.send({ type: 'CELLS_COUNTED', others: executor.list().length === 0 ? 0 : others });
    };
    count().catch((error: unknown) => scope.fail(error));
    return () => {};
  });

  const watch = resource<EvacuationEvent, Record<string, never>>((_input, scope) => {
    let timer: Timer | undefined;
    const look = scope.guard(() => {
      if (executor.list().length === 0) scope.send({ type: 'CONTAINERS_GONE' });
      else timer = clock.setTimeout(look, WATCH_INTERVAL_MS);
    });
    look();
    return () => clock.clearTimeout(timer);
  });

  return cellEvacuationMachine.provide({
    actors: { lookout, watch },
    actions: {
      markEvacuating: () => {
        state.isEvacuating = true;
        log.info('rep.evacuating', { containers: executor.list().length });
      },
      logTimedOut: () => {
        const containers = executor.list().map(({ allocation }) => allocation.guid);
        log.error('rep.evacuation-timed-out', { containers });
      },
    },
  });
}
