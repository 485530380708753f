/** The JSON API of 2015 over a BBS under test. */
import { createActor } from 'xstate';
import { createMemoryLog } from '../../../src/adapters/log/memory-log.ts';
import { createLocalApi } from '../../../src/bbs/local-api.ts';
import { RECEPTOR_DEFAULTS, type ReceptorOptions } from '../../../src/bbs/receptor/options.ts';
import { receptorLogic } from '../../../src/bbs/receptor/receptor-actor.ts';
import type { OpenedBbs } from '../../bbs/support/bbs-under-test.ts';

export async function startReceptorOn({ state }: OpenedBbs, given: Partial<ReceptorOptions> = {}) {
  const options = { ...RECEPTOR_DEFAULTS, port: 0, ...given };
  const { log } = createMemoryLog();
  const actor = createActor(receptorLogic({ bbs: createLocalApi(state), log, options }));
  const port = await new Promise<number>((resolve, reject) => {
    actor.subscribe({
      next: (snapshot) => {
        if (snapshot.matches({ open: 'listening' })) resolve(snapshot.context.port);
      },
      error: reject,
    });
    actor.start();
  });
  return { port, stop: () => void actor.send({ type: 'SHUTDOWN', mode: 'fast' }) };
}
