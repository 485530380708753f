import type { AppInstance, ProcessInstance } from '../../model/cf-instance-header.ts';
import type { Endpoint } from './endpoint.ts';
import { Pool, type PoolMember } from './pool.ts';

/**
 * The one endpoint that `X-CF-App-Instance` names; of several with the same index, as during a
 * rolling deployment, the last one (gorouter.md §3.8). Undefined when there is none.
 */
export function poolOfAppInstance(pool: Pool, wanted: AppInstance): Pool | undefined {
  const found = pool.members.findLast(
    ({ endpoint }) =>
      endpoint.applicationId === wanted.applicationId &&
      endpoint.privateInstanceIndex === wanted.index,
  );
  return found === undefined ? undefined : copyWith(pool, [found]);
}

/** All endpoints of the process that `X-CF-Process-Instance` names (gorouter.md §3.8). */
export function poolOfProcessInstance(pool: Pool, wanted: ProcessInstance): Pool | undefined {
  const found = pool.members.filter(({ endpoint }) => isOfProcess(endpoint, wanted));
  return found.length === 0 ? undefined : copyWith(pool, found);
}

function isOfProcess(endpoint: Endpoint, wanted: ProcessInstance): boolean {
  if (endpoint.tags?.['process_id'] !== wanted.processId) return false;
  return wanted.index === '' || endpoint.privateInstanceIndex === wanted.index;
}

/** A pool for one request. Failures seen in it leave the table's pool as it is. */
function copyWith(pool: Pool, members: readonly PoolMember[]): Pool {
  const copy = new Pool(pool.key, pool.contextPath, pool.updatedAtMs);
  copy.members = members.map((member) => ({ ...member }));
  copy.routeServiceUrl = pool.routeServiceUrl;
  copy.loadBalancing = pool.loadBalancing;
  return copy;
}
