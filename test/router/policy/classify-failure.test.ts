import { describe, expect, it } from 'vitest';
import {
  classifyFailure,
  type FailureKind,
  isRepeatable,
} from '../../../src/router/policy/classify-failure.ts';
import { ROUTER_ERRORS } from '../../../src/router/policy/router-errors.ts';

const GET = { method: 'GET', hasBody: false, hasIdempotencyKey: false };
const POST = { method: 'POST', hasBody: true, hasIdempotencyKey: false };

interface Row {
  readonly kind: FailureKind;
  readonly wasSent: boolean;
  readonly status: number;
  readonly get: boolean;
  readonly post: boolean;
  readonly plain: string;
  readonly tls: string;
}

const row = (
  kind: FailureKind,
  wasSent: boolean,
  status: number,
  [get, post]: [boolean, boolean],
  [plain, tls]: [string, string],
): Row => ({ kind, wasSent, status, get, post, plain, tls });

/** gorouter.md §3.5, §5.10 and §5.11: status, retry of GET and of POST, effect on the endpoint. */
const rows: Row[] = [
  row('dial', false, 502, [true, true], ['mark', 'remove']),
  row('eof', true, 502, [true, false], ['none', 'none']),
  row('eof', false, 502, [true, true], ['none', 'none']),
  row('reset', true, 502, [false, false], ['mark', 'mark']),
  row('timeout', true, 502, [false, false], ['none', 'none']),
  row('timeout', false, 502, [false, false], ['none', 'none']),
  row('bad-response', true, 502, [false, false], ['none', 'none']),
  row('unasked-upgrade', true, 502, [false, false], ['none', 'none']),
  row('client-gone', true, 499, [false, false], ['none', 'none']),
  row('client-gone', false, 499, [false, false], ['none', 'none']),
  row('no-endpoint', false, 502, [false, false], ['none', 'none']),
  row('tls-not-spoken', false, 525, [true, true], ['mark', 'remove']),
  row('tls-handshake', false, 525, [true, true], ['mark', 'remove']),
  row('tls-handshake-timeout', false, 502, [true, true], ['mark', 'remove']),
  row('tls-name', false, 503, [true, true], ['mark', 'remove']),
  row('tls-untrusted', false, 526, [true, true], ['mark', 'remove']),
  row('tls-certificate-refused', false, 496, [true, true], ['mark', 'remove']),
];

describe('failure classes', () => {
  it.each(rows)('$kind, sent $wasSent: $status', (expected) => {
    const failure = { kind: expected.kind, text: 'why', wasSent: expected.wasSent };
    const get = classifyFailure(failure, GET, false);
    const post = classifyFailure(failure, POST, true);
    expect(ROUTER_ERRORS[get.error].status).toBe(expected.status);
    expect([get.isRetriable, post.isRetriable]).toEqual([expected.get, expected.post]);
    expect([get.effect, post.effect]).toEqual([expected.plain, expected.tls]);
  });

  it('says why an EOF may be retried', () => {
    const failure = { kind: 'eof', text: 'EOF', wasSent: true } as const;
    expect(classifyFailure(failure, GET, false).cause).toBe('EOF (via idempotent request)');
    expect(classifyFailure(failure, POST, false).cause).toBe('EOF');
  });
});

it.each([
  { method: 'GET', hasBody: false, hasIdempotencyKey: false, repeatable: true },
  { method: 'HEAD', hasBody: false, hasIdempotencyKey: false, repeatable: true },
  { method: 'GET', hasBody: true, hasIdempotencyKey: false, repeatable: false },
  { method: 'POST', hasBody: false, hasIdempotencyKey: false, repeatable: false },
  { method: 'POST', hasBody: false, hasIdempotencyKey: true, repeatable: true },
  { method: 'POST', hasBody: true, hasIdempotencyKey: true, repeatable: false },
  { method: 'DELETE', hasBody: false, hasIdempotencyKey: false, repeatable: false },
])('$method body $hasBody key $hasIdempotencyKey: repeatable $repeatable', (request) => {
  expect(isRepeatable(request)).toBe(request.repeatable);
});
