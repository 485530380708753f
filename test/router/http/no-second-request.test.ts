import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';
import { connect } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningNode, startNode } from '../../kernel/running-node.ts';

const HOST = 'app.test';
const HIDDEN = `GET /hidden HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** Keeps every byte that it gets, and answers each time that nothing more has come for a while. */
function recordingBackend() {
  const server = createServer();
  const recording = { server, bytes: '' };
  server.on('connection', (socket) => {
    let timer: NodeJS.Timeout | undefined;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      recording.bytes += chunk.toString('latin1');
      clearTimeout(timer);
      timer = setTimeout(() => socket.write(ANSWER), 30);
    });
  });
  return recording;
}

/** Sends bytes, reads until the first whole answer or the end of the connection. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket: Socket = dial(port, '127.0.0.1');
    let answer = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (/\r\n\r\nok$/.test(answer)) socket.end();
    });
    socket.on('close', () => resolve(answer));
    socket.write(text, 'latin1');
  });
}

/** How many requests a reader of these bytes finds that believes their framing. */
function requestsIn(bytes: string): string[] {
  const found: string[] = [];
  let rest = bytes;
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    if (end === -1) return [...found, 'INCOMPLETE'];
    const head = rest.slice(0, end);
    found.push(head.split('\r\n')[0] ?? '');
    rest = rest.slice(end + 4);
    const length = /^content-length: *(\d+)/im.exec(head);
    if (length !== null) rest = rest.slice(Number(length[1]));
    else if (/^transfer-encoding: *chunked/im.test(head)) {
      rest = rest.slice(rest.indexOf('0\r\n\r\n') + 5);
    }
  }
  return found;
}

const chunked = (body: string) => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

describe('no second request reaches the endpoint', () => {
  let node: RunningNode;
  const backend = recordingBackend();

  beforeAll(async () => {
    node = await startNode({});
    await node.system.ready;
    await new Promise<void>((resolve) => backend.server.listen(0, '127.0.0.1', () => resolve()));
    const { port } = backend.server.address() as AddressInfo;
    const nats = await connect({ servers: `127.0.0.1:${node.natsPort}` });
    nats.publish('router.register', JSON.stringify({ host: '127.0.0.1', port, uris: [HOST] }));
    await nats.flush();
    await nats.close();
  });

  afterAll(async () => {
    node.system.shutdown('fast');
    await node.system.ended;
    backend.server.close();
  });

  const methods = ['DELETE', 'OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'PROPFIND'];

  it.each(methods)('%s with a chunked body that looks like a request', async (method) => {
    const before = backend.bytes.length;
    const head = `${method} /first HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n`;
    await exchange(node.port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunked(HIDDEN)}`);
    const bytes = backend.bytes.slice(before);
    expect(requestsIn(bytes)).toEqual([`${method} /first HTTP/1.1`]);
    expect(bytes).toContain(HIDDEN);
    expect(bytes).toMatch(/transfer-encoding: chunked/i);
  });

  it.each(methods)('%s with a length and a body that looks like a request', async (method) => {
    const before = backend.bytes.length;
    const head = `${method} /first HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n`;
    await exchange(node.port, `${head}Content-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`);
    const bytes = backend.bytes.slice(before);
    expect(requestsIn(bytes)).toEqual([`${method} /first HTTP/1.1`]);
    expect(bytes).toContain(HIDDEN);
  });

  const ambiguous = [
    'Content-Length: 5\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: chunked\r\nContent-Length: 5',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding : chunked',
    'Content-Length: 5\r\nContent-Length: 6',
    'Content-Length: +5',
    `${'X: \r\n'.repeat(1500)}Transfer-Encoding: chunked`,
  ];

  it.each(ambiguous)('%j is refused before the endpoint hears of it', async (headers) => {
    const before = backend.bytes.length;
    const head = `POST /first HTTP/1.1\r\nHost: ${HOST}\r\n${headers}\r\n\r\n`;
    const answer = await exchange(node.port, `${head}${chunked(HIDDEN)}`);
    expect(answer).toMatch(/^HTTP\/1\.1 (400|431|501) /);
    expect(backend.bytes.slice(before)).toBe('');
  });
});
