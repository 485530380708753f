import { describe, expect, test } from 'vitest';
import {
  contextPathOfUri,
  routeKeyOfUri,
  routingHost,
  routingPath,
} from '../../src/model/route-key.ts';

describe('key of a registered uri (gorouter.md §3.1, golden status-025)', () => {
  test.each([
    ['A.test/', 'a.test'],
    ['/b.test', 'b.test'],
    ['c.test/x/?q=1', 'c.test/x'],
    ['d.test//y', 'd.test//y'],
    ['e.test/%2F', 'e.test/%2f'],
    ['f.test:80', 'f.test:80'],
    ['app.test?x=1', 'app.test'],
    [' app.test', ' app.test'],
    ['foo.com//', 'foo.com'],
    ['foo.com///', 'foo.com/'],
    ['', ''],
    ['*', '*'],
    ['/', ''],
    ['?', ''],
  ])('%j → %j', (uri, key) => {
    expect(routeKeyOfUri(uri)).toBe(key);
  });
});

describe('path of the sticky cookie', () => {
  test.each([
    ['app.test', '/'],
    ['app.test/', '/'],
    ['App.Test/Ctx/Deep/', '/Ctx/Deep'],
    ['app.test/ctx?x', '/ctx'],
    ['*.app.test', '/'],
  ])('%j → %j', (uri, path) => {
    expect(contextPathOfUri(uri)).toBe(path);
  });
});

describe('host of a request', () => {
  test.each([
    ['app.test', 'app.test'],
    ['APP.TEST:80', 'app.test'],
    ['app.test:', 'app.test'],
    [':80', ''],
    ['[::1]:80', '['],
    ['', ''],
  ])('%j → %j', (header, host) => {
    expect(routingHost(header)).toBe(host);
  });
});

describe('path of a request', () => {
  test.each([
    ['/', ''],
    ['', ''],
    ['/a', '/a'],
    ['/A/b/', '/a/b'],
    ['/a?x=/y', '/a'],
    ['/a%20b', '/a%20b'],
    ['/a%2Fb', '/a%2fb'],
    ["/a:b@c!$&'()*+,=[];~-._", "/a:b@c!$&'()*+,=[];~-._"],
    // A byte that may not stand there: the decoded path is encoded again, as Go does.
    ['/a"b', '/a%22b'],
    ["/a<b'%41", '/a%3cb%27a'],
    ['/\u00e9', '/%e9'],
    ['/%zz"', '/%25zz%22'],
  ])('%j → %j', (path, expected) => {
    expect(routingPath(path)).toBe(expected);
  });
});
