import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkAuthority,
  checkFraming,
  checkHost,
  checkTarget,
  checkUpgrade,
} from '../../../src/router/policy/check-request.ts';
import { HeaderList } from '../../../src/router/policy/header-list.ts';

const list = (...raw: string[]) => HeaderList.fromRaw(raw);

describe('Host', () => {
  it.each([
    { headers: list('Host', 'a.test'), version: '1.1', text: undefined },
    { headers: list('hOST', 'a.test:80'), version: '1.1', text: undefined },
    { headers: list('Host', '[::1]:80'), version: '1.1', text: undefined },
    { headers: list('Host', ''), version: '1.1', text: undefined },
    { headers: list(), version: '1.0', text: undefined },
    { headers: list(), version: '1.1', text: '400 Bad Request: missing required Host header' },
    { headers: list('Host', 'a', 'Host', 'a'), version: '1.1', text: '400 Bad Request' },
    { headers: list('Host', 'a', 'host', 'b'), version: '1.0', text: '400 Bad Request' },
    ...['a/b', 'u@a', 'a,b', '<a>', 'a b', 'caf\u00e9', 'a\\b', 'a?b', 'a#b'].map((host) => ({
      headers: list('Host', host),
      version: '1.1',
      text: '400 Bad Request: malformed Host header',
    })),
  ])('$version $headers.values: $text', ({ headers, version, text }) => {
    expect(checkHost(headers, version)?.text).toBe(text);
  });
});

describe('framing', () => {
  const length = (value: string) => ['Content-Length', value];
  const coding = (value: string) => ['Transfer-Encoding', value];
  it.each([
    { raw: [], version: '1.1', text: undefined },
    { raw: length('5'), version: '1.1', text: undefined },
    { raw: length('005'), version: '1.1', text: undefined },
    { raw: coding('chunked'), version: '1.1', text: undefined },
    { raw: coding('CHUNKED'), version: '1.1', text: undefined },
    ...['', '+5', '-1', '0x5', '1_0', '5, 5', '5 5', '1e1', '9'.repeat(16)].map((value) => ({
      raw: length(value),
      version: '1.1',
      text: '400 Bad Request',
    })),
    { raw: [...length('5'), ...length('5')], version: '1.1', text: '400 Bad Request' },
    { raw: [...length('5'), ...coding('chunked')], version: '1.1', text: '400 Bad Request' },
    { raw: [...coding('chunked'), ...length('5')], version: '1.1', text: '400 Bad Request' },
    { raw: [...coding('chunked'), ...coding('chunked')], version: '1.1', text: '400 Bad Request' },
    { raw: coding('chunked'), version: '1.0', text: '400 Bad Request' },
    ...['gzip', 'gzip, chunked', 'chunked, identity', 'xchunked', 'chunked;q=1', ' '].map(
      (value) => ({ raw: coding(value), version: '1.1', text: '501 Not Implemented' }),
    ),
  ])('$version $raw: $text', ({ raw, version, text }) => {
    expect(checkFraming(list(...raw), version)?.text).toBe(text);
  });

  it('accepts at most one way to tell where the body ends, whatever the headers', () => {
    const header = fc.tuple(
      fc.constantFrom('Content-Length', 'content-length', 'Transfer-Encoding', 'X-A'),
      fc.constantFrom('0', '5', '05', 'chunked', 'Chunked', 'gzip', '', '5,5'),
    );
    fc.assert(
      fc.property(fc.array(header, { maxLength: 5 }), (pairs) => {
        const headers = list(...pairs.flat());
        if (checkFraming(headers, '1.1') !== undefined) return;
        const ways = headers.count('content-length') + headers.count('transfer-encoding');
        expect(ways).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('target', () => {
  it.each([
    { method: 'GET', target: '/', isGood: true },
    { method: 'GET', target: '//a//b?x=%zz', isGood: true },
    { method: 'GET', target: 'http://a.test/x', isGood: true },
    { method: 'OPTIONS', target: '*', isGood: true },
    { method: 'GET', target: '*', isGood: false },
    { method: 'GET', target: 'admin', isGood: false },
    { method: 'GET', target: '/a#b', isGood: false },
    { method: 'GET', target: '/%zz', isGood: false },
    { method: 'GET', target: '/%4', isGood: false },
    { method: 'GET', target: 'http:///x', isGood: false },
    { method: 'GET', target: 'a.test:80', isGood: false },
  ])('$method $target: $isGood', ({ method, target, isGood }) => {
    expect(checkTarget(method, target) === undefined).toBe(isGood);
  });

  it('refuses an authority that is not the Host', () => {
    expect(checkAuthority('a.test', 'A.TEST')).toBeUndefined();
    expect(checkAuthority(undefined, 'a.test')).toBeUndefined();
    expect(checkAuthority('a.test', 'b.test')?.text).toBe('400 Bad Request');
  });
});

describe('upgrade', () => {
  const handshake = ['Connection', 'keep-alive, Upgrade', 'Upgrade', 'WebSocket'];
  it.each([
    { raw: handshake, isGood: true },
    { raw: [...handshake, 'Content-Length', '0'], isGood: true },
    { raw: [...handshake, 'Content-Length', '4'], isGood: false },
    { raw: [...handshake, 'Transfer-Encoding', 'chunked'], isGood: false },
    { raw: ['Upgrade', 'websocket', 'Content-Length', '4'], isGood: true },
  ])('$raw: $isGood', ({ raw, isGood }) => {
    expect(checkUpgrade(list(...raw)) === undefined).toBe(isGood);
  });
});
