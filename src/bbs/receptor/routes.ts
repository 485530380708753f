/** What each route of the receptor does (diego.md §12.1). */
import { resolvedOf } from '../../model/bbs/group.ts';
import type { ActualLRPGroup } from '../../model/bbs/messages/actual-lrp.ts';
import {
  cellJson,
  desiredLrpJson,
  groupJson,
  readDesiredLrp,
  readDesiredLrpUpdate,
  readTask,
  taskJson,
} from '../../model/receptor/resources.ts';
import type { BbsCalls } from './bbs-calls.ts';
import {
  type Answer,
  type BbsFailure,
  desiredNotFound,
  indexNotFound,
  isType,
  refusal,
  taskNotFound,
  unknownError,
} from './refusals.ts';

export interface ReceptorRequest {
  /** Of the path, decoded; empty when the route has no such part. */
  parameter(name: string): string;
  /** The `domain` of the query; empty: all. */
  readonly domain: string;
  readonly cacheControl: string | undefined;
  readonly body: string;
}

type Handler = (bbs: BbsCalls, request: ReceptorRequest) => Promise<Answer>;

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly handle: Handler;
}

const CREATED: Answer = { status: 201 };
const NO_CONTENT: Answer = { status: 204 };
const OK: Answer = { status: 200 };
const found = (json: unknown): Answer => ({ status: 200, json });

const invalidJson = (message: string): Answer => refusal(400, 'InvalidJSON', message);
const failure = (error: NonNullable<BbsFailure>): Answer => unknownError(error.message);

/** Those that are there: a repeated message is never absent on the wire. */
const present = <T>(items: readonly (T | undefined)[]): T[] =>
  items.filter((item) => item !== undefined);

const createTask: Handler = async (bbs, { body }) => {
  const read = readTask(body);
  if (!read.ok) return invalidJson(read.message);
  const { error } = await bbs.desireTask(read.value);
  if (error === undefined) return CREATED;
  if (isType(error, 'InvalidRequest')) return refusal(400, 'InvalidTask', error.message);
  if (isType(error, 'ResourceExists')) {
    return refusal(409, 'TaskGuidAlreadyExists', 'task already exists');
  }
  return failure(error);
};

const listTasks: Handler = async (bbs, { domain }) => {
  const { error, tasks } = await bbs.tasks({ domain });
  return error === undefined ? found(present(tasks).map(taskJson)) : failure(error);
};

const getTask: Handler = async (bbs, { parameter }) => {
  const guid = parameter('task_guid');
  const { error, task } = await bbs.task({ task_guid: guid });
  if (task !== undefined && error === undefined) return found(taskJson(task));
  if (error === undefined || isType(error, 'ResourceNotFound')) return taskNotFound(guid);
  return failure(error);
};

const NOT_COMPLETED = 'This task has not been completed. Please retry when it is completed.';

const deleteTask: Handler = async (bbs, { parameter }) => {
  const task_guid = parameter('task_guid');
  const { error } = await bbs.resolvingTask({ task_guid });
  if (isType(error, 'ResourceNotFound')) return taskNotFound(task_guid);
  if (isType(error, 'InvalidStateTransition')) {
    return refusal(409, 'TaskNotDeletable', NOT_COMPLETED);
  }
  if (error !== undefined) return failure(error);
  const deleted = await bbs.deleteTask({ task_guid });
  return deleted.error === undefined ? OK : failure(deleted.error);
};

const cancelTask: Handler = async (bbs, { parameter }) => {
  const task_guid = parameter('task_guid');
  const { error } = await bbs.cancelTask({ task_guid });
  if (error === undefined) return OK;
  return isType(error, 'ResourceNotFound') ? taskNotFound(task_guid) : failure(error);
};

