/** A route-emitter in this process, on a bus that only counts. */

import { createRealClock } from '../../src/adapters/clock/real-clock.ts';
import { createPinoLog } from '../../src/adapters/log/pino-log.ts';
import { createSystemRandom } from '../../src/adapters/random/system-random.ts';
import type { Bus } from '../../src/ports/bus.ts';
import { emitAll } from '../../src/route-emitter/emit-all.ts';
import { createEventIntake } from '../../src/route-emitter/event-intake.ts';
import { runSync } from '../../src/route-emitter/run-sync.ts';
import { createRouteEmitterState } from '../../src/route-emitter/state.ts';

const HOUR_MS = 3_600_000;

interface CountingBus extends Bus {
  readonly messages: number;
  /** When the next message with this text is published. */
  next(text: string): Promise<number>;
}

function createCountingBus(): CountingBus {
  let messages = 0;
  let waiting: { readonly text: string; readonly resolve: (nowMs: number) => void } | undefined;
  return {
    isConnected: true,
    get messages() {
      return messages;
    },
    publish(_subject, data) {
      messages += 1;
      if (waiting !== undefined && Buffer.from(data).includes(waiting.text)) {
        waiting.resolve(performance.now());
        waiting = undefined;
      }
      return true;
    },
    subscribe: () => () => {},
    next: (text) =>
      new Promise((resolve) => {
        waiting = { text, resolve };
      }),
  };
}

export interface BenchedEmitter {
  readonly bus: CountingBus;
  sync(): Promise<void>;
  emit(): Promise<number>;
  stop(): Promise<void>;
}

/** The parts without their actors, whose sending would not be seen beside the work. */
export function startBenchedEmitter(url: string): BenchedEmitter {
  const bus = createCountingBus();
  const { log } = createPinoLog({
    level: 'error',
    source: 'route-emitter',
    timestamp: 'unix-epoch',
    destination: process.stderr,
  });
  const state = createRouteEmitterState(
    {
      source: { type: 'bbs', url, tls: undefined },
      cellId: '',
      messageStyle: 'per-hostname',
      isDirectInstanceRoutes: false,
      isInternalEnabled: false,
      syncIntervalMs: HOUR_MS,
      jitterFactor: 0,
      unregistrationIntervalMs: HOUR_MS,
      unregistrationSendCount: 20,
      communicationTimeoutMs: 60_000,
      health: undefined,
    },
    { clock: createRealClock(), random: createSystemRandom(), log, bus, notify: () => false },
  );
  const fail = (error: unknown): never => {
    throw error;
  };
  const intake = createEventIntake(state, { onOverflow: () => {}, onFault: fail });
  const opened = Promise.withResolvers<void>();
  const unsubscribe = state.source.subscribe({
    onOpen: opened.resolve,
    onEvent: (event) => intake.take(event),
    onEnd: (reason) => opened.reject(new Error(reason)),
  });
  const sync = async (): Promise<void> => {
    await opened.promise;
    const result = await runSync(state, { isCancelled: () => false, replay: intake.take });
    if (result?.ok !== true) throw new Error('the sync failed');
  };
  return {
    bus,
    sync,
    emit: () => emitAll(state, 'router', () => false),
    async stop() {
      unsubscribe();
      state.source.close();
    },
  };
}
