import type { ConvergenceEvent } from '../../../machines/bbs/bbs.events.ts';
import { convergenceMachine } from '../../../machines/bbs/convergence.machine.ts';
import { resource } from '../../kernel/resource.ts';
import type { HeldLease, Watch } from '../../ports/store.ts';
import { convergeLrps } from '../convergence/converge-lrps.ts';
import { convergeTasks } from '../convergence/converge-tasks.ts';
import type { BbsState } from '../state.ts';

/** How long a leader that fell silent stays leader. */
const LEADER_TTL_MS = 15_000;
const ELECTION = '/v1/election/convergence';

/** Stands for election, and runs the passes of the leader. */
export function convergenceLogic(state: BbsState) {
  const { ports } = state;
  const candidacy = resource<ConvergenceEvent, Record<string, never>>((_input, scope) => {
    // A store that only this process can open has no other candidate to wait for.
    if (!state.options.isStoreShared) {
      scope.send({ type: 'LEADERSHIP_GAINED' });
      return () => {};
    }
    let isOpen = true;
    let lease: HeldLease | undefined;
    let watch: Watch | undefined;
    const open = async (): Promise<void> => {
      const store = ports.store();
      const held = await store?.holdLease(LEADER_TTL_MS, ({ message }) => scope.fail(message));
      if (store === undefined || held === undefined) throw new Error('the store is not open');
      if (!held.ok) throw new Error(held.error.message);
      lease = held.value;
      if (!isOpen) {
        await lease.release();
        return;
      }
      watch = store.campaign(ELECTION, Buffer.from('bbs'), lease.id, {
        onElected: () => scope.send({ type: 'LEADERSHIP_GAINED' }),
        onLost: () => scope.send({ type: 'LEADERSHIP_LOST' }),
      });
    };
    open().catch((error: unknown) => scope.fail(error));
    return () => {
      isOpen = false;
      watch?.cancel();
      void lease?.release();
    };
  });
  const pass = resource<ConvergenceEvent, Record<string, never>>((_input, scope) => {
    const run = async (): Promise<void> => {
      if (state.isFollowing) {
        const lrps = await convergeLrps(state);
        const tasks = await convergeTasks(state);
        ports.log.debug('bbs.converged', { ...lrps, tasks });
      }
      scope.send({ type: 'PASS_ENDED' });
    };
    run().catch((error: unknown) => scope.fail(error));
    return () => {};
  });
  return convergenceMachine.provide({ actors: { candidacy, pass } });
}
