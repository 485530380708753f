import { describe, expect, test } from 'vitest';
import { answer, headerOf, headersOf } from './app.ts';
import { sharedRouter, type TestRouter, uniqueHost, withRouter } from './harness.ts';

const OK = answer('ok');
const GUID = '12345678-1234-1234-1234-123456789abc';

/** Which app answers: its name is the body; `404` and the like stand for a router error. */
async function answerTo(router: TestRouter, host: string, path = '/'): Promise<string> {
  const response = await router.get(host, path);
  return response.status === 200 ? response.content.body : String(response.status);
}

/** Apps that answer with their own uri, `x` standing for a host that no other test has. */
async function appsFor(router: TestRouter, uris: readonly string[]): Promise<string> {
  const domain = uniqueHost();
  for (const uri of uris) {
    const app = await router.startApp(answer(uri));
    await router.register({ port: app.port, uris: [uri.replace('x', domain)] });
  }
  return domain;
}

interface Matching {
  readonly name: string;
  readonly uris: readonly string[];
  /** Host and path, with `x` as above, and the uri that answers. */
  readonly asked: readonly (readonly [host: string, path: string, answer: string])[];
}

const MATCHING: readonly Matching[] = [
  { name: 'REG-2 case of host', uris: ['FOO.x'], asked: [['foO.x', '/', 'FOO.x']] },
  { name: 'REG-2 case of path', uris: ['x/Bar'], asked: [['x', '/bar', 'x/Bar']] },
  { name: 'REG-3 port in Host', uris: ['x'], asked: [['x:1234', '/', 'x']] },
  {
    name: 'REG-5 slash at the end',
    uris: ['x/'],
    asked: [
      ['x', '/', 'x/'],
      ['x', '/a', 'x/'],
    ],
  },
  {
    name: 'REG-6 context path',
    uris: ['x/a'],
    asked: [
      ['x', '/a', 'x/a'],
      ['x', '/a/', 'x/a'],
      ['x', '/a/b?x=y', 'x/a'],
      ['x', '/ab', '404'],
      ['x', '/', '404'],
    ],
  },
  {
    name: 'REG-7 longest path',
    uris: ['x', 'x/a/b', 'x/a'],
    asked: [
      ['x', '/', 'x'],
      ['x', '/a/c', 'x/a'],
      ['x', '/a/b/c', 'x/a/b'],
    ],
  },
  { name: 'REG-8 no shorter path', uris: ['x/a/b'], asked: [['x', '/a', '404']] },
  {
    name: 'REG-9 wildcard',
    uris: ['*.x'],
    asked: [
      ['a.x', '/', '*.x'],
      ['b.a.x', '/', '*.x'],
      ['x', '/', '404'],
    ],
  },
  {
    name: 'REG-10 more specific wildcard',
    uris: ['*.a.x', '*.x'],
    asked: [
      ['q.a.x', '/', '*.a.x'],
      ['q.b.x', '/', '*.x'],
    ],
  },
  {
    name: 'REG-12 wildcard with path',
    uris: ['*.x/p'],
    asked: [
      ['a.x', '/p', '*.x/p'],
      ['a.x', '/q', '404'],
    ],
  },
  {
    name: 'REG-15 encoded characters',
    uris: ['x/a%20b'],
    asked: [
      ['x', '/a%20b', 'x/a%20b'],
      ['x', '/a', '404'],
    ],
  },
];

