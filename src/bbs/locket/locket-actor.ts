import type { PresenceEvent } from '../../../machines/bbs/presence.events.ts';
import { presenceMachine } from '../../../machines/bbs/presence.machine.ts';
import { listen } from '../../kernel/listen.ts';
import { resource } from '../../kernel/resource.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Store } from '../../ports/store.ts';
import { createLocketServer } from './locket-server.ts';
import { createLocks } from './locks.ts';
import type { LocketOptions } from './options.ts';

export interface LocketDependencies {
  /** The store as it is open now; undefined while it is not. */
  readonly store: () => Store | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly options: LocketOptions;
}

/** Owns Locket's port. Locks are in the store, so they outlive it. */
export function locketLogic({ store, clock, log, options }: LocketDependencies) {
  const server = resource<PresenceEvent, Record<string, never>>((_input, scope) => {
    const locket = createLocketServer({ locks: createLocks(store), tls: options.tls, clock, log });
    const advice = 'stop the other program, or set another port for Locket (locket.port)';
    const where = { what: 'locket', host: options.host, port: options.port, advice };
    const close = listen(locket.port, where, scope, (port) =>
      scope.send({ type: 'LOCKET_LISTENING', port }),
    );
    return () => {
      close();
      locket.close();
    };
  });
  return presenceMachine.provide({ actors: { server } });
}
