import { describe, expect, test } from 'vitest';
import { fieldOf } from './access-line.ts';
import { answer, headerOf, headersOf } from './app.ts';
import { requestText } from './client.ts';
import { sharedRouter, uniqueHost } from './harness.ts';

const OK = answer('ok');
/** The variant digit of a UUID is not checked: the original's is out of the ordinary (§5.1). */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const FORGED_ID = '11111111-1111-4111-8111-111111111111';

describe.concurrent('requests with the defaults', () => {
  const router = sharedRouter();

  test('PRX-6 X-Forwarded-For gets the address of the client appended', async () => {
    const { host, app } = await router.route(OK);
    await router.get(host);
    await router.get(host, '/', ['X-Forwarded-For: 1.2.3.4, 5.6.7.8']);
    await router.get(host, '/', ['X-Forwarded-For: 1.2.3.4', 'X-Forwarded-For: 5.6.7.8']);
    expect(app.requests.map((request) => headersOf(request, 'x-forwarded-for'))).toEqual([
      ['127.0.0.1'],
      ['1.2.3.4, 5.6.7.8, 127.0.0.1'],
      ['1.2.3.4, 5.6.7.8, 127.0.0.1'],
    ]);
  });

  test.for([[''], ['Expect: 100-continue']])(
    'PRX-7 X-Forwarded-Host stays as it is (%s)',
    async (extra) => {
      const { host, app } = await router.route(OK);
      const lines = [...extra, 'X-Forwarded-Host: other.test', 'Forwarded: host=other'];
      const headers = lines.filter((line) => line !== '');
      await router.ask(requestText(host, 'POST / HTTP/1.1', headers, 'body'));
      expect(headersOf(app.lastRequest, 'x-forwarded-host')).toEqual(['other.test']);
      expect(headersOf(app.lastRequest, 'forwarded')).toEqual(['host=other']);
      expect(app.lastRequest.content.body).toBe('body');
    },
  );

  test('PRX-8 X-Request-Start is the time in ms, unless it is there', async () => {
    const { host, app } = await router.route(OK);
    await router.get(host);
    const value = headerOf(app.lastRequest, 'x-request-start');
    expect(value).toMatch(/^\d{13}$/);
    expect(Math.abs(Number(value) - Date.now())).toBeLessThan(1000);
    await router.get(host, '/', ['X-Request-Start: yesterday']);
    expect(headersOf(app.lastRequest, 'x-request-start')).toEqual(['yesterday']);
    await router.get(host, '/', ['X-Request-Start:']);
    expect(headersOf(app.lastRequest, 'x-request-start')).toEqual(['']);
  });

  test('PRX-9 the instance is named, forged names are replaced', async () => {
    const named = await router.route(OK, {
      app: 'app-guid',
      private_instance_id: 'instance-guid',
      private_instance_index: '3',
    });
    const forged = [
      'X-CF-ApplicationID: forged',
      'X-CF-InstanceID: forged',
      'X-CF-InstanceIndex: forged',
    ];
    await router.get(named.host, '/', forged);
    const seen = named.app.lastRequest;
    expect(headersOf(seen, 'x-cf-applicationid')).toEqual(['app-guid']);
    expect(headersOf(seen, 'x-cf-instanceid')).toEqual(['instance-guid']);
    expect(headersOf(seen, 'x-cf-instanceindex')).toEqual(['3']);
    const bare = await router.route(OK);
    await router.get(bare.host);
    expect(headerOf(bare.app.lastRequest, 'x-cf-instanceid')).toBe(bare.app.address);
  });

  test('PRX-10 X-Vcap-Request-Id is a UUID of the router', async () => {
    const { host, app } = await router.route(OK);
    const response = await router.get(host, '/', [`X-Vcap-Request-Id: ${FORGED_ID}`]);
    const [id, ...others] = headersOf(app.lastRequest, 'x-vcap-request-id');
    expect(others).toEqual([]);
    expect(id).toMatch(UUID);
    expect(id).not.toBe(FORGED_ID);
    expect(headersOf(response, 'x-vcap-request-id')).toEqual([id]);
    expect(fieldOf(await router.accessLine(host), 'vcap_request_id')).toBe(id);
  });

  test("PRX-10 the app's own X-Vcap-Request-Id in the answer wins", async () => {
    const { host } = await router.route(answer('ok', [['X-Vcap-Request-Id', 'mine']]));
    expect(headersOf(await router.get(host), 'x-vcap-request-id')).toEqual(['mine']);
  });

  test('PRX-12 Accept-Encoding and encoded bodies pass as they are', async () => {
    const bytes = '\u001f\u008b\u0008\u0000not really gzip';
    const { host, app } = await router.route(answer(bytes, [['Content-Encoding', 'gzip']]));
    const response = await router.get(host);
    expect(headersOf(app.lastRequest, 'accept-encoding')).toEqual([]);
    expect(headersOf(response, 'content-encoding')).toEqual(['gzip']);
    expect(response.content.body).toBe(bytes);
    await router.get(host, '/', ['Accept-Encoding: br']);
    expect(headersOf(app.lastRequest, 'accept-encoding')).toEqual(['br']);
  });

  test('PRX-17 what Connection names does not reach the app', async () => {
    const { host, app } = await router.route(OK);
    await router.get(host, '/', ['Connection: X-Foo, keep-alive', 'X-Foo: 1', 'X-Bar: 2']);
    expect(headersOf(app.lastRequest, 'x-foo')).toEqual([]);
    expect(headersOf(app.lastRequest, 'x-bar')).toEqual(['2']);
  });

  test('PRX-18 an empty trace key shows nothing', async () => {
    const { host } = await router.route(OK);
    const response = await router.get(host, '/', ['X-Vcap-Trace:']);
    for (const name of ['x-vcap-router', 'x-vcap-backend', 'x-cf-routeendpoint']) {
      expect(headersOf(response, name)).toEqual([]);
    }
  });

  test('PRX-28 repeated lines stay repeated', async () => {
    const cookies = [
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
    ] as const;
    const { host, app } = await router.route(answer('ok', cookies));
    const response = await router.get(host, '/', ['Cookie: c=3', 'Cookie: d=4']);
    expect(headersOf(app.lastRequest, 'cookie')).toEqual(['c=3', 'd=4']);
    expect(headersOf(response, 'set-cookie')).toEqual(['a=1', 'b=2']);
  });

  test('PRX-31 X-CF-Proxy-Signature of the app stays inside', async () => {
    const { host } = await router.route(answer('ok', [['X-CF-Proxy-Signature', 'secret']]));
    expect(headersOf(await router.get(host), 'x-cf-proxy-signature')).toEqual([]);
  });

  test('XFCC-1 always_forward over http: as sent', async () => {
    const { host, app } = await router.route(OK);
    await router.get(host, '/', ['X-Forwarded-Client-Cert: sent']);
    expect(headersOf(app.lastRequest, 'x-forwarded-client-cert')).toEqual(['sent']);
  });

  test('XFCC-46 with Expect: 100-continue the same', async () => {
    const { host, app } = await router.route(OK);
    const lines = ['X-Forwarded-Client-Cert: sent', 'Expect: 100-continue'];
    await router.ask(requestText(host, 'POST / HTTP/1.1', lines, 'body'));
    expect(headersOf(app.lastRequest, 'x-forwarded-client-cert')).toEqual(['sent']);
  });
});

