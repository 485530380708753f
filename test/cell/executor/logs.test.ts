import { describe, expect, it } from 'vitest';
import type { LogLine } from '../../../src/cell/executor/executor.ts';
import { createLogStore } from '../../../src/cell/executor/logs/log-store.ts';
import { createLineSplitter } from '../../../src/cell/executor/logs/split-lines.ts';

const line = (text: string): Omit<LogLine, 'sequence'> => ({
  wallMs: 0,
  instanceGuid: 'i',
  index: 0,
  source: 'APP',
  stream: 'out',
  text,
});

const storeOf = (bounds: Partial<Parameters<typeof createLogStore>[0]>) =>
  createLogStore({ linesPerApp: 1e6, bytesPerApp: 1e9, bytes: 1e9, apps: 1e6, ...bounds });

describe('kept lines', () => {
  const texts = (store: ReturnType<typeof storeOf>, app: string) =>
    store.recent(app).map(({ text }) => text);

  it('are the last ones of each app', () => {
    const store = storeOf({ linesPerApp: 3 });
    for (let n = 0; n < 1000; n += 1) store.append('a', line(String(n)));
    store.append('b', line('other'));
    expect(texts(store, 'a')).toEqual(['997', '998', '999']);
    expect(texts(store, 'b')).toEqual(['other']);
    expect(texts(store, 'c')).toEqual([]);
    expect(store.recent('b')[0]?.sequence).toBe(1001);
  });

  it('of an app, of all apps, and the number of apps are bounded', () => {
    const perApp = storeOf({ bytesPerApp: 1000 });
    for (let n = 0; n < 50; n += 1) perApp.append('a', line('x'.repeat(100)));
    expect(perApp.recent('a')).toHaveLength(5);
    expect(perApp.keptBytes).toBe(1000);
    const all = storeOf({ bytes: 1000 });
    for (const app of ['a', 'b', 'c', 'a', 'd', 'e', 'f']) all.append(app, line('x'.repeat(100)));
    expect([...'abcdef'].filter((app) => all.recent(app).length > 0)).toEqual(['a', 'd', 'e', 'f']);
    expect(all.keptBytes).toBe(1000);
    const few = storeOf({ apps: 2 });
    for (const app of ['a', 'b', 'c']) few.append(app, line(app));
    expect([...'abc'].flatMap((app) => texts(few, app))).toEqual(['b', 'c']);
    expect(few.keptBytes).toBe(202);
  });

  it('are passed on to who follows, until it stops', () => {
    const store = storeOf({});
    const seen: string[] = [];
    store.append('a', line('before'));
    const stop = store.follow('a', ({ text }) => seen.push(`1 ${text}`));
    const stopOther = store.follow('a', ({ text }) => seen.push(`2 ${text}`));
    store.append('a', line('x'));
    store.append('b', line('y'));
    stop();
    stop();
    store.append('a', line('z'));
    stopOther();
    store.append('a', line('after'));
    expect(seen).toEqual(['1 x', '2 x', '2 z']);
  });
});

describe('output', () => {
  const split = (maxBytes: number, ...chunks: string[]): string[] => {
    const lines: string[] = [];
    const splitter = createLineSplitter(maxBytes, (own) => lines.push(own.toString()));
    for (const chunk of chunks) splitter.push(Buffer.from(chunk));
    splitter.flush();
    splitter.flush();
    return lines;
  };

  it.each([
    [10, ['a\nb\n'], ['a', 'b']],
    [10, ['a', 'b', '\nc'], ['ab', 'c']],
    [10, ['a\r\nb\r', '\n'], ['a', 'b']],
    [10, ['\n\n'], ['', '']],
    [3, ['abcdefg\n'], ['abc', 'def', 'g']],
    [3, ['ab', 'cd', 'ef', 'g'], ['abc', 'def', 'g']],
    [3, ['abc\ndef\n'], ['abc', 'def']],
    [10, [''], []],
  ])('with lines of at most %i bytes: %j is %j', (maxBytes, chunks, lines) => {
    expect(split(maxBytes, ...chunks)).toEqual(lines);
  });

  it('is the same lines however it is cut into chunks', () => {
    const text = 'one\ntwo two\n\nthree\r\nfour';
    const whole = split(100, text);
    for (let at = 0; at <= text.length; at += 1) {
      expect(split(100, text.slice(0, at), text.slice(at))).toEqual(whole);
    }
  });
});
