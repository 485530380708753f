/** What becomes of a completed task whose owner left an address (diego.md §6.3). */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import {
  CompleteTaskRequest,
  DesireTaskRequest,
  StartTaskRequest,
  StartTaskResponse,
  TASK_STATE,
  type Task,
  TaskByGuidRequest,
  TaskLifecycleResponse,
  TaskResponse,
} from '../../../src/model/bbs/messages/tasks.ts';
import { freePort } from '../../support/free-ports.ts';
import { cleanUpLater, openScene, type Scene } from './operations-kit.ts';
import { taskDefinition } from './requests.ts';

/** Answers every callback with this status, and keeps the bodies. */
async function startOwner(status: number): Promise<{ url: string; bodies: string[] }> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      bodies.push(body);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUpLater(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/done`, bodies };
}

/** The task after it was completed and everybody was told; undefined: it is gone. */
async function complete({ bbs, user }: Scene, url: string): Promise<Task | undefined> {
  const task_guid = 'task';
  await user.post('/v1/tasks/desire.r2', DesireTaskRequest, TaskLifecycleResponse, {
    task_guid,
    domain: 'dom',
    task_definition: taskDefinition({ completion_callback_url: url, annotation: 'note' }),
  });
  const placed = { task_guid, cell_id: 'cell-a' };
  await user.post('/v1/tasks/start', StartTaskRequest, StartTaskResponse, placed);
  await user.post('/v1/tasks/complete', CompleteTaskRequest, TaskLifecycleResponse, {
    ...placed,
    result: 'done',
  });
  await bbs.idle();
  const path = '/v1/tasks/get_by_task_guid.r3';
  return (await user.post(path, TaskByGuidRequest, TaskResponse, { task_guid })).task;
}

for (const status of [200, 404, 500]) {
  it(`deletes the task after an answer of ${status}`, async () => {
    const { url, bodies } = await startOwner(status);
    expect(await complete(await openScene(), url)).toBeUndefined();
    expect(bodies.map((body) => body.replace(/\d{10,}/, '0'))).toEqual([
      '{"task_guid":"task","failed":false,"failure_reason":"","result":"done",' +
        '"annotation":"note","created_at":0}',
    ]);
  });
}

it('tries three times at 503, and leaves the task resolving', async () => {
  const { url, bodies } = await startOwner(503);
  const task = await complete(await openScene(), url);
  expect([task?.state, bodies.length]).toEqual([TASK_STATE.Resolving, 3]);
});

it('does not try again where nobody listens', async () => {
  const task = await complete(await openScene(), `http://127.0.0.1:${await freePort()}/done`);
  expect(task?.state).toBe(TASK_STATE.Resolving);
});