describe.concurrent('with a trace key', () => {
  const router = sharedRouter({ trace_key: '22' });

  test('PRX-18 only the right key shows router and endpoint', async () => {
    const { host, app } = await router.route(OK);
    const traced = await router.get(host, '/', ['X-Vcap-Trace: 22']);
    expect(headerOf(traced, 'x-vcap-router')).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(headersOf(traced, 'x-vcap-backend')).toEqual([app.address]);
    expect(headersOf(traced, 'x-cf-routeendpoint')).toEqual([app.address]);
    const other = await router.get(host, '/', ['X-Vcap-Trace: 2']);
    expect(headersOf(other, 'x-vcap-router')).toEqual([]);
    expect(headersOf(other, 'x-vcap-backend')).toEqual([]);
    expect(headersOf(other, 'x-cf-routeendpoint')).toEqual([]);
  });
});

describe.concurrent('with names protected from Connection', () => {
  const router = sharedRouter({
    hop_by_hop_headers_to_filter: ['X-Foo'],
    forwarded_client_cert: 'forward',
  });

  test('PRX-17 a protected name is forwarded, another is not', async () => {
    const { host, app } = await router.route(OK);
    await router.get(host, '/', ['Connection: x-foo, X-Bar', 'X-Foo: 1', 'X-Bar: 2']);
    expect(headersOf(app.lastRequest, 'x-foo')).toEqual(['1']);
    expect(headersOf(app.lastRequest, 'x-bar')).toEqual([]);
  });

  test('XFCC-2 forward over http: deleted', async () => {
    const { host, app } = await router.route(OK);
    await router.get(host, '/', ['X-Forwarded-Client-Cert: sent']);
    expect(headersOf(app.lastRequest, 'x-forwarded-client-cert')).toEqual([]);
  });
});

