import { afterEach, describe, expect, test } from 'vitest';
import { Backend, BackendDiary, describeConnection } from './backend.ts';
import { ClientConnection } from './client-connection.ts';
import type { BackendScript, ClientTls, RequestPart } from './recorded-case.ts';

/** The scripts of the backends, seen from a raw client. */
const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab';
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nb1';
const own = 'HTTP/1.1 204 X\r\n\r\n';
const cleanUps: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

interface Played {
  readonly backend: Backend;
  readonly diary: BackendDiary;
  readonly client: (parts: readonly RequestPart[], tls?: ClientTls) => Promise<ClientConnection>;
}

async function play(script: BackendScript): Promise<Played> {
  const diary = new BackendDiary();
  const backend = new Backend('b1', script, diary, new Map());
  await backend.start();
  cleanUps.push(async () => await backend.stop());
  const client = async (parts: readonly RequestPart[], tls?: ClientTls) => {
    const connection = new ClientConnection(backend.port, tls);
    cleanUps.push(() => connection.close());
    await connection.send(parts);
    return connection;
  };
  return { backend, diary, client };
}

async function received(connection: ClientConnection, raw: string): Promise<string> {
  await connection.waitUntil(() => connection.raw.length >= raw.length, 2_000);
  return connection.raw;
}

async function endOf(connection: ClientConnection): Promise<string> {
  await connection.waitUntil(() => connection.end !== undefined, 2_000);
  return connection.end ?? 'open';
}

describe('answers', () => {
  const interim = 'HTTP/1.1 100 Continue\r\n\r\n';
  const upgraded = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade';
  const withBody: RequestPart[] = [{ send: post.slice(0, -1) }, { waitMs: 30, send: 'b' }];
  test.each<[what: string, script: BackendScript, parts: RequestPart[], raw: string]>([
    ['ok', { script: 'ok' }, [{ send: get }], ok],
    ['ok waits for the whole body', { script: 'ok', delayMs: 20 }, withBody, ok],
    ['ok byte by byte', { script: 'ok' }, [{ bytewise: get }], ok],
    ['ok twice on one connection', { script: 'ok' }, [{ send: get + get }], ok + ok],
    ['a greeting', { script: 'ok', greeting: 'hello ' }, [{ send: get }], `hello ${ok}`],
    ['raw', { script: 'raw', response: own }, [{ send: get }], own],
    [
      'parts',
      { script: 'parts', parts: [{ send: 'a' }, { waitMs: 20, send: 'b' }] },
      [{ send: get }],
      'ab',
    ],
    [
      'early, before the body',
      { script: 'early', response: own },
      [{ send: post.slice(0, -2) }],
      own,
    ],
    ['continue', { script: 'continue' }, withBody, interim + ok],
    [
      'upgrade',
      { script: 'upgrade' },
      [{ send: get }, { waitMs: 30, send: 'hi' }],
      `${upgraded}\r\n\r\necho:hi`,
    ],
    [
      'sequence',
      { script: 'sequence', scripts: [{ script: 'raw', response: own }, { script: 'ok' }] },
      [{ send: get + get + get }],
      own + ok + ok,
    ],
  ])('%s', async (_what, script, parts, raw) => {
    const { client } = await play(script);
    const connection = await client(parts);
    expect(await received(connection, raw)).toBe(raw);
    expect(connection.end).toBeUndefined();
  });
});

