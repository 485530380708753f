import { describe, expect, it } from 'vitest';
import type { OutgoingMessage } from '../../../src/route-emitter/table/registry-messages.ts';
import { UnregistrationCache } from '../../../src/route-emitter/table/unregistration-cache.ts';

const outgoing = (uri: string, port = 61_000): OutgoingMessage => ({
  isInternal: false,
  message: { host: '10.0.0.1', port, uris: [uri] },
});

const hosts = (cache: UnregistrationCache): string[] =>
  cache.take().flatMap(({ message }) => message.uris);

describe('repeated unregistrations (§11.7)', () => {
  it('end after the count', () => {
    const cache = new UnregistrationCache(10, 20);
    cache.add(outgoing('a'));
    for (let round = 0; round < 20; round += 1) expect(hosts(cache)).toEqual(['a']);
    expect(hosts(cache)).toEqual([]);
    expect(cache.size).toBe(0);
  });

  it('begin anew when it is unregistered again, and end when it is registered', () => {
    const cache = new UnregistrationCache(10, 2);
    cache.add(outgoing('a'));
    expect(hosts(cache)).toEqual(['a']);
    cache.add(outgoing('a'));
    expect(hosts(cache)).toEqual(['a']);
    expect(hosts(cache)).toEqual(['a']);
    expect(hosts(cache)).toEqual([]);
    cache.add(outgoing('b'));
    cache.remove(outgoing('b', 61_001));
    expect(cache.size).toBe(1);
    cache.remove(outgoing('b'));
    expect(cache.size).toBe(0);
  });

  it('are bounded', () => {
    const cache = new UnregistrationCache(1, 3);
    expect(cache.add(outgoing('a'))).toBe(true);
    expect(cache.add(outgoing('b'))).toBe(false);
    expect(cache.add(outgoing('a'))).toBe(true);
    expect(hosts(cache)).toEqual(['a']);
    const never = new UnregistrationCache(1, 0);
    never.add(outgoing('a'));
    expect(hosts(never)).toEqual([]);
  });
});
