/** The calls of a cell to the BBS (diego.md §13.6): what was refused is an answer. */
import type { BbsClient } from '../../clients/bbs-client.ts';
import { ERROR_TYPES, type ErrorType } from '../../model/bbs/errors.ts';
import {
  type ActualLRP,
  type ActualLRPInstanceKey,
  type ActualLRPKey,
  ActualLRPLifecycleResponse,
  type ActualLRPNetInfo,
  ActualLRPsRequest,
  ActualLRPsResponse,
  ClaimActualLRPRequest,
  CrashActualLRPRequest,
  EvacuateClaimedActualLRPRequest,
  EvacuateCrashedActualLRPRequest,
  EvacuateRunningActualLRPRequest,
  EvacuateStoppedActualLRPRequest,
  EvacuationResponse,
  RemoveActualLRPRequest,
  RemoveEvacuatingActualLRPRequest,
  RemoveEvacuatingActualLRPResponse,
  StartActualLRPRequest,
} from '../../model/bbs/messages/actual-lrp.ts';
import {
  DesiredLRPByProcessGuidRequest,
  DesiredLRPResponse,
} from '../../model/bbs/messages/desired-lrp.ts';
import {
  CompleteTaskRequest,
  RejectTaskRequest,
  StartTaskRequest,
  StartTaskResponse,
  TaskByGuidRequest,
  TaskLifecycleResponse,
  TaskResponse,
  TasksRequest,
  TasksResponse,
} from '../../model/bbs/messages/tasks.ts';
import type { MessageType } from '../../model/protobuf/fields.ts';
import type { InstanceNews } from '../state.ts';

export type Refused = { readonly type: ErrorType | 'Unreachable'; readonly message: string };
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: Refused };

/** An LRP of this cell. */
export interface Instance {
  readonly key: ActualLRPKey;
  readonly instanceKey: ActualLRPInstanceKey;
}

export interface Whereabouts extends InstanceNews {
  readonly netInfo: ActualLRPNetInfo;
  readonly isRoutable: boolean;
  readonly zone: string;
}

const NAMES = new Map<number, ErrorType>(
  Object.entries(ERROR_TYPES).map(([name, number]) => [number, name as ErrorType]),
);

interface WithError {
  readonly error: { readonly type: number; readonly message: string } | undefined;
}

type Call = <Q, R extends WithError>(
  path: string,
  request: MessageType<Q>,
  response: MessageType<R>,
  fields: Partial<Q>,
) => Promise<Outcome<R>>;

const createCall =
  (bbs: BbsClient): Call =>
  async (path, request, response, fields) => {
    const answer = await bbs.invoke(path, request, response, fields);
    if (!answer.ok) {
      return { ok: false, error: { type: 'Unreachable', message: answer.message } };
    }
    const { error } = answer.value;
    if (error === undefined) return { ok: true, value: answer.value };
    const type = NAMES.get(error.type) ?? 'UnknownError';
    return { ok: false, error: { type, message: error.message } };
  };

const taskCalls = (call: Call, cellId: string) => ({
  startTask: (task_guid: string) =>
    call('/v1/tasks/start', StartTaskRequest, StartTaskResponse, { task_guid, cell_id: cellId }),
  completeTask: (task_guid: string, failed: boolean, failure_reason: string, result: string) =>
    call('/v1/tasks/complete', CompleteTaskRequest, TaskLifecycleResponse, {
      task_guid,
      cell_id: cellId,
      failed,
      failure_reason,
      result,
    }),
  rejectTask: (task_guid: string, rejection_reason: string) =>
    call('/v1/tasks/reject', RejectTaskRequest, TaskLifecycleResponse, {
      task_guid,
      rejection_reason,
    }),
  task: (task_guid: string) =>
    call('/v1/tasks/get_by_task_guid.r3', TaskByGuidRequest, TaskResponse, { task_guid }),
  tasks: () => call('/v1/tasks/list.r3', TasksRequest, TasksResponse, { cell_id: cellId }),
});

function lrpCalls(call: Call, cellId: string) {
  const both = ({ key, instanceKey }: Instance) => ({
    actual_lrp_key: key,
    actual_lrp_instance_key: instanceKey,
  });
  const byIndex = ({ key, instanceKey }: Instance) => ({
    process_guid: key.process_guid,
    index: key.index,
    actual_lrp_instance_key: instanceKey,
  });
  const placed = ({ netInfo, internalRoutes, metricTags, isRoutable, zone }: Whereabouts) => ({
    actual_lrp_net_info: netInfo,
    actual_lrp_internal_routes: internalRoutes,
    metric_tags: metricTags as Map<string, string>,
    Routable: isRoutable,
    availability_zone: zone,
  });
  const lifecycle = <Q>(path: string, request: MessageType<Q>, fields: Partial<Q>) =>
    call(`/v1/actual_lrps/${path}`, request, ActualLRPLifecycleResponse, fields);
  const evacuation = <Q>(path: string, request: MessageType<Q>, fields: Partial<Q>) =>
    call(`/v1/actual_lrps/${path}`, request, EvacuationResponse, fields);

  return {
    claim: (own: Instance) => lifecycle('claim', ClaimActualLRPRequest, byIndex(own)),
    start: (own: Instance, where: Whereabouts) =>
      lifecycle('start.r1', StartActualLRPRequest, { ...both(own), ...placed(where) }),
    crash: (own: Instance, error_message: string) =>
      lifecycle('crash', CrashActualLRPRequest, { ...both(own), error_message }),
    remove: (own: Instance) => lifecycle('remove', RemoveActualLRPRequest, byIndex(own)),
    removeEvacuating: (own: Instance) =>
      call(
        '/v1/actual_lrps/remove_evacuating',
        RemoveEvacuatingActualLRPRequest,
        RemoveEvacuatingActualLRPResponse,
        both(own),
      ),
    evacuateClaimed: (own: Instance) =>
      evacuation('evacuate_claimed', EvacuateClaimedActualLRPRequest, both(own)),
    evacuateRunning: (own: Instance, where: Whereabouts) =>
      evacuation('evacuate_running.r1', EvacuateRunningActualLRPRequest, {
        ...both(own),
        ...placed(where),
      }),
    evacuateStopped: (own: Instance) =>
      evacuation('evacuate_stopped', EvacuateStoppedActualLRPRequest, both(own)),
    evacuateCrashed: (own: Instance, error_message: string) =>
      evacuation('evacuate_crashed', EvacuateCrashedActualLRPRequest, {
        ...both(own),
        error_message,
      }),
    async desired(process_guid: string) {
      const path = '/v1/desired_lrps/get_by_process_guid.r3';
      return await call(path, DesiredLRPByProcessGuidRequest, DesiredLRPResponse, { process_guid });
    },
    async actuals(): Promise<Outcome<readonly ActualLRP[]>> {
      const answer = await call('/v1/actual_lrps/list', ActualLRPsRequest, ActualLRPsResponse, {
        cell_id: cellId,
      });
      return answer.ok ? { ok: true, value: answer.value.actual_lrps } : answer;
    },
  };
}

export const createBbsCalls = (bbs: BbsClient, cellId: string) => {
  const call = createCall(bbs);
  return { ...lrpCalls(call, cellId), ...taskCalls(call, cellId) };
};

export type BbsCalls = ReturnType<typeof createBbsCalls>;
