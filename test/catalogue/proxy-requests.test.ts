import { describe, expect, test } from 'vitest';
import { answer, headerOf, headersOf } from './app.ts';
import { requestText } from './client.ts';
import { sharedRouter } from './harness.ts';

const OK = answer('ok');

/** Targets that must arrive as they were sent. */
const TARGETS = [
  ['PRX-2 no slash is added', '/x'],
  ['PRX-2 no slash is lost', '/x/'],
  ['PRX-2 an empty query stays', '/x?'],
  ['PRX-2 a query stays', '/x?a'],
  ['PRX-4 encoded characters', '/abc%2b%2f%25%20%22%3F%5Edef'],
  ['PRX-4 encoded blanks in the query', '/?=a+b&c=%20'],
  ['PRX-4 reserved characters', "/:@!$&'()*+,;=?:@!$&'()*+,;=/?"],
  ['PRX-4 unreserved characters', '/AZaz09-._~'],
  ['PRX-4 special characters in the query', '/?"<>|'],
  ['PRX-4 semicolon and colon', '/a;b:c?d;e:f'],
  ['PRX-4 encoded twice', '/%2525'],
  ['PRX-5 double slashes inside', '/a//b///'],
  ['PRX-5 double slash at the start', '//a//b'],
  ['PRX-5 double slash at the start with a query', '//x?b=2&a=1'],
  ['PRX-5 dots', '/a/../b/./c'],
] as const;

/** Methods and whether they carry a body. */
const METHODS = ['GET', 'HEAD', 'OPTIONS', 'PATCH', 'DELETE', 'PUT', 'POST', 'TRACE'] as const;
/** Known to the parser, though no standard method. */
const OTHER_METHODS = ['PROPFIND', 'MKCOL', 'PURGE', 'REPORT', 'QUERY'] as const;

describe.concurrent('requests', () => {
  const router = sharedRouter();

  test.for(TARGETS)('%s: %s', async ([, target]) => {
    const { host, app } = await router.route(OK);
    const response = await router.get(host, target);
    expect(response.status).toBe(200);
    expect(app.lastRequest.startLine).toBe(`GET ${target} HTTP/1.1`);
  });

  test.for(['/', '/a', '/a/b'])('PRX-1 HTTP/1.0 and 1.1 with %s', async (path) => {
    const { host } = await router.route(OK);
    const old = await router.ask(requestText(host, `GET ${path} HTTP/1.0`));
    expect(old.status).toBe(200);
    expect(old.content.body).toBe('ok');
    expect((await router.get(host, path)).status).toBe(200);
  });

  test('PRX-1, O-11 HTTP/1.5 gets a bare 400 and the end', async () => {
    const { host, app } = await router.route(OK);
    const client = router.client();
    await client.send(requestText(host, 'GET / HTTP/1.5'));
    expect(await client.ended()).toBe('closed');
    expect(client.connection.raw).toBe('HTTP/1.0 400 Bad Request\r\n\r\n');
    expect(app.requests).toEqual([]);
  });

  test.for([
    ['/p', '/p'],
    ['/a%20b?c=%2F', '/a%20b?c=%2F'],
    ['//a', '//a'],
  ])('PRX-3 absolute-form goes to its own authority: %s', async ([path = '']) => {
    const { host, app } = await router.route(OK);
    const text = requestText(host, `GET http://${host}${path} HTTP/1.1`);
    expect((await router.ask(text)).status).toBe(200);
    expect(app.lastRequest.startLine).toBe(`GET http://${host}${path} HTTP/1.1`);
    expect(headersOf(app.lastRequest, 'host')).toEqual([host]);
  });

  test.for([...METHODS, ...OTHER_METHODS])('PRX-27 %s passes', async (method) => {
    const { host, app } = await router.route(OK);
    const client = router.client();
    const response = await client.exchange(requestText(host, `${method} / HTTP/1.1`));
    expect(response.status).toBe(200);
    expect(app.lastRequest.startLine).toBe(`${method} / HTTP/1.1`);
    expect(response.content.body).toBe(method === 'HEAD' ? '' : 'ok');
    expect(headerOf(response, 'content-length')).toBe('2');
  });
});
