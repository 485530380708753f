import { describe, expect, test } from 'vitest';
import { createSystemRandom } from '../../src/adapters/random/system-random.ts';
import { fieldOf } from './access-line.ts';
import { App, answer, type Behaviour, headerOf, headersOf } from './app.ts';
import { requestText } from './client.ts';
import { eventually, type Message, sharedRouter, type TestRouter, uniqueHost } from './harness.ts';

const OK = answer('ok');

/** Attempts of the one request that was made for this host. */
async function attemptsFor(router: TestRouter, host: string): Promise<number> {
  const line = await router.accessLine(host);
  const failed = Number(fieldOf(line, 'failed_attempts'));
  return line.status === '200' ? failed + 1 : failed;
}

async function registerRefusing(router: TestRouter, host: string, count: number) {
  const ports = await Promise.all(Array.from({ length: count }, () => App.refusing()));
  for (const port of ports) await router.register({ port, uris: [host] });
  return ports;
}

function describeWith(maxAttempts: number, run: (router: TestRouter) => void): void {
  describe.concurrent(`max_attempts ${maxAttempts}`, () => {
    const config = {
      backends: { max_attempts: maxAttempts },
      logging: { extra_access_log_fields: ['failed_attempts'] },
    };
    // The first turn of each route goes to the endpoint that was registered first.
    run(sharedRouter(config, { random: { ...createSystemRandom(), below: () => 0 } }));
  });
}

describeWith(4, (router) => {
  test('RETRY-1 four of five refuse: four tries may not be enough', async () => {
    const host = uniqueHost();
    await registerRefusing(router, host, 4);
    const app = await router.startApp(OK);
    await router.register({ port: app.port, uris: [host] });
    expect((await router.get(host)).status).toBe(502);
    expect(await attemptsFor(router, host)).toBe(4);
    expect(app.requests).toEqual([]);
  });

  test('RETRY-2 all five refuse: four tries', async () => {
    const host = uniqueHost();
    await registerRefusing(router, host, 5);
    expect((await router.get(host)).status).toBe(502);
    expect(await attemptsFor(router, host)).toBe(4);
  });
});

