import type { Log } from '../ports/log.ts';
import type { RouterMetrics } from './metrics.ts';
import type { Endpoint } from './table/endpoint.ts';
import type { PutResult, RouteTableObserver } from './table/route-table.ts';

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

/** Writes what happens to the table in the words of the original (gorouter.md §7). */
export function createTableLog(log: Log, metrics: RouterMetrics): RouteTableObserver {
  return {
    routeRegistered: (key) => log.info('route-registered', { uri: key }),
    endpointRegistered(key: string, endpoint: Endpoint, result: PutResult) {
      // A heartbeat must cost next to nothing: it is only told when somebody listens.
      if (result === 'added') log.info('endpoint-registered', describe(key, endpoint));
      else if (log.isEnabled('debug')) {
        const message = result === 'unmodified' ? 'endpoint-not-registered' : 'endpoint-registered';
        log.debug(message, describe(key, endpoint));
      }
    },
    endpointUnregistered: (key, endpoint) =>
      log.info('endpoint-unregistered', describe(key, endpoint)),
    endpointNotUnregistered: (key, endpoint) =>
      log.info('endpoint-not-unregistered', describe(key, endpoint)),
    routeUnregistered: (key) => log.info('route-unregistered', { uri: key }),
    loadBalancingRefused: (key, option) =>
      log.error('invalid-load-balancing-algorithm', { uri: key, algorithm: option.algorithm }),
    routePruned(key, endpoints, isolationSegment) {
      metrics.count('routes_pruned', endpoints.length);
      log.info('pruned-route', {
        uri: key,
        endpoints: endpoints.map((endpoint) => endpoint.address),
        isolation_segment: isolationSegment,
      });
    },
  };
}
