import { bbsError, invalidRequest } from '../../model/bbs/errors.ts';
import {
  ActualLRPGroupByProcessGuidAndIndexRequest,
  ActualLRPGroupResponse,
  ActualLRPGroupsByProcessGuidRequest,
  ActualLRPGroupsRequest,
  ActualLRPGroupsResponse,
  ActualLRPLifecycleResponse,
  ActualLRPsByProcessGuidsRequest,
  ActualLRPsByProcessGuidsResponse,
  ActualLRPsRequest,
  ActualLRPsResponse,
  ClaimActualLRPRequest,
  CrashActualLRPRequest,
  EvacuateClaimedActualLRPRequest,
  EvacuateCrashedActualLRPRequest,
  EvacuateRunningActualLRPRequest,
  EvacuateStoppedActualLRPRequest,
  EvacuationResponse,
  FailActualLRPRequest,
  RemoveActualLRPRequest,
  RemoveEvacuatingActualLRPRequest,
  RemoveEvacuatingActualLRPResponse,
  RetireActualLRPRequest,
  StartActualLRPRequest,
} from '../../model/bbs/messages/actual-lrp.ts';
import type { Of } from '../../model/bbs/messages/common.ts';
import {
  type Evacuated,
  evacuateClaimed,
  evacuateCrashed,
  evacuateRunning,
  evacuateStopped,
  removeEvacuating,
} from '../operations/evacuations.ts';
import { claim, crash, fail, remove, retire, start } from '../operations/lifecycle-requests.ts';
import { findGroups, listActuals, listActualsByGuids } from '../operations/reads.ts';
import type { BbsState } from '../state.ts';
import { errorMessage, type Route, route, withError } from './route.ts';

const Lifecycle = ActualLRPLifecycleResponse;
const evacuation = async (done: Promise<Evacuated>) => {
  const { error, keep_container } = await done;
  return { ...withError(error), keep_container };
};

/** The r0 paths know neither internal routes nor metric tags (§1.4). */
const startAsR0 = (state: BbsState, request: Of<typeof StartActualLRPRequest>) =>
  start(state, { ...request, actual_lrp_internal_routes: [], metric_tags: new Map() });

const evacuateRunningAsR0 = (
  state: BbsState,
  request: Of<typeof EvacuateRunningActualLRPRequest>,
) => evacuateRunning(state, { ...request, actual_lrp_internal_routes: [], metric_tags: new Map() });

const READS: readonly Route[] = [
  route('/v1/actual_lrps/list', ActualLRPsRequest, ActualLRPsResponse, listActuals),
  route(
    '/v1/actual_lrps/list_by_process_guids',
    ActualLRPsByProcessGuidsRequest,
    ActualLRPsByProcessGuidsResponse,
    (state, { process_guids }) =>
      process_guids.length === 0
        ? { error: errorMessage(invalidRequest('process_guids must not be empty')) }
        : listActualsByGuids(state, process_guids),
  ),
  route(
    '/v1/actual_lrp_groups/list',
    ActualLRPGroupsRequest,
    ActualLRPGroupsResponse,
    (state, request) => ({ actual_lrp_groups: findGroups(state, request) }),
  ),
  route(
    '/v1/actual_lrp_groups/list_by_process_guid',
    ActualLRPGroupsByProcessGuidRequest,
    ActualLRPGroupsResponse,
    (state, { process_guid }) => ({
      actual_lrp_groups: findGroups(state, { domain: '', cell_id: '', process_guid }),
    }),
  ),
  route(
    '/v1/actual_lrp_groups/get_by_process_guid_and_index',
    ActualLRPGroupByProcessGuidAndIndexRequest,
    ActualLRPGroupResponse,
    (state, { process_guid, index }) => {
      const filter = { domain: '', cell_id: '', process_guid, index };
      const [actual_lrp_group] = findGroups(state, filter);
      return actual_lrp_group === undefined
        ? { error: errorMessage(bbsError('ResourceNotFound')) }
        : { actual_lrp_group };
    },
  ),
];

const WRITES: readonly Route[] = [
  route('/v1/actual_lrps/claim', ClaimActualLRPRequest, Lifecycle, async (state, request) =>
    withError(await claim(state, request)),
  ),
  route('/v1/actual_lrps/start', StartActualLRPRequest, Lifecycle, async (state, request) =>
    withError(await startAsR0(state, request)),
  ),
  route('/v1/actual_lrps/start.r1', StartActualLRPRequest, Lifecycle, async (state, request) =>
    withError(await start(state, request)),
  ),
  route('/v1/actual_lrps/crash', CrashActualLRPRequest, Lifecycle, async (state, request) =>
    withError(await crash(state, request)),
  ),
  route('/v1/actual_lrps/fail', FailActualLRPRequest, Lifecycle, async (state, request) =>
    withError(await fail(state, request)),
  ),
  route('/v1/actual_lrps/remove', RemoveActualLRPRequest, Lifecycle, async (state, request) =>
    withError(await remove(state, request)),
  ),
  route(
    '/v1/actual_lrps/retire',
    RetireActualLRPRequest,
    Lifecycle,
    async (state, request, traceId) => withError(await retire(state, request, traceId)),
  ),
];

const EVACUATIONS: readonly Route[] = [
  route(
    '/v1/actual_lrps/remove_evacuating',
    RemoveEvacuatingActualLRPRequest,
    RemoveEvacuatingActualLRPResponse,
    async (state, request) => withError(await removeEvacuating(state, request)),
  ),
  route(
    '/v1/actual_lrps/evacuate_claimed',
    EvacuateClaimedActualLRPRequest,
    EvacuationResponse,
    (state, request) => evacuation(evacuateClaimed(state, request)),
  ),
  route(
    '/v1/actual_lrps/evacuate_crashed',
    EvacuateCrashedActualLRPRequest,
    EvacuationResponse,
    (state, request) => evacuation(evacuateCrashed(state, request)),
  ),
  route(
    '/v1/actual_lrps/evacuate_stopped',
    EvacuateStoppedActualLRPRequest,
    EvacuationResponse,
    (state, request) => evacuation(evacuateStopped(state, request)),
  ),
  route(
    '/v1/actual_lrps/evacuate_running',
    EvacuateRunningActualLRPRequest,
    EvacuationResponse,
    (state, request) => evacuation(evacuateRunningAsR0(state, request)),
  ),
  route(
    '/v1/actual_lrps/evacuate_running.r1',
    EvacuateRunningActualLRPRequest,
    EvacuationResponse,
    (state, request) => evacuation(evacuateRunning(state, request)),
  ),
];

export const ACTUAL_ROUTES: readonly Route[] = [...READS, ...WRITES, ...EVACUATIONS];
