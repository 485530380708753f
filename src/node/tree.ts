/** The root of a process's tree, and how its supervisors are made. */
import type { ChildSpec, SupervisorSpec } from '../../machines/kernel/supervisor.machine.ts';
import { supervisorMachine } from '../../machines/kernel/supervisor.machine.ts';
import { type ActorSystem, createActorSystem } from '../kernel/actor-system.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Random } from '../ports/random.ts';

/** OTP's default is one restart in five seconds, without a pause; with pauses more are safe. */
export const SUPERVISION_DEFAULTS = {
  intensity: { maxRestarts: 5, periodMs: 10_000 },
  backoff: { minMs: 20, maxMs: 5000, factor: 2, jitter: 0.2, resetAfterMs: 60_000 },
} as const;

export type Supervision = Partial<Pick<SupervisorSpec, 'intensity' | 'backoff'>>;

/** For a supervisor to stop its children, beyond what they may take themselves. */
const SUPERVISOR_GRACE_MS = 2000;

export type MakeSupervisor = (
  id: string,
  strategy: SupervisorSpec['strategy'],
  children: readonly ChildSpec[],
) => ChildSpec;

export interface TreeTools {
  readonly supervisor: MakeSupervisor;
  readonly tell: ActorSystem['tell'];
  readonly notify: ActorSystem['notify'];
  /** Undefined until the tree is made. */
  readonly system: () => ActorSystem | undefined;
}

export interface TreeOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly supervision: Supervision | undefined;
  /** For the children of a supervisor to be ready. */
  readonly readyTimeoutMs: number;
}

/** Builds the tree; nothing runs before `start()`. */
export function createTree(
  { clock, log, random, supervision, readyTimeoutMs }: TreeOptions,
  build: (tools: TreeTools) => readonly ChildSpec[],
): ActorSystem {
  let system: ActorSystem | undefined;
  const base = {
    ...SUPERVISION_DEFAULTS,
    ...supervision,
    drainOnEscalation: false,
    nowMs: clock.nowMs,
    chance: random.next,
  };
  const supervisor: MakeSupervisor = (id, strategy, children) => ({
    id,
    name: id,
    logic: supervisorMachine,
    input: { ...base, name: id, strategy, children } satisfies SupervisorSpec,
    restart: 'permanent',
    readyTimeoutMs,
    shutdownMs: children.reduce((sum, { shutdownMs }) => sum + shutdownMs, SUPERVISOR_GRACE_MS),
  });
  const children = build({
    supervisor,
    tell: (name, event) => system?.tell(name, event) === true,
    notify: (name, event) => system?.notify(name, event) === true,
    system: () => system,
  });
  system = createActorSystem({
    root: { ...base, name: 'node', strategy: 'one_for_one', children, drainOnEscalation: true },
    clock,
    log,
  });
  return system;
}