const createDesiredLrp: Handler = async (bbs, { body }) => {
  const read = readDesiredLrp(body);
  if (!read.ok) return invalidJson(read.message);
  const { error } = await bbs.desireLrp({ desired_lrp: read.value });
  if (error === undefined) return CREATED;
  if (isType(error, 'InvalidRequest')) return refusal(400, 'InvalidLRP', error.message);
  if (isType(error, 'ResourceExists')) {
    const message = `Desired LRP with guid '${read.value.process_guid}' already exists`;
    return refusal(409, 'DesiredLRPAlreadyExists', message);
  }
  return failure(error);
};

const listDesiredLrps: Handler = async (bbs, { domain }) => {
  const { error, desired_lrps: lrps } = await bbs.desiredLrps({ domain });
  return error === undefined ? found(present(lrps).map(desiredLrpJson)) : failure(error);
};

const getDesiredLrp: Handler = async (bbs, { parameter }) => {
  const guid = parameter('process_guid');
  const { error, desired_lrp: lrp } = await bbs.desiredLrp({ process_guid: guid });
  if (lrp !== undefined && error === undefined) return found(desiredLrpJson(lrp));
  if (error === undefined || isType(error, 'ResourceNotFound')) return desiredNotFound(guid);
  return failure(error);
};

/** What a change of a desired LRP was refused with. */
function changeRefused(guid: string, error: NonNullable<BbsFailure>): Answer {
  if (isType(error, 'ResourceNotFound')) return desiredNotFound(guid);
  if (isType(error, 'InvalidRequest')) return refusal(400, 'InvalidLRP', error.message);
  if (isType(error, 'ResourceConflict')) {
    const message = `Desired LRP with guid '${guid}' failed to update`;
    return refusal(500, 'ResourceConflict', message);
  }
  return failure(error);
}

const updateDesiredLrp: Handler = async (bbs, { parameter, body }) => {
  const process_guid = parameter('process_guid');
  const read = readDesiredLrpUpdate(body);
  if (!read.ok) return invalidJson(read.message);
  const { error } = await bbs.updateLrp({ process_guid, update: read.value });
  return error === undefined ? NO_CONTENT : changeRefused(process_guid, error);
};

const deleteDesiredLrp: Handler = async (bbs, { parameter }) => {
  const process_guid = parameter('process_guid');
  const { error } = await bbs.removeLrp({ process_guid });
  return error === undefined ? NO_CONTENT : changeRefused(process_guid, error);
};

const groupsJson = (groups: readonly (ActualLRPGroup | undefined)[]): Answer =>
  found(present(groups.map(groupJson)));

const listActualLrps: Handler = async (bbs, { domain }) => {
  const { error, actual_lrp_groups: groups } = await bbs.groups({ domain });
  return error === undefined ? groupsJson(groups) : failure(error);
};

const listActualLrpsOf: Handler = async (bbs, { parameter }) => {
  const process_guid = parameter('process_guid');
  const { error, actual_lrp_groups: groups } = await bbs.groupsOf({ process_guid });
  return error === undefined ? groupsJson(groups) : failure(error);
};

const INDEX = /^[0-9]{1,10}$/;
const MAX_INDEX = 2 ** 31 - 1;

function indexOf({ parameter }: ReceptorRequest): number | undefined {
  const index = parameter('index');
  return INDEX.test(index) && Number(index) <= MAX_INDEX ? Number(index) : undefined;
}

const WRONG_INDEX = refusal(400, 'InvalidRequest', 'index not a number');

const getActualLrp: Handler = async (bbs, request) => {
  const index = indexOf(request);
  if (index === undefined) return WRONG_INDEX;
  const process_guid = request.parameter('process_guid');
  const { error, actual_lrp_group: group } = await bbs.group({ process_guid, index });
  if (error !== undefined && !isType(error, 'ResourceNotFound')) return failure(error);
  const json = error === undefined ? groupJson(group) : undefined;
  // The original answers null here, not an error.
  return json === undefined ? { status: 404, json: null } : found(json);
};

