import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { StartupError } from '../../../machines/kernel/failures.ts';
import { createRealClock } from '../../../src/adapters/clock/real-clock.ts';
import { createVirtualClock } from '../../../src/adapters/clock/virtual-clock.ts';
import { createMemoryLog } from '../../../src/adapters/log/memory-log.ts';
import { createMemoryStore } from '../../../src/adapters/store/memory-store.ts';
import { locketLogic } from '../../../src/bbs/locket/locket-actor.ts';
import { LOCKET_LIMITS } from '../../../src/bbs/locket/options.ts';
import type { Store } from '../../../src/ports/store.ts';
import { authorityCertificate, leafCertificate } from '../../golden/certificates.ts';
import { listening, sleep, startLocket, until } from './locket-kit.ts';

const disposals: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const dispose of disposals.splice(0)) await dispose();
});

async function locket(...own: Parameters<typeof startLocket>) {
  const started = await startLocket(...own);
  disposals.push(started.dispose);
  return started;
}

const BBS = { key: 'bbs', type: 'lock', value: 'http://bbs' };
const COLLISION = { ok: false, error: { code: 'ALREADY_EXISTS', text: 'lock-collision' } };
const NOT_FOUND = { ok: false, error: { code: 'NOT_FOUND', text: 'resource-not-found' } };
const DONE = { ok: true, value: undefined };

function tlsFiles(ca: string, trusts = ca) {
  const { certificatePem, keyPem } = leafCertificate({ ca, san: ['locket.test'] });
  return {
    ca: Buffer.from(authorityCertificate(trusts).certificatePem),
    cert: Buffer.from(certificatePem),
    key: Buffer.from(keyPem),
  };
}

describe('Locket', () => {
  it('locks, tells, lists and releases', async () => {
    const server = await locket();
    const client = server.client();
    const mine = { ...BBS, owner: 'a' };
    expect(await client.fetch('bbs')).toEqual(NOT_FOUND);
    expect(await client.lock(mine)).toEqual(DONE);
    expect(await client.lock({ ...BBS, owner: 'b' })).toEqual(COLLISION);
    const value = { ...mine, type_code: 1 };
    expect(await client.fetch('bbs')).toEqual({ ok: true, value });
    expect(await client.fetchAll('lock')).toEqual({ ok: true, value: [value] });
    expect(await client.fetchAll('presence')).toEqual({ ok: true, value: [] });
    expect(await client.release({ ...BBS, owner: 'b' })).toEqual(COLLISION);
    expect(await client.release(mine)).toEqual(DONE);
    expect(await client.release(mine)).toEqual(NOT_FOUND);
  });

  it.each([
    ['ttl', { ...BBS, owner: 'a' }, 0],
    ['owner', { ...BBS, owner: '' }, 1000],
    ['key', { ...BBS, key: '', owner: 'a' }, 1000],
    ['type', { ...BBS, type: 'other', owner: 'a' }, 1000],
  ])('refuses a wrong %s', async (what, resource, ttlMs) => {
    const client = (await locket()).client({ ttlMs });
    const error = { code: 'INVALID_ARGUMENT', text: `invalid-${what}` };
    expect(await client.lock(resource)).toEqual({ ok: false, error });
  });

  it('never gives one key to two owners', { timeout: 60_000 }, async () => {
    const server = await locket();
    const clients = { a: server.client(), b: server.client() };
    const wins = { a: 0, b: 0 };
    for (let round = 0; round < 500; round += 1) {
      const [a, b] = await Promise.all([
        clients.a.lock({ ...BBS, owner: 'a' }),
        clients.b.lock({ ...BBS, owner: 'b' }),
      ]);
      expect([a, b].filter(({ ok }) => ok)).toHaveLength(1);
      expect(a.ok ? b : a).toEqual(COLLISION);
      const winner = a.ok ? 'a' : 'b';
      wins[winner] += 1;
      const looker = clients[winner === 'a' ? 'b' : 'a'];
      expect(await looker.fetch('bbs')).toMatchObject({ ok: true, value: { owner: winner } });
      expect(await clients[winner].release({ ...BBS, owner: winner })).toEqual(DONE);
    }
    expect(wins.a + wins.b).toBe(500);
  });
});

