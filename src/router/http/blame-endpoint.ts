import type { EndpointEffect } from '../policy/classify-failure.ts';
import type { Endpoint } from '../table/endpoint.ts';
import type { Pool } from '../table/pool.ts';
import { markFailed } from '../table/route-table.ts';
import type { EngineContext } from './exchange.ts';

/** A failed endpoint is left alone for this part of the stale threshold (gorouter.md §3.5). */
const FAILED_SHARE_OF_THRESHOLD = 4;

/** Lets the table know that an endpoint failed, in the way that the policy decided. */
export function blameEndpoint(
  effect: EndpointEffect,
  pool: Pool,
  endpoint: Endpoint,
  { table, clock, log, options }: EngineContext,
): void {
  const nowMs = clock.nowMs();
  const data = { 'route-endpoint': { Addr: endpoint.address } };
  if (effect === 'remove') {
    if (table.removeFailed(pool, endpoint, nowMs)) log.error('prune-failed-endpoint', data);
  } else if (effect === 'mark') {
    const untilMs = nowMs + options.registry.staleThresholdMs / FAILED_SHARE_OF_THRESHOLD;
    if (markFailed(pool, endpoint, untilMs)) log.error('endpoint-marked-as-ineligible', data);
  }
}
