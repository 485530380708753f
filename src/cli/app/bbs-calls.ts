/** The calls to the BBS that the commands need; a refusal or a silence ends the command. */
import type { BbsAnswer } from '../../clients/bbs-client.ts';
import { ERROR_TYPES } from '../../model/bbs/errors.ts';
import {
  type ActualLRP,
  ActualLRPsRequest,
  ActualLRPsResponse,
} from '../../model/bbs/messages/actual-lrp.ts';
import {
  type CellPresence,
  CellsResponse,
  UpsertDomainRequest,
  UpsertDomainResponse,
} from '../../model/bbs/messages/cells.ts';
import { type ErrorMessage, Nothing } from '../../model/bbs/messages/common.ts';
import {
  type DesiredLRP,
  DesiredLRPLifecycleResponse,
  type DesiredLRPSchedulingInfo,
  DesiredLRPSchedulingInfosResponse,
  DesiredLRPsRequest,
  DesiredLRPUpdate,
  DesireLRPRequest,
  RemoveDesiredLRPRequest,
  UpdateDesiredLRPRequest,
} from '../../model/bbs/messages/desired-lrp.ts';
import {
  DesireTaskRequest,
  type Task,
  TaskByGuidRequest,
  type TaskDefinition,
  TaskGuidRequest,
  TaskLifecycleResponse,
  TaskResponse,
} from '../../model/bbs/messages/tasks.ts';
import type { MessageType } from '../../model/protobuf/fields.ts';
import { DOMAIN } from './app-model.ts';
import { failed, unreachable } from './failure.ts';
import { type Session, START_ADVICE } from './session.ts';

interface WithError {
  readonly error: ErrorMessage | undefined;
}

const isNotFound = (error: ErrorMessage | undefined): boolean =>
  error?.type === ERROR_TYPES.ResourceNotFound;

function answered<R>(session: Session, answer: BbsAnswer<R>): R {
  if (answer.ok) return answer.value;
  const { bbs_url } = session.node;
  if (answer.status === 0) {
    throw unreachable(`the BBS at ${bbs_url} cannot be reached: ${answer.message}`, START_ADVICE);
  }
  if (answer.status === 503) {
    throw unreachable(`the BBS at ${bbs_url} is not ready yet`, 'try again in a moment');
  }
  throw failed(`the BBS at ${bbs_url}: ${answer.message}`);
}

async function call<Q, R extends WithError>(
  session: Session,
  path: string,
  request: MessageType<Q>,
  response: MessageType<R>,
  fields: Partial<Q>,
): Promise<R> {
  return answered(session, await session.bbs.invoke(path, request, response, fields));
}

/** What the BBS refuses ends the command. */
function demand({ error }: WithError, what: string): void {
  if (error !== undefined) throw failed(`${what}: ${error.message}`);
}

export async function upsertDomain(session: Session): Promise<void> {
  const fields = { domain: DOMAIN, ttl: 0 };
  const path = '/v1/domains/upsert';
  demand(await call(session, path, UpsertDomainRequest, UpsertDomainResponse, fields), 'domain');
}

export async function desireLrp(session: Session, desired_lrp: DesiredLRP): Promise<void> {
  const path = '/v1/desired_lrp/desire.r2';
  const fields = { desired_lrp };
  const answer = await call(session, path, DesireLRPRequest, DesiredLRPLifecycleResponse, fields);
  demand(answer, 'the BBS refused the app');
}

/** False: it is not there any more. */
export async function updateLrp(
  session: Session,
  process_guid: string,
  update: Partial<DesiredLRPUpdate>,
): Promise<boolean> {
  const answer = await call(
    session,
    '/v1/desired_lrp/update',
    UpdateDesiredLRPRequest,
    DesiredLRPLifecycleResponse,
    { process_guid, update: DesiredLRPUpdate.create(update) },
  );
  if (isNotFound(answer.error)) return false;
  demand(answer, `${process_guid} cannot be changed`);
  return true;
}

/** That it is gone already is as good. */
export async function removeLrp(session: Session, process_guid: string): Promise<void> {
  const path = '/v1/desired_lrp/remove';
  const fields = { process_guid };
  const response = DesiredLRPLifecycleResponse;
  const answer = await call(session, path, RemoveDesiredLRPRequest, response, fields);
  if (!isNotFound(answer.error)) demand(answer, `${process_guid} cannot be removed`);
}

export async function listSchedulingInfos(
  session: Session,
): Promise<readonly DesiredLRPSchedulingInfo[]> {
  const answer = await call(
    session,
    '/v1/desired_lrp_scheduling_infos/list',
    DesiredLRPsRequest,
    DesiredLRPSchedulingInfosResponse,
    { domain: DOMAIN },
  );
  demand(answer, 'the apps cannot be listed');
  return answer.desired_lrp_scheduling_infos;
}

/** Filters are ANDed; instances that are being evacuated are in it too. */
export async function listInstances(
  session: Session,
  filter: Partial<InstanceFilter>,
): Promise<readonly ActualLRP[]> {
  const path = '/v1/actual_lrps/list';
  const answer = await call(session, path, ActualLRPsRequest, ActualLRPsResponse, filter);
  demand(answer, 'the instances cannot be listed');
  return answer.actual_lrps;
}

type InstanceFilter = ReturnType<typeof ActualLRPsRequest.create>;

export async function listCells(session: Session): Promise<readonly CellPresence[]> {
  const answer = await call(session, '/v1/cells/list.r1', Nothing, CellsResponse, {});
  demand(answer, 'the cells cannot be listed');
  return answer.cells.toSorted((one, other) => (one.cell_id < other.cell_id ? -1 : 1));
}

export async function desireTask(
  session: Session,
  task_guid: string,
  task_definition: TaskDefinition,
): Promise<void> {
  const path = '/v1/tasks/desire.r2';
  const fields = { task_guid, domain: DOMAIN, task_definition };
  const answer = await call(session, path, DesireTaskRequest, TaskLifecycleResponse, fields);
  demand(answer, 'the BBS refused the task');
}

export async function fetchTask(session: Session, task_guid: string): Promise<Task | undefined> {
  const path = '/v1/tasks/get_by_task_guid.r3';
  const answer = await call(session, path, TaskByGuidRequest, TaskResponse, { task_guid });
  if (isNotFound(answer.error)) return undefined;
  demand(answer, task_guid);
  return answer.task;
}

/** Whether it was there to be cancelled does not matter. */
export async function cancelTask(session: Session, task_guid: string): Promise<void> {
  const fields = { task_guid };
  await call(session, '/v1/tasks/cancel', TaskGuidRequest, TaskLifecycleResponse, fields);
}

/** A completed task stays until somebody says that its result was read. */
export async function deleteTask(session: Session, task_guid: string): Promise<void> {
  const fields = { task_guid };
  await call(session, '/v1/tasks/resolving', TaskGuidRequest, TaskLifecycleResponse, fields);
  await call(session, '/v1/tasks/delete', TaskGuidRequest, TaskLifecycleResponse, fields);
}
