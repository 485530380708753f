/** Composes the BBS: the data that outlives its actors, and the supervisor's list of children. */
import type { ChildSpec } from '../../machines/kernel/supervisor.machine.ts';
import { convergenceLogic } from './actors/convergence.ts';
import { handlerLogic } from './actors/handler.ts';
import { imageLogic } from './actors/image.ts';
import { createLocalApi } from './local-api.ts';
import { locketLogic } from './locket/locket-actor.ts';
import type { LocketOptions } from './locket/options.ts';
import { BBS_LIMITS, type BbsOptions } from './options.ts';
import type { ReceptorOptions } from './receptor/options.ts';
import { receptorLogic } from './receptor/receptor-actor.ts';
import { BBS_NAMES, type BbsPorts, type BbsState, createBbsState } from './state.ts';

export { type StoreHolder, storeKeeperLogic } from './actors/store-keeper.ts';

export interface Bbs {
  readonly state: BbsState;
  readonly children: readonly ChildSpec[];
}

/** The APIs beside the main one; undefined: off. */
export interface BbsExtras {
  readonly locket: LocketOptions | undefined;
  readonly receptor: ReceptorOptions | undefined;
}

/** Loading a quarter of a million records takes a while. */
const READY_TIMEOUT_MS = 120_000;
const SHUTDOWN_MS = 2000;

/** The actors of the BBS in start order: nothing is served before the image is loaded. */
export function createBbs(
  options: BbsOptions,
  ports: BbsPorts,
  { locket, receptor }: BbsExtras = { locket: undefined, receptor: undefined },
): Bbs {
  const state = createBbsState(options, ports);
  const { log } = ports;
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
  const children: ChildSpec[] = [
    child('image', BBS_NAMES.image, imageLogic(state)),
    child('handler', BBS_NAMES.handler, handlerLogic(state)),
  ];
  if (options.convergeIntervalMs > 0) {
    const input = {
      convergeIntervalMs: options.convergeIntervalMs,
      firstPassMs: BBS_LIMITS.firstPassMs,
    };
    const logic = convergenceLogic(state);
    children.push(child('convergence', BBS_NAMES.convergence, logic, input));
  }
  if (locket !== undefined) {
    const logic = locketLogic({ ...ports, options: locket });
    children.push(child('presence', BBS_NAMES.presence, logic));
  }
  if (receptor !== undefined) {
    const logic = receptorLogic({ bbs: createLocalApi(state), log, options: receptor });
    children.push(child('receptor', BBS_NAMES.receptor, logic));
  }
  return { state, children };
}