const retireActualLrp: Handler = async (bbs, request) => {
  const index = indexOf(request);
  if (index === undefined) return WRONG_INDEX;
  const process_guid = request.parameter('process_guid');
  const { error, actual_lrp_group: group } = await bbs.group({ process_guid, index });
  if (error !== undefined && !isType(error, 'ResourceNotFound')) return failure(error);
  const row = group === undefined ? undefined : resolvedOf(group);
  if (row === undefined) return indexNotFound(process_guid, index);
  const retired = await bbs.retire({ actual_lrp_key: row.actual_lrp_key });
  if (retired.error === undefined) return NO_CONTENT;
  return isType(retired.error, 'ResourceNotFound')
    ? indexNotFound(process_guid, index)
    : failure(retired.error);
};

const listCells: Handler = async (bbs) => {
  const { error, cells } = await bbs.cells({});
  return error === undefined ? found(present(cells).map(cellJson)) : failure(error);
};

const listDomains: Handler = async (bbs) => {
  const { error, domains } = await bbs.domains({});
  return error === undefined ? found(domains) : failure(error);
};

const MAX_AGE = /^max-age=([0-9]{1,10})$/i;
const MAX_UINT32 = 2 ** 32 - 1;

/** Seconds; 0, for ever, without the header. A text is what is wrong with the header. */
function maxAgeOf(cacheControl: string | undefined): number | string {
  if (cacheControl === undefined) return 0;
  for (const part of cacheControl.split(',')) {
    const directive = part.trim();
    if (!directive.toLowerCase().startsWith('max-age=')) continue;
    const seconds = Number(MAX_AGE.exec(directive)?.[1] ?? Number.NaN);
    return seconds <= MAX_UINT32 ? seconds : `invalid-max-age-directive: ${directive}`;
  }
  return 'max-age directive missing from request';
}

const upsertDomain: Handler = async (bbs, { parameter, cacheControl }) => {
  const ttl = maxAgeOf(cacheControl);
  if (typeof ttl === 'string') return refusal(400, 'InvalidRequest', ttl);
  const { error } = await bbs.upsertDomain({ domain: parameter('domain'), ttl });
  if (error === undefined) return NO_CONTENT;
  if (isType(error, 'InvalidRequest')) return refusal(400, 'InvalidDomain', error.message);
  return failure(error);
};

/** All but the event stream and the cookie, which are no calls of the BBS. */
export const ROUTES: readonly Route[] = [
  { method: 'POST', path: '/v1/tasks', handle: createTask },
  { method: 'GET', path: '/v1/tasks', handle: listTasks },
  { method: 'GET', path: '/v1/tasks/:task_guid', handle: getTask },
  { method: 'DELETE', path: '/v1/tasks/:task_guid', handle: deleteTask },
  { method: 'POST', path: '/v1/tasks/:task_guid/cancel', handle: cancelTask },
  { method: 'POST', path: '/v1/desired_lrps', handle: createDesiredLrp },
  { method: 'GET', path: '/v1/desired_lrps', handle: listDesiredLrps },
  { method: 'GET', path: '/v1/desired_lrps/:process_guid', handle: getDesiredLrp },
  { method: 'PUT', path: '/v1/desired_lrps/:process_guid', handle: updateDesiredLrp },
  { method: 'DELETE', path: '/v1/desired_lrps/:process_guid', handle: deleteDesiredLrp },
  { method: 'GET', path: '/v1/actual_lrps', handle: listActualLrps },
  { method: 'GET', path: '/v1/actual_lrps/:process_guid', handle: listActualLrpsOf },
  { method: 'GET', path: '/v1/actual_lrps/:process_guid/index/:index', handle: getActualLrp },
  { method: 'DELETE', path: '/v1/actual_lrps/:process_guid/index/:index', handle: retireActualLrp },
  { method: 'GET', path: '/v1/cells', handle: listCells },
  { method: 'PUT', path: '/v1/domains/:domain', handle: upsertDomain },
  { method: 'GET', path: '/v1/domains', handle: listDomains },
];
