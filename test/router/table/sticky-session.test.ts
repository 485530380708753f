import { describe, expect, test } from 'vitest';
import {
  readStickyRequest,
  type StickyResponse,
  type StickySettings,
  stickySetCookie,
} from '../../../src/router/table/sticky-session.ts';

const PLAIN: StickySettings = {
  cookieNames: ['JSESSIONID'],
  secureCookies: false,
  forAuthNegotiate: false,
};
const SECURE = { ...PLAIN, secureCookies: true };
const NEGOTIATE = { ...PLAIN, forAuthNegotiate: true };

describe('request', () => {
  const cases: readonly [name: string, lines: string[], endpointId: string][] = [
    ['STK-3 both cookies', ['JSESSIONID=x; __VCAP_ID__=a'], 'a'],
    ['other order, other cookies', ['q=1;__VCAP_ID__=a;JSESSIONID=x;r=2'], 'a'],
    ['two lines', ['__VCAP_ID__=a', 'JSESSIONID=x'], 'a'],
    ['STK-4 without session', ['__VCAP_ID__=a'], ''],
    ['without id', ['JSESSIONID=x'], ''],
    ['names in another case', ['jsessionid=x; __vcap_id__=a'], ''],
    ['quoted id', ['JSESSIONID=x; __VCAP_ID__="a b"'], 'a b'],
    ['empty session', ['JSESSIONID=; __VCAP_ID__=a'], 'a'],
    ['session without =', ['JSESSIONID; __VCAP_ID__=a'], 'a'],
    ['first id counts', ['JSESSIONID=x; __VCAP_ID__=a; __VCAP_ID__=b'], 'a'],
    ['an unreadable id is passed over', ['JSESSIONID=x; __VCAP_ID__=a"; __VCAP_ID__=b'], 'b'],
    ['part of a longer name', ['XJSESSIONID=x; __VCAP_ID__=a'], ''],
    ['no cookies', [], ''],
  ];
  test.each(cases)('%s', (_name, lines, endpointId) => {
    expect(readStickyRequest(lines, '', PLAIN)).toEqual({ endpointId, mustBeSticky: false });
  });

  test('STK-9: other names', () => {
    const settings = { ...PLAIN, cookieNames: ['SID', 'OTHER'] };
    const idWith = (name: string) =>
      readStickyRequest([`${name}=1; __VCAP_ID__=a`], '', settings).endpointId;
    expect([idWith('SID'), idWith('OTHER'), idWith('JSESSIONID')]).toEqual(['a', 'a', '']);
  });

  test.each([
    ['Negotiate x', NEGOTIATE, { endpointId: 'a', mustBeSticky: true }],
    ['nEGOTIATE', NEGOTIATE, { endpointId: 'a', mustBeSticky: true }],
    ['Basic x', NEGOTIATE, { endpointId: '', mustBeSticky: false }],
    ['Negotiate x', PLAIN, { endpointId: '', mustBeSticky: false }],
  ])('STK-15: Authorization %s', (authorization, settings, expected) => {
    expect(readStickyRequest(['__VCAP_ID__=a'], authorization, settings)).toEqual(expected);
  });
});

function setCookie(response: Partial<StickyResponse>, settings = PLAIN): string | undefined {
  return stickySetCookie(
    {
      requestedEndpointId: '',
      instanceId: 'instance-a',
      contextPath: '/',
      setCookieLines: [],
      wwwAuthenticate: '',
      ...response,
    },
    settings,
  );
}

const ID = '__VCAP_ID__=instance-a; Path=/';

