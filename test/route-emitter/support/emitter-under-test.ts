/** A route-emitter in this process, on a bus in memory, with or without a BBS behind it. */
import { createMemoryLog } from '../../../src/adapters/log/memory-log.ts';
import { createSeededRandom } from '../../../src/adapters/random/seeded-random.ts';
import { type ActorSystem, createActorSystem } from '../../../src/kernel/actor-system.ts';
import { SUPERVISION_DEFAULTS } from '../../../src/node/tree.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Log } from '../../../src/ports/log.ts';
import { createRouteEmitter } from '../../../src/route-emitter/index.ts';
import type { RouteEmitterOptions } from '../../../src/route-emitter/options.ts';
import type { RouteEmitterState } from '../../../src/route-emitter/state.ts';
import { createMemoryBus, type MemoryBus } from './memory-bus.ts';

const EMITTER_TEST_OPTIONS: RouteEmitterOptions = {
  source: { type: 'bbs', url: 'http://127.0.0.1:1', tls: undefined },
  cellId: '',
  messageStyle: 'per-hostname',
  isDirectInstanceRoutes: false,
  isInternalEnabled: false,
  syncIntervalMs: 3_600_000,
  jitterFactor: 0.2,
  unregistrationIntervalMs: 3_600_000,
  unregistrationSendCount: 20,
  communicationTimeoutMs: 10_000,
  health: undefined,
};

export interface EmitterUnderTest {
  readonly state: RouteEmitterState;
  readonly system: ActorSystem;
  readonly bus: MemoryBus;
  readonly lines: ReturnType<typeof createMemoryLog>['lines'];
  stop(): Promise<void>;
}

export interface EmitterSettings {
  readonly clock: Clock;
  readonly bus?: MemoryBus;
  readonly log?: Log;
  readonly options?: Partial<RouteEmitterOptions>;
}

export async function startEmitter(settings: EmitterSettings): Promise<EmitterUnderTest> {
  const { clock, bus = createMemoryBus(clock.nowMs) } = settings;
  const memory = createMemoryLog('route-emitter');
  const random = createSeededRandom(7);
  let system: ActorSystem | undefined;
  const { state, children } = createRouteEmitter(
    { ...EMITTER_TEST_OPTIONS, ...settings.options },
    {
      clock,
      random,
      log: settings.log ?? memory.log,
      bus,
      notify: (name, event) => system?.notify(name, event) === true,
    },
  );
  system = createActorSystem({
    root: {
      ...SUPERVISION_DEFAULTS,
      name: 'route-emitter',
      strategy: 'rest_for_one',
      children,
      drainOnEscalation: false,
      nowMs: clock.nowMs,
      chance: random.next,
    },
    clock,
    log: memory.log,
  });
  system.start();
  const failure = await Promise.race([system.ready, system.ended]);
  if (failure !== undefined) throw failure;
  const running = system;
  return {
    state,
    system,
    bus,
    lines: memory.lines,
    async stop() {
      running.shutdown('fast');
      await running.ended;
      state.source.close();
    },
  };
}
