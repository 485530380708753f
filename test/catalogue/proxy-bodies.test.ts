import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { answer, headerOf, headersOf } from './app.ts';
import { requestText } from './client.ts';
import { eventually, sharedRouter } from './harness.ts';

const OK = answer('ok');
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n';
const UPLOAD_BYTES = 100 * 1024 * 1024;

describe.concurrent('bodies', () => {
  const router = sharedRouter({ access_log: { enable_streaming: true } });

  test.for([
    ['text', answer('ok')],
    ['XML', answer('<?xml version="1.0"?><a/>')],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n'],
  ])('PRX-11 no Content-Type is invented (%s)', async ([, text = '']) => {
    const { host } = await router.route(text);
    const response = await router.get(host);
    expect(headersOf(response, 'content-type')).toEqual([]);
  });

  test('PRX-13 a chunk goes out before the next one is there', async () => {
    let release = () => {};
    const { host } = await router.route(({ socket }) => {
      socket.write(`${CHUNKED}\r\n5\r\nfirst\r\n`);
      release = () => socket.write('6\r\nsecond\r\n0\r\n\r\n');
    });
    const client = router.client();
    await client.send(requestText(host));
    await client.received('first');
    expect(client.connection.raw).not.toContain('second');
    release();
    const response = await client.answer();
    expect(response.framing).toBe('chunked');
    expect(response.content.body).toBe('firstsecond');
  });

  test('PRX-13 a 204 has no Transfer-Encoding', async () => {
    const { host } = await router.route('HTTP/1.1 204 No Content\r\n\r\n');
    const client = router.client();
    const response = await client.exchange(requestText(host));
    expect(response.status).toBe(204);
    expect(headersOf(response, 'transfer-encoding')).toEqual([]);
    expect((await client.exchange(requestText(host))).status).toBe(204);
  });

  test('PRX-14 trailers arrive', async () => {
    const text = `${CHUNKED}Trailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 42\r\n\r\n`;
    const { host } = await router.route(text);
    const { content } = await router.get(host);
    expect(content.body).toBe('ok');
    expect(content.trailers.map(([name, value]) => [name.toLowerCase(), value])).toEqual([
      ['x-sum', '42'],
    ]);
  });

  test('PRX-15 a redirect is not followed', async () => {
    const target = [['Location', 'http://elsewhere.test/x']] as const;
    const { host, app } = await router.route(answer('', target, '302 Found'));
    const response = await router.get(host);
    expect(response.status).toBe(302);
    expect(headersOf(response, 'location')).toEqual(['http://elsewhere.test/x']);
    expect(app.requests).toHaveLength(1);
  });

  test.for(['Content-Length', 'chunked'])('PRX-16 the body of a PUT arrives (%s)', async (way) => {
    const { host, app } = await router.route(OK);
    const body = 'some bytes\u0000\u00ff';
    const chunked = ['Transfer-Encoding: chunked'];
    const text =
      way === 'chunked'
        ? `${requestText(host, 'PUT / HTTP/1.1', chunked)}c\r\n${body}\r\n0\r\n\r\n`
        : requestText(host, 'PUT / HTTP/1.1', [], body);
    expect((await router.ask(text)).status).toBe(200);
    expect(app.lastRequest.content.body).toBe(body);
    expect(app.lastRequest.framing).toBe(way === 'chunked' ? 'chunked' : 'content-length');
  });

  test('PRX-16 an early answer to an upload goes out, and the connection ends', async () => {
    const { host } = await router.route(({ socket }) => socket.write(OK), {}, { when: 'head' });
    const client = router.client();
    await client.send(requestText(host, 'PUT / HTTP/1.1', ['Content-Length: 10']), 'five!');
    const response = await client.answer('PUT');
    expect([response.status, response.content.body]).toEqual([200, 'ok']);
    expect(headersOf(response, 'connection')).toEqual(['close']);
    expect(await client.ended()).toBeDefined();
  });

  test('PRX-30 a 103 of the app reaches the client before the 200', async () => {
    const { host } = await router.route(
      `HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n${OK}`,
    );
    const client = router.client();
    const response = await client.exchange(requestText(host));
    expect(response.status).toBe(200);
    expect(client.interim.map(({ status }) => status)).toEqual([103]);
    expect(headerOf(client.interim[0] ?? { headers: [] }, 'link')).toBe('</a.css>; rel=preload');
    expect((await router.accessLine(host)).status).toBe('200');
  });

  test('PRX-30, LOG-11 100 and then 200: the log has the 200', async () => {
    const { host } = await router.route(`HTTP/1.1 100 Continue\r\n\r\n${OK}`);
    const lines = ['Expect: 100-continue'];
    const client = router.client();
    const response = await client.exchange(requestText(host, 'POST / HTTP/1.1', lines, 'body'));
    expect(response.status).toBe(200);
    expect(client.interim.map(({ status }) => status)).toEqual([100]);
    const line = await router.accessLine(host);
    expect([line.status, line.bytesReceived, line.bytesSent]).toEqual(['200', 4, 2]);
  });
});

describe('much at once', () => {
  const router = sharedRouter();

  test('PRX-16 an upload of 100 MB arrives whole', async () => {
    const sum = createHash('sha256');
    let bytes = 0;
    const { host } = await router.route(
      ({ request, socket }) => {
        const take = (chunk: Buffer) => {
          sum.update(chunk);
          bytes += chunk.length;
          if (bytes === UPLOAD_BYTES) socket.write(answer(sum.digest('hex')));
        };
        // The app keeps no bytes of its own here.
        socket.removeAllListeners('data');
        if (request.content.body !== '') take(Buffer.from(request.content.body, 'latin1'));
        socket.on('data', take);
      },
      {},
      { when: 'head' },
    );
    const block = Buffer.alloc(1024 * 1024, 'abcdefg');
    const wanted = createHash('sha256');
    const client = connect(router.port, '127.0.0.1');
    router.onStop(() => {
      client.destroy();
    });
    let text = '';
    client.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    client.write(requestText(host, 'PUT / HTTP/1.1', [`Content-Length: ${UPLOAD_BYTES}`]));
    for (let sent = 0; sent < UPLOAD_BYTES; sent += block.length) {
      wanted.update(block);
      if (!client.write(block)) await new Promise((resolve) => client.once('drain', resolve));
    }
    await eventually('the answer', () => text.includes('\r\n\r\n'));
    expect(text).toContain(wanted.digest('hex'));
  });

  test('PRX-29 a thousand connections side by side', async () => {
    const { host } = await router.route(OK);
    const answers = await Promise.all(Array.from({ length: 1000 }, () => router.get(host)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });
});
