import { describe, expect, test } from 'vitest';
import { compareOutcome } from './compare.ts';
import { TemplateMatcher } from './match-template.ts';
import type { BackendRequestSeen, Outcome, ResponseSeen } from './recorded-case.ts';

const id = '0a1b2c3d-0000-4000-8000-00000000000';

const recordedResponse: ResponseSeen = {
  statusLine: 'HTTP/1.1 200 OK',
  headers: [
    ['Content-Length', '2'],
    ['X-Vcap-Request-Id', '{{uuid}}'],
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', 'b=2'],
    ['Date', '{{date}}'],
  ],
  framing: 'content-length',
  body: 'b1',
};

const recordedRequest: BackendRequestSeen = {
  backend: 'b1',
  requestLine: 'GET /p HTTP/1.1',
  headers: [
    ['Host', 'app.test'],
    ['X-Vcap-Request-Id', '{{uuid}}'],
    ['X-Cf-Instanceid', '127.0.0.1:{{b1.port}}'],
  ],
  body: '',
};

const line =
  'app.test - [{{time}}] "GET /p HTTP/1.1" 200 0 2 "-" "ua \\"x\\"" "127.0.0.1:{{port}}" ' +
  '"127.0.0.1:{{b1.port}}" vcap_request_id:"{{uuid}}" response_time:{{seconds}}';

const recorded: Outcome = {
  response: recordedResponse,
  connection: 'kept',
  backendSaw: recordedRequest,
  accessLog: line,
};

const response: ResponseSeen = {
  ...recordedResponse,
  headers: [
    ['date', 'Sat, 03 Feb 2024 04:05:06 GMT'],
    ['set-cookie', 'a=1'],
    ['x-vcap-request-id', `${id}1`],
    ['set-cookie', 'b=2'],
    ['content-length', '2'],
  ],
};

const request: BackendRequestSeen = {
  ...recordedRequest,
  headers: [
    ['X-Cf-Instanceid', '127.0.0.1:12345'],
    ['host', 'app.test'],
    ['X-Vcap-Request-Id', `${id}1`],
  ],
};

const came: Outcome = {
  response,
  connection: 'kept',
  backendSaw: [request],
  accessLog: [
    'app.test - [2024-02-03T04:05:06.000000001Z] "GET /p HTTP/1.1" 200 0 2 "-" "ua \\"x\\"" ' +
      `"127.0.0.1:50000" "127.0.0.1:12345" vcap_request_id:"${id}1" response_time:0.001234`,
  ],
};

function differingFields(expected: Outcome, actual: Outcome): string[] {
  const matcher = new TemplateMatcher(new Map([['b1.port', '12345']]));
  return compareOutcome(expected, actual, matcher).map((difference) => difference.field);
}

function withHeaders(replace: Readonly<Record<string, string | undefined>>): ResponseSeen {
  const headers = (response.headers as readonly (readonly [string, string])[]).flatMap(
    ([name, value]) => {
      if (!(name in replace)) return [[name, value] as const];
      const next = replace[name];
      return next === undefined ? [] : [[name, next] as const];
    },
  );
  return { ...response, headers };
}

describe('what came is compared with what was recorded', () => {
  test('names in another case and order are no difference', () => {
    expect(differingFields(recorded, came)).toEqual([]);
  });

  const accessLine = String((came.accessLog as readonly string[])[0]);
  const alterations: readonly (readonly [what: string, actual: Outcome, fields: string[]])[] = [
    [
      'an altered header',
      { ...came, response: withHeaders({ 'content-length': '3' }) },
      ['response.headers.content-length'],
    ],
    [
      'a missing header',
      { ...came, response: withHeaders({ date: undefined }) },
      ['response.headers.date'],
    ],
    [
      'a date of another form',
      { ...came, response: withHeaders({ date: '2024-02-03' }) },
      ['response.headers.date'],
    ],
    [
      'an added header',
      { ...came, response: { ...response, headers: [['x-new', ''], ...list(response)] } },
      ['response.headers.x-new'],
    ],
    [
      'cookies in another order',
      { ...came, response: { ...response, headers: swapCookies(response) } },
      ['response.headers.set-cookie'],
    ],
    [
      'another status',
      { ...came, response: { ...response, statusLine: 'HTTP/1.1 200 Ok' } },
      ['response.statusLine'],
    ],
    ['another body', { ...came, response: { ...response, body: 'b2' } }, ['response.body']],
    ['a cut body', { ...came, response: { ...response, complete: false } }, ['response.complete']],
    [
      'added trailers',
      { ...came, response: { ...response, trailers: [['X-T', 'v']] } },
      ['response.trailers.x-t'],
    ],
    [
      'a 1xx answer',
      { ...came, interim: [{ statusLine: 'HTTP/1.1 100 Continue', headers: [] }] },
      ['interim'],
    ],
    ['no answer', { ...came, response: null }, ['response']],
    ['two answers', { ...came, responses: [response, response] }, ['responses[1]']],
    ['an ended connection', { ...came, connection: 'closed' }, ['connection']],
    ['bytes behind the answer', { ...came, stream: 'x' }, ['stream']],
    ['no call of the backend', { ...came, backendSaw: [] }, ['backendSaw']],
    ['a second call of the backend', { ...came, backendSaw: [request, request] }, ['backendSaw']],
    [
      'another request id at the backend',
      {
        ...came,
        backendSaw: [
          { ...request, headers: [...list(request).slice(0, 2), ['X-Vcap-Request-Id', `${id}2`]] },
        ],
      },
      ['backendSaw.headers.x-vcap-request-id'],
    ],
    [
      'the port of another backend',
      {
        ...came,
        backendSaw: [
          { ...request, headers: [...list(request).slice(1), ['X-Cf-Instanceid', '127.0.0.1:1']] },
        ],
      },
      ['backendSaw.headers.x-cf-instanceid'],
    ],
    [
      'another target',
      { ...came, backendSaw: [{ ...request, requestLine: 'GET /q HTTP/1.1' }] },
      ['backendSaw.requestLine'],
    ],
    [
      'another request framing',
      { ...came, backendSaw: [{ ...request, framing: 'chunked' }] },
      ['backendSaw.framing'],
    ],
    [
      'a TLS error at the backend',
      { ...came, backendTls: [{ backend: 'b1', tlsError: 'E' }] },
      ['backendTls'],
    ],
    ['no access log line', { ...came, accessLog: [] }, ['accessLog']],
    [
      'another status in the log',
      { ...came, accessLog: [accessLine.replace(' 200 ', ' 502 ')] },
      ['accessLog.status'],
    ],
    [
      'another time in the log',
      { ...came, accessLog: [accessLine.replace('0.001234', '0.0012')] },
      ['accessLog.response_time'],
    ],
    ['a field more in the log', { ...came, accessLog: [`${accessLine} x:"1"`] }, ['accessLog']],
  ];

  test.each(alterations)('%s is reported', (_what, actual, fields) => {
    expect(differingFields(recorded, actual)).toEqual(fields);
  });
});