describe.concurrent('matching', () => {
  const router = sharedRouter();

  test.for(MATCHING)('$name', async ({ uris, asked }) => {
    const domain = await appsFor(router, uris);
    for (const [host, path, wanted] of asked) {
      expect(await answerTo(router, host.replace('x', domain), path)).toBe(wanted);
    }
  });

  test('REG-4 a query in a uri is cut off', async () => {
    const domain = await appsFor(router, ['x/a?b=1']);
    expect(await answerTo(router, domain, '/a')).toBe('x/a?b=1');
    expect(Object.keys(await router.routes())).toContain(`${domain}/a`);
  });

  test('REG-11 an exact host over a wildcard, until it goes', async () => {
    const domain = await appsFor(router, ['*.x']);
    const host = `exact.${domain}`;
    const exact = await router.startApp(answer('exact'));
    await router.register({ port: exact.port, uris: [host] });
    expect(await answerTo(router, host)).toBe('exact');
    await router.unregister({ port: exact.port, uris: [host] });
    expect(await answerTo(router, host)).toBe('*.x');
  });

  test('REG-15 a blank in the target is no request', async () => {
    const { host } = await router.route(OK);
    expect((await router.get(host, '/a b')).status).toBe(400);
  });

  test('REG-1 the same again is one endpoint', async () => {
    const { host, app } = await router.route(OK);
    await router.register({ port: app.port, uris: [host] });
    expect((await router.routes())[host]).toHaveLength(1);
  });

  test('REG-16, REG-17, REG-18 an unregister takes what it names', async () => {
    const domain = uniqueHost();
    const first = await router.startApp(answer('first'));
    const second = await router.startApp(answer('second'));
    const uris = [domain, `${domain}/a`, `${domain}/a/b`];
    await router.register({ port: first.port, uris, app: 'one', private_instance_id: 'one' });
    await router.unregister({ port: second.port, uris });
    await router.unregister({ port: first.port, uris: [`${domain}/unknown`] });
    const sizes = async () => {
      const routes = await router.routes();
      return uris.map((uri) => routes[uri]?.length ?? 0);
    };
    expect(await sizes()).toEqual([1, 1, 1]);
    const upper = `${domain.toUpperCase()}/A`;
    await router.unregister({ port: first.port, uris: [upper], app: 'other' });
    expect(await sizes()).toEqual([1, 0, 1]);
    await router.register({ port: second.port, uris: [domain] });
    await router.unregister({ port: first.port, uris: [domain] });
    expect(await answerTo(router, domain)).toBe('second');
  });

  test('REG-20 two endpoints on one uri both get requests', async () => {
    const { host, app } = await router.route(OK);
    const other = await router.startApp(OK);
    await router.register({ port: other.port, uris: [host] });
    for (let count = 0; count < 10; count += 1) await router.get(host);
    expect([app.requests.length, other.requests.length]).toEqual([5, 5]);
  });

  test('REG-21 an endpoint that is described anew', async () => {
    const setsSession = answer('ok', [['Set-Cookie', 'JSESSIONID=1']]);
    const { host, app } = await router.route(setsSession, {
      app: 'app-old',
      private_instance_id: 'old',
    });
    const fields = { app: 'app-new', private_instance_id: 'new' };
    await router.register({ port: app.port, uris: [host], ...fields });
    expect((await router.routes())[host]).toHaveLength(1);
    const response = await router.get(host, '/', ['Cookie: JSESSIONID=1; __VCAP_ID__=old']);
    expect(headersOf(response, 'set-cookie')[1]).toMatch(/^__VCAP_ID__=new;/);
    expect(headersOf(app.lastRequest, 'x-cf-applicationid')).toEqual(['app-new']);
    expect(headersOf(app.lastRequest, 'x-cf-instanceid')).toEqual(['new']);
  });

  test('REG-26 one instance of an app', async () => {
    const { host, app } = await router.route(answer('0'), {
      app: GUID,
      private_instance_index: '0',
    });
    const other = await router.startApp(answer('1'));
    const fields = { app: GUID, private_instance_index: '1' };
    await router.register({ port: other.port, uris: [host], ...fields });
    for (const index of ['0', '1', '1', '0', '0']) {
      const response = await router.get(host, '/', [`X-CF-App-Instance: ${GUID}:${index}`]);
      expect(response.content.body).toBe(index);
    }
    const unknown = await router.get(host, '/', [`X-CF-App-Instance: ${GUID}:2`]);
    expect(unknown.status).toBe(400);
    expect(headersOf(app.lastRequest, 'x-cf-app-instance')).toEqual([]);
  });

  test('REG-27 instances of a process', async () => {
    const tags = { process_id: GUID };
    const { host } = await router.route(answer('0'), { tags, private_instance_index: '0' });
    const second = await router.startApp(answer('1'));
    await router.register({ port: second.port, uris: [host], tags, private_instance_index: '1' });
    const third = await router.startApp(answer('another process'));
    await router.register({ port: third.port, uris: [host], private_instance_index: '1' });
    const ask = async (value: string) => {
      const response = await router.get(host, '/', [`X-CF-Process-Instance: ${value}`]);
      return response.status === 200 ? response.content.body : response.status;
    };
    const any = new Set<string | number>();
    // Each request starts anywhere in its part of the pool.
    for (let count = 0; count < 40; count += 1) any.add(await ask(GUID));
    expect([...any].sort()).toEqual(['0', '1']);
    expect([await ask(`${GUID}:1`), await ask(`${GUID}:1`)]).toEqual(['1', '1']);
    expect(await ask(`${GUID}:2`)).toBe(400);
    expect(await ask(GUID.replace('1', '2'))).toBe(400);
  });

  test('REG-30 the log tells of new routes and endpoints, in a whisper of old ones', async () => {
    const { host, app } = await router.route(OK);
    await router.register({ port: app.port, uris: [host] });
    const other = await router.startApp(OK);
    await router.register({ port: other.port, uris: [host] });
    expect(router.logsAbout('route-registered', `"${host}"`)).toHaveLength(1);
    const levels = router
      .logsAbout('endpoint-registered', `"${host}"`)
      .map((line) => line.log_level);
    expect(levels).toEqual([1, 0, 1]);
  });
});

