import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { StartupError } from '../../../machines/kernel/failures.ts';
import { createMemoryLog } from '../../../src/adapters/log/memory-log.ts';
import { RECEPTOR_DEFAULTS, RECEPTOR_LIMITS } from '../../../src/bbs/receptor/options.ts';
import { receptorLogic } from '../../../src/bbs/receptor/receptor-actor.ts';
import {
  ActualLRP,
  ActualLRPGroup,
  ActualLRPInstanceKey,
  ActualLRPKey,
} from '../../../src/model/bbs/messages/actual-lrp.ts';
import { DesiredLRP } from '../../../src/model/bbs/messages/desired-lrp.ts';
import {
  ActualLRPChangedEvent,
  ActualLRPCrashedEvent,
  ActualLRPCreatedEvent,
  DesiredLRPChangedEvent,
  DesiredLRPCreatedEvent,
  DesiredLRPRemovedEvent,
} from '../../../src/model/bbs/messages/events.ts';
import { createFakeBbs, startReceptor } from './receptor-kit.ts';

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function start(...own: Parameters<typeof startReceptor>) {
  const started = await startReceptor(...own);
  stops.push(started.stop);
  return started;
}

async function until(isTrue: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!isTrue()) {
    if (Date.now() > end) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Sends bytes as they are and collects what comes back. */
function open(port: number, bytes: string) {
  const socket = connect(port, '127.0.0.1');
  const heard = { text: '', isOver: false };
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    heard.text += chunk.toString();
  });
  socket.on('close', () => {
    heard.isOver = true;
  });
  socket.write(bytes);
  stops.push(() => socket.destroy());
  return { socket, heard };
}

const EVENTS = 'GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n';
const lrp = (annotation = '') => DesiredLRP.create({ process_guid: 'pg', annotation });
const created = (annotation?: string) =>
  DesiredLRPCreatedEvent.create({ desired_lrp: lrp(annotation) });
const actual = (instance_guid: string) =>
  ActualLRP.create({
    actual_lrp_key: ActualLRPKey.create({ process_guid: 'pg' }),
    actual_lrp_instance_key: ActualLRPInstanceKey.create({ instance_guid }),
    state: 'RUNNING',
  });

function eventsOf(text: string) {
  return [...text.matchAll(/id: (\d+)\nevent: (\w+)\ndata: (.*)\n\n/g)].map(
    ([, id, name, data = '']) => ({ id, name, data: JSON.parse(data) as unknown }),
  );
}

