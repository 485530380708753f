import { taskForR2 } from '../../model/bbs/down-convert.ts';
import { bbsError } from '../../model/bbs/errors.ts';
import {
  CompleteTaskRequest,
  ConvergeTasksRequest,
  ConvergeTasksResponse,
  DesireTaskRequest,
  FailTaskRequest,
  RejectTaskRequest,
  StartTaskRequest,
  StartTaskResponse,
  TaskByGuidRequest,
  TaskGuidRequest,
  TaskLifecycleResponse,
  TaskResponse,
  TasksRequest,
  TasksResponse,
} from '../../model/bbs/messages/tasks.ts';
import { taskFrom2015 } from '../../model/bbs/up-convert.ts';
import { convergeTasks } from '../convergence/converge-tasks.ts';
import { findTasks, listTasks, oneEncoded } from '../operations/reads.ts';
import { completeTask, desireTask, startTask, stepTask } from '../operations/tasks.ts';
import { errorMessage, type Route, RULES_OF_2015, route, withError } from './route.ts';

const Lifecycle = TaskLifecycleResponse;
const MISSING = { error: errorMessage(bbsError('ResourceNotFound')) };

const listAsR2 = (path: string): Route =>
  route(path, TasksRequest, TasksResponse, (state, request) => ({
    tasks: findTasks(state, request).map(({ message }) => taskForR2(message)),
  }));

/** In 2015 a GET with a body (§1.3). */
const getAsR2 = (path: string, methods: Route['methods']): Route =>
  route(
    path,
    TaskByGuidRequest,
    TaskResponse,
    (state, { task_guid }) => {
      const record = state.image.tasks.get(task_guid);
      return record === undefined ? MISSING : { task: taskForR2(record.message) };
    },
    { methods },
  );

/** Of 2015: timeouts in nanoseconds. */
const DESIRE_2015 = route(
  '/v1/tasks/desire',
  DesireTaskRequest,
  Lifecycle,
  async (state, request) => {
    const { task_definition: given } = request;
    const task_definition = given && taskFrom2015(given);
    return withError(await desireTask(state, { ...request, task_definition }));
  },
  { rules: RULES_OF_2015 },
);

const commandAt = (path: string, type: 'CANCEL' | 'RESOLVE' | 'DELETE'): Route =>
  route(path, TaskGuidRequest, Lifecycle, async (state, { task_guid }) =>
    withError((await stepTask(state, task_guid, { type })).error),
  );

export const TASK_ROUTES: readonly Route[] = [
  listAsR2('/v1/tasks/list'),
  listAsR2('/v1/tasks/list.r2'),
  route('/v1/tasks/list.r3', TasksRequest, TasksResponse, listTasks),
  getAsR2('/v1/tasks/get_by_task_guid', ['GET', 'POST']),
  getAsR2('/v1/tasks/get_by_task_guid.r2', ['POST']),
  route('/v1/tasks/get_by_task_guid.r3', TaskByGuidRequest, TaskResponse, (state, request) => {
    const record = state.image.tasks.get(request.task_guid);
    return record === undefined ? MISSING : oneEncoded(record.bytes);
  }),
  DESIRE_2015,
  route('/v1/tasks/desire.r2', DesireTaskRequest, Lifecycle, async (state, request) =>
    withError(await desireTask(state, request)),
  ),
  route('/v1/tasks/start', StartTaskRequest, StartTaskResponse, async (state, request) => {
    const { error, should_start } = await startTask(state, request);
    return { ...withError(error), should_start };
  }),
  commandAt('/v1/tasks/cancel', 'CANCEL'),
  route('/v1/tasks/fail', FailTaskRequest, Lifecycle, async (state, request) => {
    const { task_guid, failure_reason: reason } = request;
    return withError((await stepTask(state, task_guid, { type: 'FAIL', reason })).error);
  }),
  route('/v1/tasks/reject', RejectTaskRequest, Lifecycle, async (state, request) => {
    const { task_guid, rejection_reason: reason } = request;
    const { maxTaskRetries: maxRetries } = state.options;
    const command = { type: 'REJECT', reason, maxRetries } as const;
    return withError((await stepTask(state, task_guid, command)).error);
  }),
  route('/v1/tasks/complete', CompleteTaskRequest, Lifecycle, async (state, request) =>
    withError(await completeTask(state, request)),
  ),
  commandAt('/v1/tasks/resolving', 'RESOLVE'),
  commandAt('/v1/tasks/delete', 'DELETE'),
  route(
    '/v1/tasks/converge',
    ConvergeTasksRequest,
    ConvergeTasksResponse,
    async (state, request) => {
      await convergeTasks(state, request);
      return {};
    },
  ),
];