describe('response: attributes taken from the session cookie (STK-2, STK-6, STK-7)', () => {
  const cases: readonly [
    cookie: string,
    expected: string | undefined,
    settings?: StickySettings,
  ][] = [
    ['JSESSIONID=x', `${ID}; HttpOnly`],
    ['JSESSIONID=x; Path=/app', `${ID}; HttpOnly`],
    ['JSESSIONID=x; Secure', `${ID}; HttpOnly; Secure`],
    ['JSESSIONID=x; SameSite=Strict', `${ID}; HttpOnly; SameSite=Strict`],
    ['JSESSIONID=x; SameSite=Lax', `${ID}; HttpOnly; SameSite=Lax`],
    ['JSESSIONID=x; SameSite', `${ID}; HttpOnly`],
    ['JSESSIONID=x; SameSite=constructor', `${ID}; HttpOnly`],
    [
      'JSESSIONID=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
      `${ID}; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly`,
    ],
    [
      'JSESSIONID=x; expires=mon, 29-FEB-2028 23:59:59 GMT',
      `${ID}; Expires=Tue, 29 Feb 2028 23:59:59 GMT; HttpOnly`,
    ],
    ['JSESSIONID=x; Expires=Thu, 29 Feb 2027 00:00:00 GMT', `${ID}; HttpOnly`],
    ['JSESSIONID=x; Expires=garbage', `${ID}; HttpOnly`],
    ['JSESSIONID=x; Max-Age=-1', `${ID}; Max-Age=0; HttpOnly`],
    ['JSESSIONID=x; Max-Age=0', `${ID}; Max-Age=0; HttpOnly`],
    ['JSESSIONID=x; Max-Age=60', `${ID}; HttpOnly`],
    ['JSESSIONID=x; Max-Age=abc', `${ID}; HttpOnly`],
    ['JSESSIONID=x; Max-Age=00', `${ID}; Max-Age=0; HttpOnly`],
    ['JSESSIONID=x; Partitioned; Secure', `${ID}; HttpOnly; Secure; Partitioned`],
    ['JSESSIONID=x; Domain=test', `${ID}; HttpOnly`],
    ['JSESSIONID=x; secure; httponly; samesite=none', `${ID}; HttpOnly; Secure; SameSite=None`],
    [
      'JSESSIONID=x; Max-Age=60; Expires=Wed, 01 Jan 2031 10:00:00 GMT; Secure; SameSite=Lax; ' +
        'HttpOnly; Path=/p; Domain=d.test',
      `${ID}; Expires=Wed, 01 Jan 2031 10:00:00 GMT; HttpOnly; Secure; SameSite=Lax`,
    ],
    ['JSESSIONID=', `${ID}; HttpOnly`],
    ['JSESSIONID="quoted"', `${ID}; HttpOnly`],
    ['JSESSIONID=a b', `${ID}; HttpOnly`],
    ['jsessionid=x', undefined],
    ['JSESSIONID', undefined],
    ['other=x', undefined],
    ['JSESSIONID=x', `${ID}; HttpOnly; Secure`, SECURE],
    ['JSESSIONID=x; SameSite=None', `${ID}; HttpOnly; Secure; SameSite=None`, SECURE],
  ];
  test.each(cases)('%s', (cookie, expected, settings) => {
    expect(setCookie({ setCookieLines: [cookie] }, settings)).toBe(expected);
  });
});

describe('response', () => {
  test('STK-1: nothing set, nothing asked for', () => {
    expect(setCookie({})).toBeUndefined();
  });

  test('STK-3: the asked instance answered', () => {
    const same = { requestedEndpointId: 'instance-a' };
    expect(setCookie(same)).toBeUndefined();
    expect(setCookie({ ...same, setCookieLines: ['JSESSIONID=y'] })).toBe(`${ID}; HttpOnly`);
  });

  test('STK-5, STK-12: another one answered, or it was named by address', () => {
    for (const requestedEndpointId of ['gone', '127.0.0.1:80']) {
      expect(setCookie({ requestedEndpointId })).toBe(`${ID}; HttpOnly`);
      expect(setCookie({ requestedEndpointId }, SECURE)).toBe(`${ID}; HttpOnly; Secure`);
    }
  });

  test.each([
    [['JSESSIONID=x', '__VCAP_ID__=own; Path=/']],
    [['__VCAP_ID__=own', 'JSESSIONID=x']],
    [['__VCAP_ID__=own']],
  ])('STK-8: the application sets the cookie itself: %j', (setCookieLines) => {
    expect(setCookie({ setCookieLines, requestedEndpointId: 'gone' })).toBeUndefined();
  });

  test('the first session cookie counts', () => {
    const setCookieLines = ['JSESSIONID=a; Secure', 'JSESSIONID=b; SameSite=Lax'];
    expect(setCookie({ setCookieLines })).toBe(`${ID}; HttpOnly; Secure`);
  });

  test('STK-10: context path', () => {
    const setCookieLines = ['JSESSIONID=x'];
    expect(setCookie({ setCookieLines, contextPath: '/Ctx/Deep' })).toBe(
      '__VCAP_ID__=instance-a; Path=/Ctx/Deep; HttpOnly',
    );
    expect(setCookie({ setCookieLines, contextPath: '/a;b\u00e9"' })).toBe(
      '__VCAP_ID__=instance-a; Path=/ab"; HttpOnly',
    );
  });

  test('STK-11: no instance id', () => {
    expect(setCookie({ instanceId: '', setCookieLines: ['JSESSIONID=x'] })).toBeUndefined();
  });

  test.each([
    ['a b,c', '"a b,c"'],
    ['a;b"\\\r\nc', 'abc'],
  ])('instance id %j is written as %s', (instanceId, text) => {
    expect(setCookie({ instanceId, setCookieLines: ['JSESSIONID=x'] })).toBe(
      `__VCAP_ID__=${text}; Path=/; HttpOnly`,
    );
  });

  test('STK-14: negotiation', () => {
    const asked = {
      wwwAuthenticate: 'negotiate abc',
      setCookieLines: ['JSESSIONID=x; Max-Age=-1'],
    };
    expect(setCookie({ wwwAuthenticate: 'Negotiate' })).toBeUndefined();
    expect(setCookie(asked, NEGOTIATE)).toBe(`${ID}; Max-Age=60; HttpOnly; SameSite=Strict`);
    expect(setCookie(asked, { ...NEGOTIATE, secureCookies: true })).toBe(
      `${ID}; Max-Age=60; HttpOnly; Secure; SameSite=Strict`,
    );
    expect(setCookie({ ...asked, requestedEndpointId: 'instance-a' }, NEGOTIATE)).toBeUndefined();
    expect(setCookie({ wwwAuthenticate: 'Basic' }, NEGOTIATE)).toBeUndefined();
  });
});