describe('the event stream', () => {
  it('tells desired and actual LRPs in plain JSON', async () => {
    const receptor = await start();
    const { heard } = open(receptor.port, EVENTS);
    await until(() => heard.text.includes('\r\n\r\n'));
    expect(heard.text).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(heard.text).toContain('content-type: text/event-stream; charset=utf-8\r\n');
    expect(heard.text).toContain('cache-control: no-cache, no-store, must-revalidate\r\n');
    const changed = DesiredLRPChangedEvent.create({ before: lrp('a'), after: lrp('b') });
    receptor.emit('desired_lrp_created', DesiredLRPCreatedEvent, created());
    receptor.emit('desired_lrp_changed', DesiredLRPChangedEvent, changed);
    receptor.emit('actual_lrp_crashed', ActualLRPCrashedEvent, ActualLRPCrashedEvent.empty);
    const group = ActualLRPGroup.create({ instance: actual('one') });
    const away = ActualLRPGroup.create({ evacuating: actual('one') });
    const born = ActualLRPCreatedEvent.create({ actual_lrp_group: group });
    receptor.emit('actual_lrp_created', ActualLRPCreatedEvent, born);
    const moved = ActualLRPChangedEvent.create({ before: group, after: away });
    receptor.emit('actual_lrp_changed', ActualLRPChangedEvent, moved);
    const removed = DesiredLRPRemovedEvent.create({ desired_lrp: lrp() });
    receptor.emit('desired_lrp_removed', DesiredLRPRemovedEvent, removed);
    await until(() => heard.text.includes('desired_lrp_removed'));
    const pg = expect.objectContaining({ process_guid: 'pg' });
    const at = (evacuating: boolean) =>
      expect.objectContaining({ instance_guid: 'one', evacuating });
    const desired = (annotation: string) => expect.objectContaining({ annotation });
    expect(eventsOf(heard.text)).toEqual([
      { id: '0', name: 'desired_lrp_created', data: { desired_lrp: pg } },
      {
        id: '1',
        name: 'desired_lrp_changed',
        data: { desired_lrp_before: desired('a'), desired_lrp_after: desired('b') },
      },
      { id: '2', name: 'actual_lrp_created', data: { actual_lrp: at(false) } },
      {
        id: '3',
        name: 'actual_lrp_changed',
        data: { actual_lrp_before: at(false), actual_lrp_after: at(true) },
      },
      { id: '4', name: 'desired_lrp_removed', data: { desired_lrp: pg } },
    ]);
  });

  it('is forgotten when its reader leaves', async () => {
    const receptor = await start();
    const { socket } = open(receptor.port, EVENTS);
    await until(() => receptor.listeners.size === 1);
    socket.destroy();
    await until(() => receptor.listeners.size === 0);
  });

  it('ends cleanly when the BBS ends it', async () => {
    const receptor = await start();
    const { heard } = open(receptor.port, EVENTS);
    await until(() => receptor.listeners.size === 1);
    for (const listener of [...receptor.listeners]) listener.onEnd();
    await until(() => heard.text.endsWith('0\r\n\r\n'));
    expect(receptor.listeners.size).toBe(0);
  });

  it.each([
    ['too many events', 1_000, RECEPTOR_LIMITS.pendingEvents * 20],
    ['too many bytes', 1_000_000, 100],
  ])('cuts off a reader that lets %s wait, and only that one', async (_what, bytes, count) => {
    const receptor = await start();
    const slow = open(receptor.port, EVENTS);
    await until(() => slow.heard.text.includes('\r\n\r\n'));
    slow.socket.pause();
    const quick = open(receptor.port, EVENTS);
    await until(() => receptor.listeners.size === 2);
    for (let sent = 0; sent < count && receptor.listeners.size === 2; sent += 1) {
      receptor.emit('desired_lrp_created', DesiredLRPCreatedEvent, created('x'.repeat(bytes)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(receptor.listeners.size).toBe(1);
    const last = DesiredLRPRemovedEvent.create({ desired_lrp: lrp() });
    receptor.emit('desired_lrp_removed', DesiredLRPRemovedEvent, last);
    await until(() => quick.heard.text.includes('desired_lrp_removed'));
    slow.socket.resume();
    await until(() => slow.heard.isOver);
    expect(slow.heard.text).not.toContain('desired_lrp_removed');
  });
});

describe('the password', () => {
  const login = { user: 'u', password: 'p:w' };
  const basic = `Basic ${Buffer.from('u:p:w').toString('base64')}`;
  const wrong = `Basic ${Buffer.from('u:other').toString('base64')}`;
  const refused = { name: 'Unauthorized', message: 'Unauthorized' };

  it.each([
    ['none', {}, 401],
    ['the right one', { authorization: basic }, 200],
    ['a wrong one', { authorization: wrong }, 401],
    ['no base64', { authorization: 'Basic §' }, 401],
    ['another scheme', { authorization: 'Bearer x' }, 401],
    ['the cookie', { cookie: `a=b; receptor_authorization="${basic}"` }, 200],
    ['the cookie without quotes', { cookie: `receptor_authorization=${basic}` }, 200],
    ['a wrong cookie', { cookie: `receptor_authorization="${wrong}"` }, 401],
    [
      'a wrong header with the right cookie',
      { authorization: wrong, cookie: `receptor_authorization="${basic}"` },
      401,
    ],
  ])('%s', async (_what, headers, status) => {
    const receptor = await start(login);
    const answered = await receptor.call(
      'GET',
      '/v1/domains',
      undefined,
      headers as Record<string, string>,
    );
    expect(answered.status).toBe(status);
    expect(answered.json).toEqual(status === 200 ? [] : refused);
    expect(receptor.calls).toHaveLength(status === 200 ? 1 : 0);
  });

  it('becomes a cookie that works', async () => {
    const receptor = await start(login);
    const set = await receptor.call('POST', '/v1/auth_cookie', undefined, { authorization: basic });
    expect(set.status).toBe(204);
    const [cookie = ''] = set.headers['set-cookie'] ?? [];
    expect(cookie).toContain('HttpOnly');
    expect(cookie).toContain('SameSite=Strict');
    const [pair = ''] = cookie.split(';');
    expect((await receptor.call('GET', '/v1/cells', undefined, { cookie: pair })).status).toBe(200);
    expect((await receptor.call('POST', '/v1/auth_cookie')).status).toBe(401);
  });

  it('is asked for on every path, also on those that there are not', async () => {
    const receptor = await start(login);
    for (const path of ['/v1/events', '/v1/nothing', '/']) {
      expect((await receptor.call('GET', path)).status).toBe(401);
    }
  });

  it('is not needed when there is none', async () => {
    const receptor = await start();
    const set = await receptor.call('POST', '/v1/auth_cookie', undefined, { authorization: basic });
    expect([set.status, set.headers['set-cookie']]).toEqual([204, undefined]);
  });
});

describe('a web page', () => {
  it('is refused unless it was allowed', async () => {
    const receptor = await start({ allowedOrigins: ['http://good.test'] });
    const call = (method: string, origin: string) =>
      receptor.call(method, '/v1/tasks', method === 'POST' ? {} : undefined, { origin });
    const bad = await call('POST', 'http://evil.test');
    expect([bad.status, bad.json]).toEqual([
      403,
      expect.objectContaining({ name: 'Unauthorized' }),
    ]);
    expect(receptor.calls).toEqual([]);
    expect((await call('POST', 'null')).status).toBe(403);
    const good = await call('POST', 'http://good.test');
    expect(good.status).toBe(201);
    expect(good.headers['access-control-allow-origin']).toBe('http://good.test');
    const asked = await call('OPTIONS', 'http://good.test');
    expect(asked.status).toBe(204);
    expect(asked.headers['access-control-allow-methods']).toContain('PUT');
  });
});

describe('odd requests', () => {
  it('takes JSON of any type of content', async () => {
    const receptor = await start();
    for (const type of ['', 'text/plain', 'application/json; charset=x', 'nonsense']) {
      const headers: Record<string, string> = type === '' ? {} : { 'content-type': type };
      const { status } = await receptor.call('POST', '/v1/tasks', { task_guid: type }, headers);
      expect([type, status]).toEqual([type, 201]);
    }
  });

  it('refuses what is too large, in its own form', async () => {
    const receptor = await start();
    const limit = RECEPTOR_LIMITS.bodyBytes;
    const body = (bytes: number) => `{"annotation":"${'x'.repeat(bytes - 17)}"}`;
    const fits = await receptor.call('POST', '/v1/tasks', body(limit));
    expect(fits.status).toBe(201);
    const { status, json } = await receptor.call('POST', '/v1/tasks', body(limit + 1));
    expect([status, json]).toEqual([413, expect.objectContaining({ name: 'InvalidRequest' })]);
  });

  it('answers when the BBS fails', async () => {
    const receptor = await start();
    receptor.answers.set('/v1/domains/list', new Error('store is gone'));
    const { status, json } = await receptor.call('GET', '/v1/domains');
    expect([status, json]).toEqual([500, { name: 'UnknownError', message: 'store is gone' }]);
    expect(receptor.lines.map(({ message }) => message)).toEqual(['receptor-request-failed']);
  });

  it.each([
    ['no HTTP', 'nonsense\r\n\r\n', 400],
    ['a head that is too long', `GET / HTTP/1.1\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`, 431],
    [
      'two lengths',
      'POST /v1/tasks HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
      400,
    ],
  ])('%s', async (_what, bytes, status) => {
    const receptor = await start();
    const { heard } = open(receptor.port, bytes);
    await until(() => heard.isOver);
    expect(heard.text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(heard.text).toContain('{"name":"InvalidRequest","message":');
    expect((await receptor.call('GET', '/v1/domains')).status).toBe(200);
  });
});

describe('the port', () => {
  const logic = (port: number) =>
    receptorLogic({
      bbs: createFakeBbs().bbs,
      log: createMemoryLog().log,
      options: { ...RECEPTOR_DEFAULTS, port },
    });

  it('that is in use is told with what to do', async () => {
    const receptor = await start();
    const second = createActor(logic(receptor.port));
    const failed = await new Promise((resolve) => {
      second.subscribe({ error: resolve });
      second.start();
    });
    expect(failed).toBeInstanceOf(StartupError);
    expect(failed).toMatchObject({ message: `receptor: port ${receptor.port} is in use` });
  });

  it('is closed with its streams', async () => {
    const receptor = await start();
    const { heard } = open(receptor.port, EVENTS);
    await until(() => receptor.listeners.size === 1);
    receptor.stop();
    await until(() => heard.isOver);
    expect(receptor.listeners.size).toBe(0);
    await expect(receptor.call('GET', '/v1/domains')).rejects.toThrow('ECONNREFUSED');
  });

  it('may be closed before it was open', async () => {
    const actor = createActor(logic(0));
    actor.start();
    actor.send({ type: 'SHUTDOWN', mode: 'fast' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(actor.getSnapshot().status).toBe('done');
  });
});
