import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressesOf, message, newTable, pruneAll, STALE_MS } from './table-fixture.ts';

const EMPTY_TIMEOUT_MS = 50_000;

/** The rules of gorouter.md §3 again, the slow and plain way: a list of routes, searched whole. */
class NaiveTable {
  readonly routes = new Map<string, { endpoints: Map<string, number>; updatedAtMs: number }>();
  readonly keepsEmpty: boolean;

  constructor(keepsEmpty: boolean) {
    this.keepsEmpty = keepsEmpty;
  }

  register(key: string, address: string, nowMs: number): void {
    const route = this.routes.get(key) ?? { endpoints: new Map(), updatedAtMs: nowMs };
    route.endpoints.set(address, nowMs);
    route.updatedAtMs = nowMs;
    this.routes.set(key, route);
  }

  unregister(key: string, address: string, nowMs: number): void {
    const route = this.routes.get(key);
    if (route === undefined) return;
    if (route.endpoints.delete(address)) route.updatedAtMs = nowMs;
    this.dropIfSpent(key, nowMs);
  }

  prune(nowMs: number): void {
    for (const [key, route] of [...this.routes]) {
      for (const [address, updatedAtMs] of [...route.endpoints]) {
        if (nowMs - updatedAtMs <= STALE_MS) continue;
        route.endpoints.delete(address);
        route.updatedAtMs = nowMs;
      }
      this.dropIfSpent(key, nowMs);
    }
  }

  private dropIfSpent(key: string, nowMs: number): void {
    const route = this.routes.get(key);
    if (route === undefined || route.endpoints.size > 0) return;
    if (this.keepsEmpty && nowMs - route.updatedAtMs <= EMPTY_TIMEOUT_MS) return;
    this.routes.delete(key);
  }

  lookup(host: string, path: string): string[] | undefined {
    const labels = host.split('.');
    const hosts = [host];
    for (let drop = 1; drop < labels.length; drop += 1) {
      hosts.push(`*.${labels.slice(drop).join('.')}`);
    }
    for (const candidate of hosts) {
      const found = this.below(`${candidate}${path}`.replace(/\/$/, '').split('/'));
      if (found !== undefined) return [...(this.routes.get(found)?.endpoints.keys() ?? [])];
    }
    return undefined;
  }

  private below(parts: readonly string[]): string | undefined {
    let filled: string | undefined;
    let last: string | undefined;
    for (let length = 1; length <= parts.length; length += 1) {
      const node = parts.slice(0, length).join('/');
      const keys = [...this.routes.keys()];
      if (!keys.some((key) => key === node || key.startsWith(`${node}/`))) break;
      last = node;
      if ((this.routes.get(node)?.endpoints.size ?? 0) > 0) filled = node;
    }
    if (filled !== undefined) return filled;
    return last !== undefined && this.routes.has(last) ? last : undefined;
  }
}

const host = fc.constantFrom('a.b.c', 'b.c', 'c', 'x.a.b.c', '*.b.c', '*.c', '*.a.b.c');
const path = fc
  .array(fc.constantFrom('p', 'q', ''), { maxLength: 3 })
  .map((segments) => segments.map((segment) => `/${segment}`).join(''))
  // Which end slashes count is the business of the key's own tests.
  .filter((text) => !text.endsWith('/'));
const step = fc.record({
  kind: fc.constantFrom('register', 'register', 'register', 'unregister', 'prune', 'wait'),
  host,
  path,
  port: fc.integer({ min: 1, max: 3 }),
  waitMs: fc.constantFrom(0, 1, 20_000, STALE_MS),
});

test.each([false, true])(
  'the table agrees with the plain rules (empty pools kept: %s)',
  (keeps) => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.array(fc.tuple(host, path)),
        (steps, asks) => {
          const { table } = newTable({
            emptyPoolResponse503: keeps,
            emptyPoolTimeoutMs: EMPTY_TIMEOUT_MS,
          });
          const naive = new NaiveTable(keeps);
          let nowMs = 0;
          for (const { kind, host: name, path: below, port, waitMs } of steps) {
            nowMs += waitMs;
            const uri = `${name}${below}`;
            const change = message({ uris: [uri], port });
            if (kind === 'register') {
              table.register(change, nowMs);
              naive.register(uri, `10.0.0.1:${port}`, nowMs);
            } else if (kind === 'unregister') {
              table.unregister(change, nowMs);
              naive.unregister(uri, `10.0.0.1:${port}`, nowMs);
            } else if (kind === 'prune') {
              pruneAll(table, nowMs, 1);
              naive.prune(nowMs);
            }
            expect(table.routeCount).toBe(naive.routes.size);
          }
          for (const [name, below] of asks) {
            const found = addressesOf(table.lookup(name, below))?.sort();
            expect(found).toEqual(naive.lookup(name, below)?.sort());
          }
          for (const key of naive.routes.keys()) {
            const slash = `${key}/`.indexOf('/');
            const found = table.lookup(key.slice(0, slash), key.slice(slash));
            expect(addressesOf(found)?.sort()).toEqual(
              naive.lookup(key.slice(0, slash), key.slice(slash))?.sort(),
            );
          }
          nowMs += STALE_MS + 1;
          pruneAll(table, nowMs);
          pruneAll(table, nowMs + EMPTY_TIMEOUT_MS + 1);
          expect(table.routeCount).toBe(0);
        },
      ),
      { numRuns: 400 },
    );
  },
);
