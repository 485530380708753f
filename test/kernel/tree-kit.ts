import { type AnyActorLogic, fromCallback, setup } from 'xstate';
import { announceReady } from '../../machines/kernel/actions.ts';
import type { ShutdownEvent } from '../../machines/kernel/supervisor.events.ts';
import type { ChildSpec, SupervisorSpec } from '../../machines/kernel/supervisor.machine.ts';
import { createVirtualClock, type VirtualClock } from '../../src/adapters/clock/virtual-clock.ts';
import { createMemoryLog } from '../../src/adapters/log/memory-log.ts';
import { createSeededRandom } from '../../src/adapters/random/seeded-random.ts';
import { createActorSystem } from '../../src/kernel/actor-system.ts';

export type WorkerEvent =
  | ShutdownEvent
  | { type: 'CRASH' }
  | { type: 'FINISH' }
  | { type: 'MAKE_READY' };

export interface WorkerOptions {
  /** `late`: announces itself only on MAKE_READY. */
  readonly ready?: 'now' | 'late';
  /** What SHUTDOWN does: end, or nothing at all. */
  readonly onShutdown?: 'end' | 'ignore';
  readonly throwsAtStart?: () => boolean;
  /** Where the modes of SHUTDOWN go that it hears. */
  readonly modesHeard?: string[];
}

/** A worker that holds a resource: `+id` and `-id` in the journal are its opening and closing. */
export function worker(id: string, journal: string[], options: WorkerOptions = {}): AnyActorLogic {
  const machine = setup({
    types: { events: {} as WorkerEvent },
    actors: {
      resource: fromCallback(() => {
        journal.push(`+${id}`);
        return () => journal.push(`-${id}`);
      }),
    },
    actions: {
      throwNow: () => {
        throw new Error(`crash of ${id}`);
      },
      noteMode: ({ event }) => {
        if (event.type === 'SHUTDOWN') options.modesHeard?.push(event.mode);
      },
      maybeThrow: () => {
        if (options.throwsAtStart?.() === true) throw new Error(`start of ${id}`);
      },
    },
  }).createMachine({
    id,
    initial: 'up',
    states: {
      up: {
        invoke: { id: 'resource', src: 'resource' },
        entry: options.ready === 'late' ? ['maybeThrow'] : ['maybeThrow', announceReady()],
        on: {
          CRASH: { actions: 'throwNow' },
          FINISH: 'done',
          MAKE_READY: { actions: announceReady() },
          ...(options.onShutdown === 'ignore'
            ? {}
            : { SHUTDOWN: { target: 'done', actions: 'noteMode' } as const }),
        },
      },
      done: { type: 'final' },
    },
  });
  return machine;
}

export const child = (id: string, logic: AnyActorLogic, more: Partial<ChildSpec> = {}) => ({
  id,
  name: id,
  logic,
  restart: 'permanent' as const,
  readyTimeoutMs: 1000,
  shutdownMs: 500,
  ...more,
});

export function startTree(
  children: ChildSpec[] | ((base: SupervisorSpec) => ChildSpec[]),
  more: Partial<SupervisorSpec> = {},
  seed = 1,
  clock: VirtualClock = createVirtualClock(),
) {
  const random = createSeededRandom(seed);
  const { log, lines } = createMemoryLog();
  const base: SupervisorSpec = {
    name: 'node',
    strategy: 'one_for_one',
    intensity: { maxRestarts: 3, periodMs: 1000 },
    backoff: { minMs: 10, maxMs: 40, factor: 2, jitter: 0, resetAfterMs: 10_000 },
    children: [],
    drainOnEscalation: false,
    nowMs: clock.nowMs,
    chance: random.next,
    ...more,
  };
  const root = { ...base, children: typeof children === 'function' ? children(base) : children };
  const system = createActorSystem({ root, clock, log });
  system.start();
  clock.advance(0);
  return { system, clock, lines, root };
}
