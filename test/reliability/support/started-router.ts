/** A real router of one engine with settings that let every limit of the corpus be met. */
import { type Section, TestRouter, uniqueHost } from '../../catalogue/harness.ts';

export const ENGINES = ['wire', 'http-proxy'] as const;
export type Engine = (typeof ENGINES)[number];

/** As a node has them, and not as the original's program: limits on, connections kept. */
const SETTINGS: Section = {
  disable_keep_alives: false,
  max_idle_conns_per_host: 100,
  max_request_header_bytes: 16_384,
  max_request_headers: 1000,
  read_header_timeout: '2s',
  endpoint_timeout: '10s',
  frontend_idle_timeout: '10s',
};

export async function startRouter(engine: Engine, settings: Section = {}): Promise<TestRouter> {
  const router = new TestRouter({ ...SETTINGS, engine, ...settings });
  await router.start();
  return router;
}

export async function addRoute(router: TestRouter, ...ports: number[]): Promise<string> {
  const host = uniqueHost();
  refreshRoute(router, host, ports);
  await router.settled();
  return host;
}

/** The heartbeat of a route: without it a long run would lose it after 120 s. */
export function refreshRoute(router: TestRouter, host: string, ports: readonly number[]): void {
  for (const port of ports) {
    const message = { host: '127.0.0.1', port, uris: [host], private_instance_id: String(port) };
    router.publish('router.register', JSON.stringify(message));
  }
}

/** Log lines that only a fault of the router itself writes. */
export const faultsOf = (router: TestRouter): readonly unknown[] =>
  ['panic-check', 'actor-crashed'].flatMap((message) => router.logs(message));