describe.concurrent('rewriting answers', () => {
  const router = sharedRouter({
    forwarded_client_cert: 'sanitize_set',
    http_rewrite: {
      responses: {
        add_headers_if_not_present: [
          { name: 'X-Added', value: 'one' },
          { name: 'X-Added', value: 'two' },
          { name: 'X-Replaced', value: 'new' },
        ],
        remove_headers: [
          { name: 'x-remove-ME' },
          { name: 'X-Replaced' },
          { name: 'X-Vcap-Request-Id' },
        ],
      },
    },
  });

  test('PRX-19 absent headers are added, with all their values', async () => {
    const { host } = await router.route(OK);
    expect(headersOf(await router.get(host), 'x-added')).toEqual(['one', 'two']);
    expect(headersOf(await router.get(uniqueHost()), 'x-added')).toEqual(['one', 'two']);
  });

  test('PRX-19 headers that are there stay', async () => {
    const { host } = await router.route(answer('ok', [['x-added', 'own']]));
    expect(headersOf(await router.get(host), 'x-added')).toEqual(['own']);
  });

  test('PRX-19 headers are removed in any case and with all values, or replaced', async () => {
    const { host } = await router.route(
      answer('ok', [
        ['X-Remove-Me', '1'],
        ['x-remove-me', '2'],
        ['X-Replaced', 'old'],
      ]),
    );
    const response = await router.get(host);
    expect(headersOf(response, 'x-remove-me')).toEqual([]);
    expect(headersOf(response, 'x-replaced')).toEqual(['new']);
    expect(headersOf(response, 'x-vcap-request-id')).toEqual([]);
  });

  test('XFCC-3 sanitize_set over http: deleted', async () => {
    const { host, app } = await router.route(OK);
    await router.get(host, '/', ['X-Forwarded-Client-Cert: sent']);
    expect(headersOf(app.lastRequest, 'x-forwarded-client-cert')).toEqual([]);
  });
});

/** The rows of §5.5 over http, for a client that sends nothing, http and https. */
const FORWARDED_PROTO = [
  {
    force: false,
    sanitize: false,
    names: ['XFP-1', 'XFP-2', 'XFP-3'],
    seen: ['http', 'http', 'https'],
  },
  {
    force: false,
    sanitize: true,
    names: ['XFP-4', 'XFP-5', 'XFP-6'],
    seen: ['http', 'http', 'http'],
  },
  {
    force: true,
    sanitize: false,
    names: ['XFP-7', 'XFP-8', 'XFP-9'],
    seen: ['https', 'https', 'https'],
  },
  {
    force: true,
    sanitize: true,
    names: ['XFP-10', 'XFP-11', 'XFP-12'],
    seen: ['https', 'https', 'https'],
  },
] as const;

describe.for(FORWARDED_PROTO)(
  'force $force, sanitize $sanitize',
  ({ force, sanitize, names, seen }) => {
    const router = sharedRouter({
      force_forwarded_proto_https: force,
      sanitize_forwarded_proto: sanitize,
    });
    const rows = ['', 'http', 'https'].map((sent, row) => [names[row], sent, seen[row]] as const);

    test.concurrent.for(rows)('%s: sent "%s", the app sees %s', async ([, sent, wanted]) => {
      const { host, app } = await router.route(OK);
      await router.get(host, '/', sent === '' ? [] : [`X-Forwarded-Proto: ${sent}`]);
      expect(headersOf(app.lastRequest, 'x-forwarded-proto')).toEqual([wanted]);
    });
  },
);
