/** Composes the BBS: the data that outlives its actors, and the supervisor's list of children. */
import type { ChildSpec } from '../../machines/kernel/supervisor.machine.ts';
import { convergenceLogic } from './actors/convergence.ts';
import { handlerLogic } from './actors/handler.ts';
import { imageLogic } from './actors/image.ts';
import type { BbsOptions } from './options.ts';
import { BBS_NAMES, type BbsPorts, type BbsState, createBbsState } from './state.ts';

export interface Bbs {
  readonly state: BbsState;
  readonly children: readonly ChildSpec[];
}

/** Loading a quarter of a million records takes a while. */
const READY_TIMEOUT_MS = 120_000;
const SHUTDOWN_MS = 2000;

/** The actors of the BBS in start order: nothing is served before the image is loaded. */
export function createBbs(options: BbsOptions, ports: BbsPorts): Bbs {
  const state = createBbsState(options, ports);
  const child = (id: string, name: string, logic: ChildSpec['logic'], input?: unknown) =>
    ({
      id,
      name,
      logic,
      input,
      restart: 'permanent',
      readyTimeoutMs: READY_TIMEOUT_MS,
      shutdownMs: SHUTDOWN_MS,
    }) as const;
  const children = [
    child('image', BBS_NAMES.image, imageLogic(state)),
    child('handler', BBS_NAMES.handler, handlerLogic(state)),
    ...(options.convergeIntervalMs === 0
      ? []
      : [
          child('convergence', BBS_NAMES.convergence, convergenceLogic(state), {
            convergeIntervalMs: options.convergeIntervalMs,
          }),
        ]),
  ];
  return { state, children };
}
