import { routingHost, routingPath } from '../../model/route-key.ts';
import type { Pool } from './pool.ts';
import { SplitMap } from './split-map.ts';

/** Longer than any name that DNS can resolve (253); such a Host finds no route. */
export const MAX_LOOKUP_HOST_LENGTH = 255;

/**
 * The tree host → path segments of gorouter.md §3.1, kept flat: a node is an entry under its
 * whole key, `host/a/b`. A node without a pool is only a branch, with a count of its children.
 */
export class RouteTree {
  private readonly pools = new SplitMap<Pool>();
  private readonly branches = new SplitMap<number>();

  get poolCount(): number {
    return this.pools.size;
  }

  find(key: string): Pool | undefined {
    return this.pools.get(key);
  }

  /** Pools in no order. Live: sees what is added, skips what is removed. */
  values(): Iterator<Pool, undefined> {
    return this.pools.values();
  }

  /** There must be no pool of this key yet. */
  insert(pool: Pool): void {
    const children = this.branches.get(pool.key);
    if (children === undefined) {
      this.addChild(parentOf(pool.key));
    } else {
      this.branches.delete(pool.key);
      pool.childCount = children;
    }
    this.pools.set(pool.key, pool);
  }

  remove(pool: Pool): void {
    this.pools.delete(pool.key);
    if (pool.childCount > 0) this.branches.set(pool.key, pool.childCount);
    else this.removeChild(parentOf(pool.key));
  }

  private addChild(key: string | undefined): void {
    let at = key;
    while (at !== undefined) {
      const pool = this.pools.get(at);
      if (pool !== undefined) {
        pool.childCount += 1;
        return;
      }
      const children = this.branches.get(at);
      this.branches.set(at, (children ?? 0) + 1);
      at = children === undefined ? parentOf(at) : undefined;
    }
  }

  private removeChild(key: string | undefined): void {
    let at = key;
    while (at !== undefined) {
      const pool = this.pools.get(at);
      if (pool !== undefined) {
        pool.childCount -= 1;
        return;
      }
      const children = (this.branches.get(at) ?? 1) - 1;
      if (children > 0) {
        this.branches.set(at, children);
        return;
      }
      this.branches.delete(at);
      at = parentOf(at);
    }
  }

  /**
   * gorouter.md §3.2. Wildcards are tried for the labels of the host only: the original also
   * eats dots of the path, so that an unknown host could reach `*.com` by asking for `/x.com`.
   */
  match(hostHeader: string, rawPath: string): Pool | undefined {
    const host = routingHost(hostHeader);
    if (host.length > MAX_LOOKUP_HOST_LENGTH) return undefined;
    const exact = this.matchBelow(host, rawPath);
    if (exact !== undefined) return exact;
    let rest = host;
    for (let dot = rest.indexOf('.'); dot >= 0; dot = rest.indexOf('.')) {
      rest = rest.slice(dot + 1);
      const pool = this.matchBelow(`*.${rest}`, rawPath);
      if (pool !== undefined) return pool;
    }
    return undefined;
  }

  /** The deepest pool with endpoints, or else the empty one of the last node on the way. */
  private matchBelow(host: string, rawPath: string): Pool | undefined {
    const hostPool = this.pools.get(host);
    if (hostPool?.childCount === 0) return hostPool;
    if (hostPool === undefined && !this.branches.has(host)) return undefined;
    const key = host + routingPath(rawPath);
    let filled = hostPool?.isEmpty === false ? hostPool : undefined;
    let last = hostPool;
    let end = host.length;
    while (end < key.length) {
      const slash = key.indexOf('/', end + 1);
      end = slash < 0 ? key.length : slash;
      const node = key.slice(0, end);
      const pool = this.pools.get(node);
      if (pool === undefined && !this.branches.has(node)) break;
      last = pool;
      if (pool?.isEmpty === false) filled = pool;
      if (pool?.childCount === 0) break;
    }
    return filled ?? last;
  }
}

function parentOf(key: string): string | undefined {
  const slash = key.lastIndexOf('/');
  return slash < 0 ? undefined : key.slice(0, slash);
}
