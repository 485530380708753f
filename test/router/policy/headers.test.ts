import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerSafe } from '../../../src/router/policy/error-response.ts';
import { HeaderList } from '../../../src/router/policy/header-list.ts';
import {
  stripRequestHopHeaders,
  upgradeToken,
} from '../../../src/router/policy/strip-hop-headers.ts';

const list = (...raw: string[]) => HeaderList.fromRaw(raw);

describe('HeaderList', () => {
  it('keeps repeated names apart and in order', () => {
    const headers = list('A', '1', 'B', '2', 'a', '3');
    expect(headers.all('a')).toEqual(['1', '3']);
    expect(headers.toRaw()).toEqual(['A', '1', 'B', '2', 'a', '3']);
  });

  it('sets one line in place of all of that name', () => {
    const headers = list('A', '1', 'B', '2', 'a', '3');
    headers.set('A', '9');
    expect(headers.toRaw()).toEqual(['A', '9', 'B', '2']);
  });

  it('copies a list of a quarter of a million lines', () => {
    const raw = Array.from({ length: 500_000 }, (_, index) => (index % 2 === 0 ? 'a' : ''));
    const copy = list(...raw.slice(0, 4));
    expect(copy.clone().toRaw()).toEqual(raw.slice(0, 4));
    expect(HeaderList.fromRaw(raw).clone().length).toBe(250_000);
  });

  it('is equal to a naive list under any edits', () => {
    const name = fc.constantFrom('A', 'a', 'B', '__proto__', 'constructor');
    const edit = fc.oneof(
      fc.tuple(fc.constant('append'), name, fc.string()),
      fc.tuple(fc.constant('set'), name, fc.string()),
      fc.tuple(fc.constant('remove'), name, fc.constant('')),
    );
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 12 }), (edits) => {
        const headers = new HeaderList();
        let naive: [string, string][] = [];
        for (const [what, key, value] of edits) {
          const isSame = ([own]: [string, string]) => own.toLowerCase() === key.toLowerCase();
          if (what === 'append') {
            headers.append(key, value);
            naive.push([key, value]);
          } else if (what === 'remove') {
            headers.remove(key.toLowerCase());
            naive = naive.filter((pair) => !isSame(pair));
          } else {
            headers.set(key, value);
            const first = naive.find(isSame);
            if (first === undefined) naive.push([key, value]);
            else {
              first[1] = value;
              naive = naive.filter((pair) => pair === first || !isSame(pair));
            }
          }
        }
        expect(headers.toRaw()).toEqual(naive.flat());
      }),
    );
  });
});

describe('hop-by-hop headers', () => {
  it.each([
    { raw: ['Connection', 'X-Foo', 'X-Foo', '1', 'X-Bar', '2'], left: ['X-Bar', '2'] },
    { raw: ['Connection', 'close, x-foo', 'X-Foo', '1'], left: [] },
    { raw: ['Connection', 'X-Kept', 'X-Kept', '1'], left: ['X-Kept', '1'] },
    { raw: ['Connection', 'Host', 'Host', 'a'], left: ['Host', 'a'] },
    { raw: ['Connection', 'Content-Length', 'Content-Length', '5'], left: ['Content-Length', '5'] },
    { raw: ['TE', 'gzip, Trailers'], left: ['TE', 'trailers'] },
    { raw: ['TE', 'gzip, trailers;q=0.5'], left: [] },
    { raw: ['Keep-Alive', 'x', 'Proxy-Connection', 'x', 'Proxy-Authorization', 'x'], left: [] },
    { raw: ['Upgrade', 'h2c', 'Trailer', 'x', 'Transfer-Encoding', 'chunked'], left: [] },
  ])('$raw leaves $left', ({ raw, left }) => {
    const headers = list(...raw);
    stripRequestHopHeaders(headers, ['x-kept']);
    expect(headers.toRaw()).toEqual(left);
  });

  it.each([
    { raw: ['Connection', 'Upgrade', 'Upgrade', 'websocket'], token: 'websocket' },
    { raw: ['Connection', 'keep-alive, uPGRADE', 'Upgrade', 'tcp'], token: 'tcp' },
    { raw: ['Connection', 'close', 'Connection', 'upgrade', 'Upgrade', 'x'], token: 'x' },
    { raw: ['Connection', 'notupgrade', 'Upgrade', 'websocket'], token: undefined },
    { raw: ['Upgrade', 'websocket'], token: undefined },
    { raw: ['Connection', 'upgrade'], token: undefined },
  ])('$raw asks for $token', ({ raw, token }) => {
    expect(upgradeToken(list(...raw))).toBe(token);
  });
});

it('the cause in X-Cf-RouterError cannot end a header line', () => {
  expect(headerSafe('a\r\nSet-Cookie: x\u0000\u2028')).toBe('a\\x0d\\x0aSet-Cookie: x\\x00?');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(headerSafe(text)).toMatch(/^[\t\u0020-\u007e\u0080-\u00ff]*$/);
    }),
  );
});
