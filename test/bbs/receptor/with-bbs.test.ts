/** Receptor and Locket over the BBS itself, with a store in memory. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SupervisorSpec } from '../../../machines/kernel/supervisor.machine.ts';
import { createRealClock } from '../../../src/adapters/clock/real-clock.ts';
import { createMemoryLog } from '../../../src/adapters/log/memory-log.ts';
import { createSystemRandom } from '../../../src/adapters/random/system-random.ts';
import { createMemoryStore } from '../../../src/adapters/store/memory-store.ts';
import { createBbs } from '../../../src/bbs/index.ts';
import { LOCKET_DEFAULTS } from '../../../src/bbs/locket/options.ts';
import { RECEPTOR_DEFAULTS } from '../../../src/bbs/receptor/options.ts';
import { createLocketClient } from '../../../src/clients/locket-client.ts';
import { createActorSystem } from '../../../src/kernel/actor-system.ts';
import { SUPERVISION_DEFAULTS } from '../../../src/node/tree.ts';
import { freePorts } from '../../support/free-ports.ts';
import { BBS_TEST_OPTIONS } from '../support/bbs-under-test.ts';

const clock = createRealClock();
const store = createMemoryStore({ clock });
let base = '';
let stop = async (): Promise<void> => {};
let locketPort = 0;

beforeAll(async () => {
  const [receptorPort = 0, port = 0] = await freePorts(2);
  locketPort = port;
  const { log } = createMemoryLog();
  const random = createSystemRandom();
  const { children } = createBbs(
    BBS_TEST_OPTIONS,
    { clock, random, log, notify: () => true, store: () => store },
    {
      locket: { ...LOCKET_DEFAULTS, port },
      receptor: { ...RECEPTOR_DEFAULTS, port: receptorPort },
    },
  );
  const root: SupervisorSpec = {
    ...SUPERVISION_DEFAULTS,
    name: 'bbs',
    strategy: 'rest_for_one',
    children,
    drainOnEscalation: false,
    nowMs: clock.nowMs,
    chance: random.next,
  };
  const system = createActorSystem({ root, clock, log });
  system.start();
  const failure = await Promise.race([system.ready, system.ended]);
  if (failure !== undefined) throw failure;
  base = `http://127.0.0.1:${receptorPort}`;
  stop = async () => {
    system.shutdown('fast');
    await system.ended;
    await store.close();
  };
});
afterAll(() => stop());

async function call(method: string, path: string, body?: unknown, headers = {}) {
  const answered = await fetch(base + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answered.text();
  return { status: answered.status, json: text === '' ? undefined : (JSON.parse(text) as unknown) };
}

const action = { run: { path: '/bin/true', user: 'vcap' } };
const TASK = { task_guid: 't', domain: 'd', rootfs: 'preloaded:x', action };
const LRP = {
  process_guid: 'pg',
  domain: 'd',
  rootfs: 'preloaded:x',
  instances: 2,
  start_timeout: 60,
  action: { timeout: { action, timeout: 1_000_000_000 } },
  routes: { 'cf-router': [{ hostnames: ['a.b'], port: 8080 }] },
};

describe('the receptor over the BBS', () => {
  it('runs a task from its start to its end', async () => {
    expect(await call('POST', '/v1/tasks', TASK)).toMatchObject({ status: 201 });
    expect(await call('POST', '/v1/tasks', TASK)).toMatchObject({ status: 409 });
    expect(await call('GET', '/v1/tasks/t')).toMatchObject({
      status: 200,
      json: { ...TASK, state: 'PENDING', action },
    });
    expect(await call('DELETE', '/v1/tasks/t')).toMatchObject({
      status: 409,
      json: { name: 'TaskNotDeletable' },
    });
    expect(await call('POST', '/v1/tasks/t/cancel')).toMatchObject({ status: 200 });
    expect(await call('GET', '/v1/tasks?domain=d')).toMatchObject({
      json: [{ state: 'COMPLETED', failed: true, failure_reason: 'task was cancelled' }],
    });
    expect(await call('DELETE', '/v1/tasks/t')).toMatchObject({ status: 200 });
    expect(await call('GET', '/v1/tasks/t')).toMatchObject({ status: 404 });
    const { status, json } = await call('POST', '/v1/tasks', { ...TASK, rootfs: '' });
    expect([status, json]).toEqual([
      400,
      { name: 'InvalidTask', message: 'Invalid field: rootfs' },
    ]);
  });

  it('desires, changes, watches and removes an LRP', async () => {
    const abort = new AbortController();
    const stream = await fetch(`${base}/v1/events`, { signal: abort.signal });
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect(await call('POST', '/v1/desired_lrps', LRP)).toMatchObject({ status: 201 });
    expect(await call('POST', '/v1/desired_lrps', LRP)).toMatchObject({ status: 409 });
    expect(await call('GET', '/v1/desired_lrps/pg')).toMatchObject({ status: 200, json: LRP });
    let heard = '';
    while ((heard.match(/actual_lrp_created/g) ?? []).length < 2) {
      heard += (await reader?.read())?.value ?? '';
    }
    abort.abort();
    expect(heard).toMatch(/^id: 0\nevent: desired_lrp_created\ndata: \{"desired_lrp":/);
    expect(await call('GET', '/v1/actual_lrps/pg')).toMatchObject({
      status: 200,
      json: [{ state: 'UNCLAIMED' }, { state: 'UNCLAIMED' }],
    });
    expect(await call('DELETE', '/v1/actual_lrps/pg/index/1')).toMatchObject({ status: 204 });
    expect(await call('GET', '/v1/actual_lrps/pg/index/1')).toEqual({ status: 404, json: null });
    expect(await call('DELETE', '/v1/actual_lrps/pg/index/1')).toMatchObject({ status: 404 });
    const update = await call('PUT', '/v1/desired_lrps/pg', { annotation: 'new' });
    expect(update.status).toBe(204);
    expect(await call('GET', '/v1/desired_lrps?domain=d')).toMatchObject({
      json: [{ annotation: 'new', routes: LRP.routes, modification_tag: { index: 1 } }],
    });
    expect(await call('DELETE', '/v1/desired_lrps/pg')).toMatchObject({ status: 204 });
    expect(await call('GET', '/v1/desired_lrps/pg')).toMatchObject({ status: 404 });
    const broken = await call('POST', '/v1/desired_lrps', { ...LRP, action: null });
    expect(broken).toMatchObject({ status: 400, json: { name: 'InvalidLRP' } });
  });

  it('lists domains, and cells that told Locket of themselves', async () => {
    expect(await call('GET', '/v1/cells')).toEqual({ status: 200, json: [] });
    const headers = { 'cache-control': 'max-age=120' };
    expect(await call('PUT', '/v1/domains/cf-apps', undefined, headers)).toMatchObject({
      status: 204,
    });
    expect(await call('GET', '/v1/domains')).toEqual({ status: 200, json: ['cf-apps'] });
    const client = createLocketClient({
      clock,
      address: `127.0.0.1:${locketPort}`,
      tls: undefined,
    });
    const capacity = { memory_mb: 1, disk_mb: 2, containers: 3 };
    const value = JSON.stringify({
      cell_id: 'c',
      rep_address: 'http://x',
      capacity,
      rootfs_providers: { preloaded: ['x'] },
    });
    await client.lock({ key: 'c', owner: 'o', type: 'presence', value });
    const cell = { cell_id: 'c', zone: '', capacity, rootfs_providers: { preloaded: ['x'] } };
    // The BBS hears of it from the store.
    await expect.poll(() => call('GET', '/v1/cells')).toEqual({ status: 200, json: [cell] });
    await client.release({ key: 'c', owner: 'o' });
    await expect.poll(() => call('GET', '/v1/cells')).toEqual({ status: 200, json: [] });
    client.close();
  });
});
