import { desiredLrpForR2 } from '../../model/bbs/down-convert.ts';
import { bbsError } from '../../model/bbs/errors.ts';
import {
  DesiredLRPByProcessGuidRequest,
  DesiredLRPLifecycleResponse,
  DesiredLRPResponse,
  DesiredLRPSchedulingInfoByProcessGuidResponse,
  DesiredLRPSchedulingInfosResponse,
  DesiredLRPsRequest,
  DesiredLRPsResponse,
  DesireLRPRequest,
  RemoveDesiredLRPRequest,
  UpdateDesiredLRPRequest,
} from '../../model/bbs/messages/desired-lrp.ts';
import { asRead } from '../../model/bbs/scheduling-info.ts';
import { desiredLrpFrom2015 } from '../../model/bbs/up-convert.ts';
import { desire, removeDesired, update } from '../operations/desired-lrps.ts';
import {
  answerOf,
  findDesireds,
  listDesireds,
  listRoutingInfos,
  listSchedulingInfos,
  oneEncoded,
  schedulingInfoBytes,
} from '../operations/reads.ts';
import { errorMessage, type Route, RULES_OF_2015, route, withError } from './route.ts';

const MISSING = { error: errorMessage(bbsError('ResourceNotFound')) };
const Lifecycle = DesiredLRPLifecycleResponse;

/** The deprecated form: image layers turned back (§1.4). */
const listAsR2 = (path: string): Route =>
  route(path, DesiredLRPsRequest, DesiredLRPsResponse, (state, request) => ({
    desired_lrps: findDesireds(state, request).map(({ message }) =>
      desiredLrpForR2(asRead(message)),
    ),
  }));

const getAsR2 = (path: string): Route =>
  route(path, DesiredLRPByProcessGuidRequest, DesiredLRPResponse, (state, { process_guid }) => {
    const record = state.image.desireds.get(process_guid);
    return record === undefined
      ? MISSING
      : { desired_lrp: desiredLrpForR2(asRead(record.message)) };
  });

/** Of 2015: timeouts in other units, no metric tags (Appendix B). */
const DESIRE_2015 = route(
  '/v1/desired_lrp/desire',
  DesireLRPRequest,
  Lifecycle,
  async (state, { desired_lrp }, traceId) => {
    const request = { desired_lrp: desired_lrp && desiredLrpFrom2015(desired_lrp) };
    return withError(await desire(state, request, traceId));
  },
  { rules: RULES_OF_2015 },
);

export const DESIRED_ROUTES: readonly Route[] = [
  listAsR2('/v1/desired_lrps/list'),
  listAsR2('/v1/desired_lrps/list.r2'),
  route('/v1/desired_lrps/list.r3', DesiredLRPsRequest, DesiredLRPsResponse, listDesireds),
  getAsR2('/v1/desired_lrps/get_by_process_guid'),
  getAsR2('/v1/desired_lrps/get_by_process_guid.r2'),
  route(
    '/v1/desired_lrps/get_by_process_guid.r3',
    DesiredLRPByProcessGuidRequest,
    DesiredLRPResponse,
    (state, { process_guid }) => {
      const record = state.image.desireds.get(process_guid);
      return record === undefined ? MISSING : oneEncoded(answerOf(record));
    },
  ),
  route(
    '/v1/desired_lrp_scheduling_infos/list',
    DesiredLRPsRequest,
    DesiredLRPSchedulingInfosResponse,
    listSchedulingInfos,
  ),
  route(
    '/v1/desired_lrp_scheduling_infos/get_by_process_guid',
    DesiredLRPByProcessGuidRequest,
    DesiredLRPSchedulingInfoByProcessGuidResponse,
    (state, { process_guid }) => {
      const record = state.image.desireds.get(process_guid);
      return record === undefined ? MISSING : oneEncoded(schedulingInfoBytes(record));
    },
  ),
  route(
    '/v1/desired_lrp_routing_infos/list',
    DesiredLRPsRequest,
    DesiredLRPsResponse,
    listRoutingInfos,
  ),
  DESIRE_2015,
  route('/v1/desired_lrp/desire.r2', DesireLRPRequest, Lifecycle, async (state, request, traceId) =>
    withError(await desire(state, request, traceId)),
  ),
  route(
    '/v1/desired_lrp/update',
    UpdateDesiredLRPRequest,
    Lifecycle,
    async (state, request, traceId) => withError(await update(state, request, traceId)),
  ),
  route(
    '/v1/desired_lrp/remove',
    RemoveDesiredLRPRequest,
    Lifecycle,
    async (state, request, traceId) => withError(await removeDesired(state, request, traceId)),
  ),
];
