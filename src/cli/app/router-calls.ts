/** The routes as the router has them, from its status port (gorouter.md §6.4). */
import type { ActualLRP } from '../../model/bbs/messages/actual-lrp.ts';
import { failed, unreachable } from './failure.ts';
import { type Session, START_ADVICE } from './session.ts';

export interface RouteEndpoint {
  readonly address: string;
  readonly ttl: number;
  readonly private_instance_id?: string;
  readonly tags?: Readonly<Record<string, string>> | null;
}

export type RouteTable = Readonly<Record<string, readonly RouteEndpoint[]>>;

type Fetched =
  | { readonly ok: true; readonly routes: RouteTable }
  | { readonly ok: false; readonly status: number; readonly message: string };

async function tryRoutes({ node, http }: Session): Promise<Fetched> {
  const { status_url, status_user, status_password } = node;
  const credentials = Buffer.from(`${status_user}:${status_password}`).toString('base64');
  const headers = { authorization: `Basic ${credentials}` };
  const url = `${status_url.replace(/\/+$/, '')}/routes`;
  const result = await http.call('GET', url, undefined, headers);
  if (!result.ok) return { ok: false, status: 0, message: result.message };
  const { status, body } = result;
  if (status !== 200) return { ok: false, status, message: `it answered with ${status}` };
  try {
    return { ok: true, routes: JSON.parse(body.toString('utf8')) as RouteTable };
  } catch (error) {
    return { ok: false, status, message: (error as Error).message };
  }
}

export async function fetchRoutes(session: Session): Promise<RouteTable> {
  const { status_url } = session.node;
  if (status_url === '') {
    const advice = 'run the command where the node was started, or with its --data-dir';
    throw failed("it is not known where the router's status port is", advice);
  }
  const result = await tryRoutes(session);
  if (result.ok) return result.routes;
  const text = `the status port at ${status_url}: ${result.message}`;
  throw result.status === 0 ? unreachable(text, START_ADVICE) : failed(text);
}

/** `address:port` of an instance as the router dials it; undefined: it has none. */
export function endpointOf({ actual_lrp_net_info: net }: ActualLRP): string | undefined {
  const [port] = net.ports;
  return port === undefined || net.address === '' ? undefined : `${net.address}:${port.host_port}`;
}

const ROUTES_TIMEOUT_MS = 10_000;
const LOOK_MS = 50;
/** When the router cannot be asked: far more than a registration takes. */
const BLIND_PAUSE_MS = 2000;

/**
 * Waits until the router knows all these instances: only then others may go. Without a status
 * port it waits a while; a router that never hears of them does not hold the command up for good.
 */
export async function untilRouted(
  session: Session,
  hostnames: readonly string[],
  instances: readonly ActualLRP[],
): Promise<void> {
  const wanted = instances.map(endpointOf).filter((own) => own !== undefined);
  if (session.node.status_url === '') {
    await session.sleep(BLIND_PAUSE_MS);
    return;
  }
  const endMs = session.clock.nowMs() + ROUTES_TIMEOUT_MS;
  while (session.clock.nowMs() < endMs && !session.isInterrupted()) {
    const result = await tryRoutes(session);
    const routes = result.ok ? result.routes : {};
    const lacking = hostnames.find((hostname) => {
      const known = new Set((routes[hostname] ?? []).map(({ address }) => address));
      return !wanted.every((address) => known.has(address));
    });
    if (lacking === undefined) return;
    await session.sleep(LOOK_MS);
  }
  session.out.warn(`the router does not list all instances of ${hostnames.join(', ')} yet`);
}