describe('ends', () => {
  test.each<[what: string, script: BackendScript, end: string, raw: string]>([
    ['refuse', { script: 'refuse' }, 'refused', ''],
    ['closeOnAccept', { script: 'closeOnAccept' }, 'closed', ''],
    ['resetOnAccept', { script: 'resetOnAccept' }, 'reset', ''],
    ['closeAfterHead', { script: 'closeAfterHead' }, 'closed', ''],
    ['resetAfterHead', { script: 'resetAfterHead' }, 'reset', ''],
    ['closeAfterRequest', { script: 'closeAfterRequest' }, 'closed', ''],
    ['resetAfterRequest', { script: 'resetAfterRequest' }, 'reset', ''],
    // biome-ignore lint/suspicious/noThenProperty: the recorded key has this name
    ['raw, then close', { script: 'raw', response: own, then: 'close' }, 'closed', own],
    // biome-ignore lint/suspicious/noThenProperty: the recorded key has this name
    ['raw, then reset', { script: 'raw', response: own, then: 'reset' }, 'reset', own],
  ])('%s', async (_what, script, end, raw) => {
    const { client } = await play(script);
    const connection = await client([{ send: post }]);
    expect(await endOf(connection)).toBe(end);
    expect(connection.raw).toBe(raw);
  });

  test('a sequence counts dropped connections', async () => {
    const scripts: BackendScript[] = [{ script: 'closeOnAccept' }, { script: 'ok' }];
    const { client, diary } = await play({ script: 'sequence', scripts });
    expect(await endOf(await client([]))).toBe('closed');
    expect(await received(await client([{ send: get }]), ok)).toBe(ok);
    const seen = diary.connections.map((one) => describeConnection('b1', one.seen, true)[0]);
    expect(seen.map((one) => one?.connectionWas ?? one?.requestLine)).toEqual([
      'closed on accept',
      'GET / HTTP/1.1',
    ]);
  });
});

describe('what a backend saw', () => {
  async function seen(raw: string): Promise<unknown> {
    const { client, diary } = await play({ script: 'hang' });
    const connection = await client([{ send: raw }]);
    const first = (): string => diary.connections[0]?.seen.raw ?? '';
    await connection.waitUntil(() => first().length === raw.length, 300);
    const { connectionEnd: _end, ...request } =
      diary.connections.flatMap((one) => describeConnection('b1', one.seen, false))[0] ?? {};
    return request;
  }

  const chunked = 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n';
  const headers = [['Transfer-Encoding', 'chunked']];
  const requestLine = 'POST / HTTP/1.1';
  const request = { backend: 'b1', requestLine, headers, framing: 'chunked' };
  test.each<[raw: string, request: object]>([
    [
      `${chunked}2\r\nab\r\n0\r\nX-T: v\r\n\r\n`,
      { ...request, body: 'ab', trailers: [['X-T', 'v']] },
    ],
    [`${chunked}2\r\nab\r\n`, { ...request, body: 'ab', complete: false }],
    [`${chunked}zz\r\n`, { ...request, body: '', complete: false }],
    [
      'POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab',
      {
        backend: 'b1',
        requestLine,
        headers: [['Content-Length', '5']],
        framing: 'content-length',
        body: 'ab',
        complete: false,
      },
    ],
    ['\x16\x03\x01', { backend: 'b1', incomplete: '\x16\x03\x01' }],
  ])('%j', async (raw, expected) => {
    expect(await seen(raw)).toEqual(expected);
  });
});

describe('TLS', () => {
  test('a backend speaks TLS with its own certificate', async () => {
    const { client } = await play({ script: 'ok', tls: { san: ['a.test'] } });
    expect(await received(await client([{ send: get }], { sni: 'a.test' }), ok)).toBe(ok);
  });

  test('a missing client certificate is noted by the backend', async () => {
    const tls = { san: ['a.test'], clientCa: 'clients', maxVersion: 'TLSv1.2' } as const;
    const { client, diary } = await play({ script: 'ok', tls });
    const without = await client([{ send: get }], {});
    expect(await endOf(without)).toBe('tls-handshake-failed');
    expect(diary.tlsErrors).toEqual([
      { backend: 'b1', tlsError: 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE' },
    ]);
    const clientCert = { ca: 'clients', cn: 'client' };
    expect(await received(await client([{ send: get }], { clientCert }), ok)).toBe(ok);
  });

  test('versions below the lowest fail in the handshake', async () => {
    const { client } = await play({ script: 'ok', tls: { san: ['a'], minVersion: 'TLSv1.2' } });
    expect(await endOf(await client([], { maxVersion: 'TLSv1.1' }))).toBe('tls-handshake-failed');
  });
});
