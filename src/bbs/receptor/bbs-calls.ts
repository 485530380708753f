/** The operations of the BBS that the receptor needs, by the paths of 2015 (diego.md §1.3). */
import {
  ActualLRPGroupByProcessGuidAndIndexRequest,
  ActualLRPGroupResponse,
  ActualLRPGroupsByProcessGuidRequest,
  ActualLRPGroupsRequest,
  ActualLRPGroupsResponse,
  ActualLRPLifecycleResponse,
  RetireActualLRPRequest,
} from '../../model/bbs/messages/actual-lrp.ts';
import {
  CellsResponse,
  DomainsResponse,
  UpsertDomainRequest,
  UpsertDomainResponse,
} from '../../model/bbs/messages/cells.ts';
import { Nothing } from '../../model/bbs/messages/common.ts';
import {
  DesiredLRPByProcessGuidRequest,
  DesiredLRPLifecycleResponse,
  DesiredLRPResponse,
  DesiredLRPsRequest,
  DesiredLRPsResponse,
  DesireLRPRequest,
  RemoveDesiredLRPRequest,
  UpdateDesiredLRPRequest,
} from '../../model/bbs/messages/desired-lrp.ts';
import {
  DesireTaskRequest,
  TaskByGuidRequest,
  TaskGuidRequest,
  TaskLifecycleResponse,
  TaskResponse,
  TasksRequest,
  TasksResponse,
} from '../../model/bbs/messages/tasks.ts';
import type { MessageType } from '../../model/protobuf/fields.ts';
import type { BbsApi } from '../api.ts';

export function bbsCalls(bbs: BbsApi) {
  const call =
    <Q, R>(path: string, request: MessageType<Q>, response: MessageType<R>) =>
    (fields: Partial<Q>): Promise<R> =>
      bbs.invoke(path, request, response, fields);
  const desired = DesiredLRPLifecycleResponse;
  return {
    desireTask: call('/v1/tasks/desire', DesireTaskRequest, TaskLifecycleResponse),
    tasks: call('/v1/tasks/list', TasksRequest, TasksResponse),
    task: call('/v1/tasks/get_by_task_guid', TaskByGuidRequest, TaskResponse),
    cancelTask: call('/v1/tasks/cancel', TaskGuidRequest, TaskLifecycleResponse),
    resolvingTask: call('/v1/tasks/resolving', TaskGuidRequest, TaskLifecycleResponse),
    deleteTask: call('/v1/tasks/delete', TaskGuidRequest, TaskLifecycleResponse),
    desireLrp: call('/v1/desired_lrp/desire', DesireLRPRequest, desired),
    desiredLrps: call('/v1/desired_lrps/list', DesiredLRPsRequest, DesiredLRPsResponse),
    desiredLrp: call(
      '/v1/desired_lrps/get_by_process_guid',
      DesiredLRPByProcessGuidRequest,
      DesiredLRPResponse,
    ),
    updateLrp: call('/v1/desired_lrp/update', UpdateDesiredLRPRequest, desired),
    removeLrp: call('/v1/desired_lrp/remove', RemoveDesiredLRPRequest, desired),
    groups: call('/v1/actual_lrp_groups/list', ActualLRPGroupsRequest, ActualLRPGroupsResponse),
    groupsOf: call(
      '/v1/actual_lrp_groups/list_by_process_guid',
      ActualLRPGroupsByProcessGuidRequest,
      ActualLRPGroupsResponse,
    ),
    group: call(
      '/v1/actual_lrp_groups/get_by_process_guid_and_index',
      ActualLRPGroupByProcessGuidAndIndexRequest,
      ActualLRPGroupResponse,
    ),
    retire: call('/v1/actual_lrps/retire', RetireActualLRPRequest, ActualLRPLifecycleResponse),
    cells: call('/v1/cells/list.r1', Nothing, CellsResponse),
    domains: call('/v1/domains/list', Nothing, DomainsResponse),
    upsertDomain: call('/v1/domains/upsert', UpsertDomainRequest, UpsertDomainResponse),
  };
}

export type BbsCalls = ReturnType<typeof bbsCalls>;