describe('a client that keeps a lock', () => {
  const QUICK = { ttlMs: 1_000, retryMs: 50 };

  function watcher() {
    const seen: string[] = [];
    const listener = {
      onAcquired: () => seen.push('acquired'),
      onLost: ({ code }: { code: string }) => seen.push(`lost ${code}`),
    };
    return { seen, listener };
  }

  it('renews it beyond its time, and gives it to the next one', async () => {
    const server = await locket();
    const [a, b] = [watcher(), watcher()];
    const first = server.client(QUICK).keep({ ...BBS, owner: 'a' }, a.listener);
    await until(() => a.seen.length > 0);
    const second = server.client(QUICK).keep({ ...BBS, owner: 'b' }, b.listener);
    await sleep(1_500);
    expect([a.seen, b.seen]).toEqual([['acquired'], []]);
    expect(await first.release()).toEqual(DONE);
    await until(() => b.seen.length > 0);
    expect([a.seen, b.seen]).toEqual([['acquired'], ['acquired']]);
    second.stop();
    await sleep(1_200);
    expect(await server.client().fetch('bbs')).toEqual(NOT_FOUND);
  });

  it('tells when another owner took it, and tries on', async () => {
    const server = await locket();
    const { seen, listener } = watcher();
    const kept = server.client(QUICK).keep({ ...BBS, owner: 'a' }, listener);
    await until(() => seen.length === 1);
    const thief = server.client();
    while (!(await thief.lock({ ...BBS, owner: 'b' })).ok) {
      await server.store.txn({ success: [{ type: 'delete', key: '/v1/locks/bbs' }] });
    }
    await until(() => seen.length === 2);
    await thief.release({ ...BBS, owner: 'b' });
    await until(() => seen.length === 3);
    expect(seen).toEqual(['acquired', 'lost ALREADY_EXISTS', 'acquired']);
    kept.stop();
  });

  it('leaves nothing behind when it is released before the first answer', async () => {
    const memory = createMemoryStore({ clock: createRealClock() });
    const slow: Store = {
      ...memory,
      async txn(transaction) {
        await sleep(20);
        return memory.txn(transaction);
      },
    };
    const server = await locket(undefined, () => slow);
    const { listener } = watcher();
    const kept = server.client(QUICK).keep({ ...BBS, owner: 'a' }, listener);
    expect(await kept.release()).toEqual(DONE);
    await sleep(100);
    expect(await server.client().fetch('bbs')).toEqual(NOT_FOUND);
  });

  it('has the lock again soon after a long outage', async () => {
    const server = await locket();
    const { seen, listener } = watcher();
    const kept = server.client(QUICK).keep({ ...BBS, owner: 'a' }, listener);
    await until(() => seen.length === 1);
    server.stop();
    await sleep(6_000);
    const { log } = createMemoryLog();
    const options = { host: '127.0.0.1', port: server.port, tls: undefined };
    const store = () => server.store;
    const again = createActor(locketLogic({ store, clock: createRealClock(), log, options }));
    await listening(again);
    const openedMs = Date.now();
    await until(() => seen.length === 3);
    expect(Date.now() - openedMs).toBeLessThan(600);
    kept.stop();
    again.send({ type: 'SHUTDOWN', mode: 'fast' });
  });

  it('tells when it could not be renewed for one TTL', async () => {
    const server = await locket();
    const { seen, listener } = watcher();
    const kept = server.client(QUICK).keep({ ...BBS, owner: 'a' }, listener);
    await until(() => seen.length === 1);
    server.stop();
    const stoppedMs = Date.now();
    await until(() => seen.length === 2);
    expect(seen[1]).toBe('lost DEADLINE_EXCEEDED');
    expect(Date.now() - stoppedMs).toBeLessThan(1_500);
    kept.stop();
  });
});

describe('mutual TLS', () => {
  const named = { serverName: 'locket.test', timeoutMs: 2_000 };

  it('lets in who has a certificate of the authority', async () => {
    const server = await locket(tlsFiles('trusted'));
    const client = server.client({ tls: tlsFiles('trusted'), ...named });
    expect(await client.lock({ ...BBS, owner: 'a' })).toEqual(DONE);
  });

  it('keeps out everybody else, and serves on', async () => {
    const server = await locket(tlsFiles('trusted'));
    const stranger = server.client({ tls: tlsFiles('stranger', 'trusted'), ...named });
    const plain = server.client({ timeoutMs: 2_000 });
    const wary = server.client({ tls: tlsFiles('trusted', 'stranger'), ...named });
    const other = server.client({ tls: tlsFiles('trusted'), ...named, serverName: 'other.test' });
    for (const client of [stranger, plain, wary, other]) {
      const answer = await client.lock({ ...BBS, owner: 'a' });
      expect(answer.ok || answer.error.code).toMatch(/UNAVAILABLE|DEADLINE_EXCEEDED/);
    }
    const client = server.client({ tls: tlsFiles('trusted'), ...named });
    expect(await client.fetch('bbs')).toEqual(NOT_FOUND);
  });
});

