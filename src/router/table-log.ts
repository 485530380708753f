import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { LimitedLog } from './limited-log.ts';
import type { RouterMetrics } from './metrics.ts';
import { INTAKE_LIMITS } from './registry-intake.ts';
import type { Endpoint } from './table/endpoint.ts';
import type { RouteTableObserver } from './table/route-table.ts';

function describe(key: string, endpoint: Endpoint) {
  return {
    uri: key,
    backend: endpoint.address,
    application_id: endpoint.applicationId,
    instance_id: endpoint.privateInstanceId,
    server_cert_domain_san: endpoint.serverCertDomainSan,
    protocol: endpoint.protocol,
    modification_tag: endpoint.modificationTag,
    isolation_segment: endpoint.isolationSegment === '' ? '-' : endpoint.isolationSegment,
    isTLS: endpoint.isTls,
  };
}

/** At a start all routes come at once and late; that would say nothing (gorouter.md §8). */
function measureRegistration(
  { endpointUpdatedAtNs }: Endpoint,
  metrics: RouterMetrics,
  clock: Clock,
  measuredFromMs: number,
): void {
  if (endpointUpdatedAtNs === 0 || clock.nowMs() < measuredFromMs) return;
  metrics.registrationLatency.add(clock.wallMs() - endpointUpdatedAtNs / 1e6);
}

/** Writes what happens to the table in the words of the original (gorouter.md §7). */
export function createTableLog(
  log: Log,
  metrics: RouterMetrics,
  clock: Clock,
  registrationMuzzleMs: number,
): RouteTableObserver {
  const measuredFromMs = clock.nowMs() + registrationMuzzleMs;
  const changes = new LimitedLog(INTAKE_LIMITS.tableLogsPerSecond, clock);
  const mistakes = new LimitedLog(INTAKE_LIMITS.rejectionLogsPerSecond, clock);
  return {
    routeRegistered: (key) => changes.add(log.info, 'route-registered', () => ({ uri: key })),
    endpointRegistered(key, endpoint, result) {
      if (result === 'added') {
        measureRegistration(endpoint, metrics, clock, measuredFromMs);
        changes.add(log.info, 'endpoint-registered', () => describe(key, endpoint));
      } else if (log.isEnabled('debug')) {
        // A heartbeat must cost next to nothing: it is only told when somebody listens.
        const message = result === 'unmodified' ? 'endpoint-not-registered' : 'endpoint-registered';
        log.debug(message, describe(key, endpoint));
      }
    },
    endpointUnregistered: (key, endpoint) =>
      changes.add(log.info, 'endpoint-unregistered', () => describe(key, endpoint)),
    endpointNotUnregistered: (key, endpoint) =>
      mistakes.add(log.info, 'endpoint-not-unregistered', () => describe(key, endpoint)),
    routeUnregistered: (key) => changes.add(log.info, 'route-unregistered', () => ({ uri: key })),
    loadBalancingRefused: (key, { algorithm }) =>
      mistakes.add(log.error, 'invalid-load-balancing-algorithm', () => ({ uri: key, algorithm })),
    routePruned(key, endpoints, isolationSegment) {
      metrics.count('routes_pruned', endpoints.length);
      changes.add(log.info, 'pruned-route', () => ({
        uri: key,
        endpoints: endpoints.map((endpoint) => endpoint.address),
        isolation_segment: isolationSegment,
      }));
    },
  };
}
