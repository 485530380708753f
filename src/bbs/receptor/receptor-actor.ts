import type { ReceptorEvent } from '../../../machines/bbs/receptor.events.ts';
import { receptorMachine } from '../../../machines/bbs/receptor.machine.ts';
import { listen } from '../../kernel/listen.ts';
import { resource } from '../../kernel/resource.ts';
import type { Log } from '../../ports/log.ts';
import type { BbsApi } from '../api.ts';
import type { ReceptorOptions } from './options.ts';
import { createReceptor } from './receptor-server.ts';

export interface ReceptorDependencies {
  readonly bbs: BbsApi;
  readonly log: Log;
  readonly options: ReceptorOptions;
}

/** Owns the port of the JSON API. */
export function receptorLogic({ bbs, log, options }: ReceptorDependencies) {
  const server = resource<ReceptorEvent, Record<string, never>>((_input, scope) => {
    const receptor = createReceptor({ bbs, log, options });
    const advice = 'stop the other program, or set another port for the receptor (receptor.port)';
    const where = { what: 'receptor', host: options.host, port: options.port, advice };
    let close = () => {};
    receptor.prepare(
      scope.guard((error: Error | null) => {
        if (error !== null) throw error;
        close = listen(receptor.server, where, scope, (port) =>
          scope.send({ type: 'RECEPTOR_LISTENING', port }),
        );
      }),
    );
    return () => {
      receptor.close();
      close();
    };
  });
  return receptorMachine.provide({ actors: { server } });
}