function list(seen: ResponseSeen | BackendRequestSeen): (readonly [string, string])[] {
  return [...(seen.headers as readonly (readonly [string, string])[])];
}

function swapCookies(seen: ResponseSeen): (readonly [string, string])[] {
  return list(seen).map(([name, value]) => {
    if (name !== 'set-cookie') return [name, value];
    return [name, value === 'a=1' ? 'b=2' : 'a=1'];
  });
}

describe('other outcomes', () => {
  const cases: readonly (readonly [
    what: string,
    recorded: Outcome,
    came: Outcome,
    fields: string[],
  ])[] = [
    ['a pattern', { pattern: 'ABAB' }, { pattern: 'AABB' }, ['pattern']],
    [
      'answers in any order',
      { pattern: 'A', answers: ['200 b1', '200 b2'] },
      {
        pattern: 'A',
        answers: ['200 b2', '200 b1'],
      },
      [],
    ],
    [
      'a request count',
      { pattern: 'A', backendRequests: { b1: 2 } },
      {
        pattern: 'A',
        backendRequests: { b1: 1, b2: 1 },
      },
      ['backendRequests.b1', 'backendRequests.b2'],
    ],
    ['an exit code', { exit: 1 }, { exit: null }, ['exit']],
    [
      'an exit that does not come',
      { exit: 0, afterSeconds: 0 },
      { afterSeconds: 6.01 },
      ['exit', 'afterSeconds'],
    ],
    ['seconds within rounding', { exit: 0, afterSeconds: 1 }, { exit: 0, afterSeconds: 1.8 }, []],
    [
      'a reply',
      { reply: { id: '0-{{uuid}}', n: 1 }, keys: ['id', 'n'] },
      {
        reply: { id: '0-x', n: 1 },
        keys: ['n', 'id'],
      },
      ['reply.id', 'keys'],
    ],
    [
      'type names',
      { messages: [{ subject: 's', message: { a: 'number', b: 'string' } }] },
      {
        messages: [{ subject: 's', message: { a: 1, b: 2 } }],
      },
      ['messages[0].message.b'],
    ],
    [
      'a message too many',
      { messages: [] },
      { messages: [{ subject: 's', message: 1 }] },
      ['messages'],
    ],
  ];

  test.each(cases)('%s', (_what, expected, actual, fields) => {
    expect(differingFields(expected, actual)).toEqual(fields);
  });

  test('a long header list is compared by its length and its first lines', () => {
    const long: Outcome = {
      connection: 'kept',
      response: { statusLine: 'x', headers: { count: 2, first: [['A', '1']] }, body: '' },
    };
    const actual = (headers: readonly (readonly [string, string])[]): Outcome => ({
      connection: 'kept',
      response: { statusLine: 'x', headers, body: '' },
    });
    expect(
      differingFields(
        long,
        actual([
          ['b', '2'],
          ['a', '1'],
        ]),
      ),
    ).toEqual([]);
    expect(differingFields(long, actual([['a', '2']]))).toEqual([
      'response.headers.count',
      'response.headers.a',
    ]);
  });
});

describe('ids', () => {
  test('one name is one id within a step, and two names are two ids', () => {
    const matcher = new TemplateMatcher(new Map());
    expect(matcher.matches('{{uuid}}', `${id}1`)).toBe(true);
    expect(matcher.matches('{{uuid}}', `${id}2`)).toBe(false);
    expect(matcher.matches('{{uuid2}}', `${id}1`)).toBe(false);
    expect(matcher.matches('{{uuid2}}', `${id}2`)).toBe(true);
    matcher.beginStep();
    expect(matcher.matches('{{uuid}}', `${id}2`)).toBe(true);
  });

  test('ids of traces stay the same all through a case', () => {
    const matcher = new TemplateMatcher(new Map());
    expect(matcher.matches('00-{{hex16}}-01', '00-0123456789abcdef-01')).toBe(true);
    matcher.beginStep();
    expect(matcher.matches('{{hex16}}', 'fedcba9876543210')).toBe(false);
    expect(matcher.matches('{{hex16-2}}', 'fedcba9876543210')).toBe(true);
  });
});
