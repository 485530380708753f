import { createSeededRandom } from '../../../src/adapters/random/seeded-random.ts';
import { type BehaviourName, EchoBackend } from './echo-backend.ts';
import { EchoClient, type EchoFigures, newFigures } from './echo-client.ts';
import { addRoute, type Engine, faultsOf, refreshRoute, startRouter } from './started-router.ts';

/**
 * On node:http an answer that breaks off while it waits for its turn in a pipeline is not cut,
 * and the client waits for the rest of it.
 */
const LEFT_OUT: Readonly<Record<Engine, readonly BehaviourName[]>> = {
  wire: [],
  'http-proxy': ['middle'],
};

const BACKENDS = 3;
const CLIENTS = 40;

export interface EchoResult extends EchoFigures {
  /** Requests that reached an endpoint with another one's body. */
  readonly requestsMixedUp: number;
  /** Log lines of faults of the router itself. */
  readonly routerFaults: readonly unknown[];
  readonly seconds: number;
}

export async function runEchoTokens(
  engine: Engine,
  requests: number,
  seed: number,
  onProgress: (figures: EchoFigures) => void = () => {},
): Promise<EchoResult> {
  const random = createSeededRandom(seed);
  const router = await startRouter(engine, { logging: { level: 'error' } });
  const backends = Array.from({ length: BACKENDS }, () => new EchoBackend(random));
  for (const backend of backends) await backend.start();
  const ports = backends.map(({ port }) => port);
  const host = await addRoute(router, ...ports);
  const settings = { port: router.port, host, leftOut: LEFT_OUT[engine] };
  const figures = newFigures();
  const startedAt = performance.now();
  const timer = setInterval(() => {
    // The lines are of no use here and would fill the memory.
    (router.accessText as string[]).length = 0;
    refreshRoute(router, host, ports);
    onProgress(figures);
  }, 5000);
  const clients = Array.from(
    { length: CLIENTS },
    (_, name) => new EchoClient(settings, name, random, figures),
  );
  await Promise.all(clients.map((client) => client.run(requests)));
  clearInterval(timer);
  const seconds = (performance.now() - startedAt) / 1000;
  const routerFaults = faultsOf(router);
  for (const backend of backends) backend.stop();
  await router.stop();
  const requestsMixedUp = backends.reduce((sum, { mixedUp }) => sum + mixedUp, 0);
  return { ...figures, requestsMixedUp, routerFaults, seconds };
}