describe('what no client sends', () => {
  function raw(port: number, path: string, bytes: Buffer): Promise<ServiceError | Buffer> {
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const same = (value: Buffer) => value;
    return new Promise((resolve) => {
      client.makeUnaryRequest(path, same, same, bytes, (error, value) => {
        client.close();
        resolve(error ?? value ?? Buffer.alloc(0));
      });
    });
  }

  const LOCK = '/models.Locket/Lock';
  it.each([
    ['bytes that are no message', LOCK, Buffer.from('ffffffff', 'hex'), status.INTERNAL],
    ['a wrong wire type', LOCK, Buffer.from('0801', 'hex'), status.INTERNAL],
    ['a length beyond the end', LOCK, Buffer.from('0a7f01', 'hex'), status.INTERNAL],
    ['no bytes at all', LOCK, Buffer.alloc(0), status.INVALID_ARGUMENT],
    [
      'too many bytes',
      LOCK,
      Buffer.alloc(LOCKET_LIMITS.messageBytes + 1),
      status.RESOURCE_EXHAUSTED,
    ],
    ['a call that there is not', '/models.Locket/Steal', Buffer.alloc(0), status.UNIMPLEMENTED],
  ])('%s ends the call only', async (_what, path, bytes, code) => {
    const server = await locket();
    const answer = await raw(server.port, path, bytes);
    expect(answer).toMatchObject({ code });
    expect(await server.client().fetch('bbs')).toEqual(NOT_FOUND);
    expect(server.actor.getSnapshot().status).toBe('active');
  });

  it.each([
    ['HTTP/1.1', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['no protocol', '\0\xff'.repeat(1000)],
    ['a preface and a broken frame', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff'],
  ])('%s ends the connection only', async (_what, text) => {
    const server = await locket();
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(Buffer.from(text, 'latin1'));
    await until(() => socket.closed || socket.readableEnded || socket.bytesRead > 0);
    socket.destroy();
    expect(await server.client().fetch('bbs')).toEqual(NOT_FOUND);
    expect(server.actor.getSnapshot().status).toBe('active');
  });

  it.each([
    ['plain', undefined],
    ['with TLS', tlsFiles('trusted')],
  ])('silence ends the connection, and no other (%s)', async (_what, tls) => {
    const serverClock = createVirtualClock();
    const server = await locket(tls, undefined, serverClock);
    const client = server.client({ tls, serverName: 'locket.test' });
    expect(await client.fetch('bbs')).toEqual(NOT_FOUND);
    const socket = connect(server.port, '127.0.0.1');
    await until(() => !socket.connecting);
    await sleep(20);
    serverClock.advance(LOCKET_LIMITS.silentMs - 1);
    await sleep(20);
    expect(socket.readableEnded || socket.closed).toBe(false);
    socket.on('error', () => {}).resume();
    serverClock.advance(1);
    await until(() => socket.closed);
    expect(await client.fetch('bbs')).toEqual(NOT_FOUND);
  });

  it('a plain HTTP/2 request is answered 415', async () => {
    const server = await locket();
    const session = connectHttp2(`http://127.0.0.1:${server.port}`);
    const answered = await new Promise((resolve) => {
      session.request({ ':path': '/' }).on('response', (headers) => resolve(headers[':status']));
    });
    session.destroy();
    expect(answered).toBe(415);
  });
});

describe('the port', () => {
  it('that is in use is told with what to do', async () => {
    const server = await locket();
    const options = { host: '127.0.0.1', port: server.port, tls: undefined };
    const { log } = createMemoryLog();
    const second = createActor(
      locketLogic({ store: () => undefined, clock: createRealClock(), log, options }),
    );
    const error: unknown = await listening(second).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StartupError);
    expect(error).toMatchObject({
      message: `locket: port ${server.port} is in use`,
      advice: expect.stringContaining('locket'),
    });
  });

  it('is free again after the end, also with connections open', async () => {
    const server = await locket();
    await server.client().fetch('bbs');
    server.stop();
    const options = { host: '127.0.0.1', port: server.port, tls: undefined };
    const { log } = createMemoryLog();
    const second = createActor(
      locketLogic({ store: () => server.store, clock: createRealClock(), log, options }),
    );
    expect(await listening(second)).toBe(server.port);
    second.send({ type: 'SHUTDOWN', mode: 'fast' });
  });
});