describe('counted', () => {
  test('REG-1, REG-19, REG-28 routes, endpoints and the time since the last message', async () => {
    await withRouter({}, async (router) => {
      expect((await router.varz())['ms_since_last_registry_update']).toBe(-1);
      const message = { port: 1, uris: ['a.test', 'b.test', 'c.test'] };
      await router.register(message);
      await router.register(message);
      expect(await router.varz()).toMatchObject({ urls: 3, droplets: 1 });
      await router.unregister({ port: 1, uris: ['b.test'] });
      expect(await router.varz()).toMatchObject({ urls: 2, droplets: 1 });
      const since = async () => Number((await router.varz())['ms_since_last_registry_update']);
      const first = await since();
      expect(first).toBeGreaterThanOrEqual(0);
      expect(first).toBeLessThan(2000);
      await expect.poll(since).toBeGreaterThan(first);
    });
  });
});

describe.concurrent('isolation segments', () => {
  const segments = sharedRouter({
    routing_table_sharding_mode: 'segments',
    isolation_segments: ['mine'],
  });
  const shared = sharedRouter({
    routing_table_sharding_mode: 'shared-and-segments',
    isolation_segments: ['mine'],
  });

  test.for([
    ['mine', 200, 200],
    ['other', 404, 404],
    ['', 404, 200],
  ] as const)('REG-24, REG-25 segment "%s": %i, shared too %i', async ([segment, own, both]) => {
    for (const [router, wanted] of [
      [segments, own],
      [shared, both],
    ] as const) {
      const { host, app } = await router.route(OK, { isolation_segment: segment });
      expect((await router.get(host)).status).toBe(wanted);
      const message = { port: app.port, uris: [host] };
      await router.unregister({ ...message, isolation_segment: 'other' });
      expect((await router.get(host)).status).toBe(wanted);
      await router.unregister({ ...message, isolation_segment: segment });
      expect((await router.get(host)).status).toBe(404);
    }
  });
});

describe.concurrent('kept empty routes', () => {
  const router = sharedRouter({
    empty_pool_response_code_503: true,
    empty_pool_timeout: '60s',
  });

  test('REG-11 an exact host that is empty hides the wildcard', async () => {
    const domain = await appsFor(router, ['*.x']);
    const host = `exact.${domain}`;
    await router.register({ port: 1, uris: [host] });
    await router.unregister({ port: 1, uris: [host] });
    expect(await answerTo(router, host)).toBe('503');
  });

  test('REG-14 an empty longer path gives way to a filled shorter one', async () => {
    const domain = await appsFor(router, ['x', 'x/foo']);
    expect(await answerTo(router, domain, '/foo')).toBe('x/foo');
    const routes = await router.routes();
    const portOf = (key: string) => Number(String(routes[key]?.[0]?.['address']).split(':')[1]);
    await router.unregister({ port: portOf(`${domain}/foo`), uris: [`${domain}/foo`] });
    expect(await answerTo(router, domain, '/foo')).toBe('x');
    await router.unregister({ port: portOf(domain), uris: [domain] });
    const response = await router.get(domain, '/foo');
    expect([response.status, headerOf(response, 'x-cf-routererror')]).toEqual([
      503,
      'no_endpoints',
    ]);
  });
});