describeWith(10, (router) => {
  /** Changes the table while a request is on its way, then hangs up, which is retriable. */
  async function routeThatChanges(host: string, change: () => Promise<void>): Promise<App> {
    const app = await router.startApp(({ socket }) => {
      void change().then(() => socket.end());
    });
    await router.register({ port: app.port, uris: [host] });
    return app;
  }

  test('RETRY-1 four of five refuse: ten tries find the fifth', async () => {
    const host = uniqueHost();
    await registerRefusing(router, host, 4);
    const app = await router.startApp(OK);
    await router.register({ port: app.port, uris: [host] });
    expect((await router.get(host)).status).toBe(200);
    expect(await attemptsFor(router, host)).toBe(5);
  });

  test('RETRY-2 all five refuse: each is tried once', async () => {
    const host = uniqueHost();
    const ports = await registerRefusing(router, host, 5);
    expect((await router.get(host)).status).toBe(502);
    expect(await attemptsFor(router, host)).toBe(5);
    for (const port of ports) {
      expect(router.logsAbout('backend-endpoint-failed', `:${port}"`)).toHaveLength(1);
    }
  });

  test('RETRY-2 endpoints that are only updated meanwhile give no more tries', async () => {
    const host = uniqueHost();
    let ports: readonly number[] = [];
    await routeThatChanges(host, async () => {
      for (const port of ports) {
        await router.register({ port, uris: [host], private_instance_id: 'updated' });
      }
    });
    ports = await registerRefusing(router, host, 4);
    expect((await router.get(host)).status).toBe(502);
    expect(await attemptsFor(router, host)).toBe(5);
  });

  test('RETRY-2 a lone endpoint that hung up is asked again while attempts are left', async () => {
    const { host, app } = await router.route(({ socket }) => socket.end());
    expect((await router.get(host)).status).toBe(502);
    expect(app.requests).toHaveLength(10);
  });

  test('RETRY-2 endpoints that come meanwhile are tried', async () => {
    const host = uniqueHost();
    await registerRefusing(router, host, 4);
    await routeThatChanges(host, async () => {
      await registerRefusing(router, host, 2);
    });
    expect((await router.get(host)).status).toBe(502);
    expect(await attemptsFor(router, host)).toBe(7);
  });

  test.for([
    ['first', true],
    ['last', false],
  ] as const)('RETRY-2 one comes and one goes at the %s try: the new one is tried', async (row) => {
    const [, isFirst] = row;
    const host = uniqueHost();
    const good = await router.startApp(OK);
    let leaving = 0;
    const change = async () => {
      await router.unregister({ port: leaving, uris: [host] });
      await router.register({ port: good.port, uris: [host] });
    };
    if (isFirst) await routeThatChanges(host, change);
    [leaving = 0] = await registerRefusing(router, host, 4);
    if (!isFirst) await routeThatChanges(host, change);
    expect((await router.get(host)).status).toBe(200);
    expect(good.requests).toHaveLength(1);
  });

  test('RETRY-4 what may have had an effect is tried once, with the reason', async () => {
    const { host, app } = await router.route('nonsense\r\n\r\n');
    const other = await router.startApp('nonsense\r\n\r\n');
    await router.register({ port: other.port, uris: [host] });
    const response = await router.get(host);
    expect(response.status).toBe(502);
    expect(headerOf(response, 'x-cf-routererror')).toMatch(/^endpoint_failure \(.+\)$/);
    expect(app.requests.length + other.requests.length).toBe(1);
  });

  /** Two endpoints of which the first that is asked hangs up. */
  async function routeWithOneEof(): Promise<{ host: string; arrivals: () => number }> {
    let arrivals = 0;
    const behaviour: Behaviour = ({ socket }) => {
      arrivals += 1;
      if (arrivals === 1) socket.end();
      else socket.write(OK);
    };
    const { host } = await router.route(behaviour);
    const other = await router.startApp(behaviour);
    await router.register({ port: other.port, uris: [host] });
    return { host, arrivals: () => arrivals };
  }

  const EOF_TABLE: readonly (readonly [string, readonly string[], string | undefined, boolean])[] =
    [
      ['GET', [], undefined, true],
      ['HEAD', [], undefined, true],
      ['OPTIONS', [], undefined, true],
      ['TRACE', [], undefined, true],
      ['GET', [], 'body', false],
      ['OPTIONS', [], 'body', false],
      ['POST', [], undefined, false],
      ['DELETE', [], undefined, false],
      ['POST', ['Idempotency-Key: 1'], undefined, true],
      ['POST', ['X-Idempotency-Key: 1'], undefined, true],
      ['POST', ['Idempotency-Key: 1'], 'body', false],
      ['POST', ['X-Idempotency-Key: 1'], 'body', false],
    ];

  test.for(EOF_TABLE)('RETRY-5 EOF: %s %j body %s → retried %s', async (row) => {
    const [method, headers, body, isRetried] = row;
    const { host, arrivals } = await routeWithOneEof();
    const text = requestText(host, `${method} / HTTP/1.1`, headers, body);
    const { status } = await router.ask(text);
    expect([status, arrivals()]).toEqual(isRetried ? [200, 2] : [502, 1]);
  });

  test('RETRY-6 a POST that found nobody is sent whole, once, to the next', async () => {
    const host = uniqueHost();
    await registerRefusing(router, host, 1);
    const app = await router.startApp(OK);
    await router.register({ port: app.port, uris: [host] });
    const text = requestText(host, 'POST / HTTP/1.1', [], 'the whole body');
    expect((await router.ask(text)).status).toBe(200);
    expect(app.requests.map(({ content }) => content.body)).toEqual(['the whole body']);
    expect(await attemptsFor(router, host)).toBe(2);
  });

  test('RETRY-8 a client that went away is not tried for again', async () => {
    const { host, app } = await router.route(() => {});
    const other = await router.startApp(() => {});
    await router.register({ port: other.port, uris: [host] });
    const arrived = () => app.requests.length + other.requests.length;
    const client = router.client();
    await client.send(requestText(host));
    await eventually('the request arrives', () => arrived() === 1);
    client.connection.abort();
    expect((await router.accessLine(host)).status).toBe('499');
    expect(arrived()).toBe(1);
    expect((await router.routes())[host]).toHaveLength(2);
    expect(router.logsAbout('endpoint-marked-as-ineligible', app.address)).toEqual([]);
    expect(router.logsAbout('endpoint-marked-as-ineligible', other.address)).toEqual([]);
  });

  test('RETRY-10 the instance in the headers is the one that was reached', async () => {
    const named = (id: string): Message => ({ private_instance_id: id, app: `of-${id}` });
    const host = uniqueHost();
    for (let count = 0; count < 4; count += 1) {
      const port = await App.refusing();
      await router.register({ port, uris: [host], ...named(`refusing-${count}`) });
    }
    const app = await router.startApp(OK);
    await router.register({ port: app.port, uris: [host], ...named('good') });
    expect((await router.get(host)).status).toBe(200);
    expect(await attemptsFor(router, host)).toBe(5);
    expect(app.requests).toHaveLength(1);
    for (const request of app.requests) {
      expect(headersOf(request, 'x-cf-instanceid')).toEqual(['good']);
      expect(headersOf(request, 'x-cf-applicationid')).toEqual(['of-good']);
    }
  });

  test('RETRY-12 an error of the app is its answer', async () => {
    const broken = answer('sorry', [], '503 Service Unavailable');
    const { host, app } = await router.route(broken);
    const other = await router.startApp(broken);
    await router.register({ port: other.port, uris: [host] });
    const response = await router.get(host);
    expect([response.status, response.content.body]).toEqual([503, 'sorry']);
    expect(headersOf(response, 'x-cf-routererror')).toEqual([]);
    expect(app.requests.length + other.requests.length).toBe(1);
  });

  test('RETRY-13 a reset marks the endpoint and does not prune it', async () => {
    const { host, app } = await router.route(({ socket }) => socket.resetAndDestroy());
    const response = await router.ask(requestText(host, 'POST / HTTP/1.1', [], 'body'));
    expect(response.status).toBe(502);
    expect(headerOf(response, 'x-cf-routererror')).toMatch(/connection reset by peer\)$/);
    await router.logged('endpoint-marked-as-ineligible', app.address);
    expect((await router.routes())[host]).toHaveLength(1);
    expect(router.logsAbout('prune-failed-endpoint', app.address)).toEqual([]);
  });
});

describeWith(-1, (router) => {
  test('RETRY-3 a negative number is one try', async () => {
    const host = uniqueHost();
    await registerRefusing(router, host, 3);
    expect((await router.get(host)).status).toBe(502);
    expect(await attemptsFor(router, host)).toBe(1);
  });
});

describeWith(0, (router) => {
  test('RETRY-3, deliberate difference: 0 tries each endpoint once', async () => {
    const host = uniqueHost();
    await registerRefusing(router, host, 3);
    expect((await router.get(host)).status).toBe(502);
    expect(await attemptsFor(router, host)).toBe(3);
  });
});
