import { type Actor, type AnyStateMachine, createActor } from 'xstate';
import { createRealClock } from '../../../src/adapters/clock/real-clock.ts';
import { createMemoryLog } from '../../../src/adapters/log/memory-log.ts';
import { createMemoryStore } from '../../../src/adapters/store/memory-store.ts';
import { locketLogic } from '../../../src/bbs/locket/locket-actor.ts';
import {
  createLocketClient,
  type LocketClientOptions,
} from '../../../src/clients/locket-client.ts';
import type { TlsOptions } from '../../../src/clients/tls-options.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Store } from '../../../src/ports/store.ts';

const clock = createRealClock();

/** Resolves with the port when the machine listens; rejects with what it crashed with. */
export function listening(actor: Actor<AnyStateMachine>): Promise<number> {
  return new Promise((resolve, reject) => {
    actor.subscribe({
      next(snapshot) {
        if (snapshot.matches({ open: 'listening' })) resolve(snapshot.context.port);
      },
      error: reject,
    });
    actor.start();
  });
}

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

export async function until(isTrue: () => boolean, timeoutMs = 10_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!isTrue()) {
    if (Date.now() > end) throw new Error('waited in vain');
    await sleep(5);
  }
}

/** A Locket on a port of its own, with a store in memory, and clients of it. */
export async function startLocket(
  tls?: TlsOptions,
  store?: () => Store | undefined,
  serverClock: Clock = clock,
) {
  const own = createMemoryStore({ clock });
  const { log, lines } = createMemoryLog();
  const options = { host: '127.0.0.1', port: 0, tls };
  const actor = createActor(
    locketLogic({ store: store ?? (() => own), clock: serverClock, log, options }),
  );
  const port = await listening(actor);
  const clients: { close(): void }[] = [];
  const stop = () => {
    if (actor.getSnapshot().status !== 'active') return;
    actor.send({ type: 'SHUTDOWN', mode: 'fast' });
  };
  return {
    port,
    store: own,
    lines,
    actor,
    stop,
    client(more: Partial<LocketClientOptions> = {}) {
      const client = createLocketClient({
        clock,
        address: `127.0.0.1:${port}`,
        tls: undefined,
        ...more,
      });
      clients.push(client);
      return client;
    },
    async dispose() {
      for (const client of clients) client.close();
      stop();
      await own.close();
    },
  };
}
