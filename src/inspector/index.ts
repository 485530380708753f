/** Puts the inspector together; whoever owns the status port calls it. */
import { createBbsClient } from '../clients/bbs-client.ts';
import { createHttpCalls } from '../clients/http-calls.ts';
import type { ActorSystem } from '../kernel/actor-system.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { createInspector, type Inspector } from './inspector.ts';
import { ALL_MACHINES } from './machine-list.ts';
import { INSPECTOR_LIMITS } from './options.ts';
import type { RouterSource } from './view-routes.ts';
import { BbsWatch } from './watch-bbs.ts';

export interface NodeInspectorOptions {
  readonly system: ActorSystem;
  /** http://host:port; empty: no BBS is known. */
  readonly bbsUrl: string;
  readonly router: RouterSource | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** Opens nothing by itself; `close` when the status port closes. */
export function createNodeInspector(options: NodeInspectorOptions): Inspector {
  const { system, bbsUrl, router, clock, log } = options;
  const timeoutMs = INSPECTOR_LIMITS.callTimeoutMs;
  const maxAnswerBytes = INSPECTOR_LIMITS.cellAnswerBytes;
  const bbs =
    bbsUrl === ''
      ? undefined
      : new BbsWatch({
          bbs: createBbsClient({ clock, url: bbsUrl, tls: undefined, timeoutMs }),
          http: createHttpCalls({ clock, timeoutMs, tls: undefined, maxAnswerBytes }),
          clock,
        });
  return createInspector({ system, machines: ALL_MACHINES, bbs, router, clock, log });
}
