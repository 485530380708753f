import { acceptsSegment, type Sharding } from '../../model/isolation.ts';
import { isSameTag, isSucceededBy } from '../../model/modification-tag.ts';
import type { LoadBalancingOption, RegistryMessage } from '../../model/registry-message.ts';
import { contextPathOfUri, routeKeyOfUri } from '../../model/route-key.ts';
import {
  describeEndpoint,
  Endpoint,
  type EndpointDescription,
  type EndpointSettings,
  isDescribedBy,
} from './endpoint.ts';
import { Pool, type PoolMember } from './pool.ts';
import { RouteTree } from './route-tree.ts';
import { isSameOption, ValueSharer } from './share-values.ts';

export interface RouteTableSettings extends EndpointSettings {
  readonly sharding: Sharding;
  readonly emptyPoolResponse503: boolean;
  readonly emptyPoolTimeoutMs: number;
}

/** What one registration did to one pool. `unmodified`: an older tag, not even refreshed. */
export type PutResult = 'added' | 'updated' | 'refreshed' | 'unmodified';

/** Hears what happens, in order. `key` is the canonical uri, as the original logs it. */
export interface RouteTableObserver {
  routeRegistered(key: string): void;
  endpointRegistered(key: string, endpoint: Endpoint, result: PutResult): void;
  /** `endpoint` is as the unregister message described it. */
  endpointUnregistered(key: string, endpoint: Endpoint): void;
  endpointNotUnregistered(key: string, endpoint: Endpoint): void;
  routeUnregistered(key: string): void;
  /** The pool keeps the algorithm it has. */
  loadBalancingRefused(key: string, option: LoadBalancingOption): void;
  routePruned(key: string, endpoints: readonly Endpoint[], isolationSegment: string): void;
}

/**
 * Hears the key of each pool that came, went, or has other endpoints or rules than before. What
 * only refreshes ages is no change: a heartbeat costs whoever listens nothing.
 */
export type PoolChangeListener = (key: string) => void;

/** Where an incremental prune stands. */
export interface PruneCursor {
  readonly pools: Iterator<Pool, undefined>;
  prunedEndpoints: number;
  isDone: boolean;
}

/** All routes of this router, as plain data (gorouter.md §3). */
export class RouteTable {
  protected readonly tree = new RouteTree();
  protected readonly share = new ValueSharer();
  private readonly settings: RouteTableSettings;
  private readonly observer: RouteTableObserver;
  private readonly onChange: PoolChangeListener;
  private nextConnectionPoolId = 1;
  /** Every endpoint counts as refreshed at this time or later. */
  private freshSinceMs = Number.NEGATIVE_INFINITY;
  /** Time of the latest register message, undefined before the first. */
  lastUpdateMs: number | undefined;

  constructor(
    settings: RouteTableSettings,
    observer: RouteTableObserver,
    onChange: PoolChangeListener = () => {},
  ) {
    this.settings = settings;
    this.observer = observer;
    this.onChange = onChange;
  }

  /** Number of pools; an empty one that is kept counts. */
  get routeCount(): number {
    return this.tree.poolCount;
  }

  /** -1 before the first register message. */
  msSinceLastUpdate(nowMs: number): number {
    return this.lastUpdateMs === undefined ? -1 : nowMs - this.lastUpdateMs;
  }

  pools(): Iterator<Pool, undefined> {
    return this.tree.values();
  }

  poolOf(key: string): Pool | undefined {
    return this.tree.find(key);
  }

  lookup(hostHeader: string, rawPath: string): Pool | undefined {
    return this.tree.match(hostHeader, rawPath);
  }

  register(message: RegistryMessage, exactNowMs: number): void {
    const nowMs = wholeMs(exactNowMs);
    if (!acceptsSegment(this.settings.sharding, message.isolationSegment)) return;
    const description = describeEndpoint(message, this.settings);
    let shared: Endpoint | undefined;
    for (const uri of message.uris) {
      const key = routeKeyOfUri(uri);
      const pool = this.tree.find(key) ?? this.createPool(key, uri, nowMs);
      shared = this.put(pool, description, shared, nowMs) ?? shared;
      this.lastUpdateMs = nowMs;
    }
  }

  unregister(message: RegistryMessage, exactNowMs: number): void {
    const nowMs = wholeMs(exactNowMs);
    if (!acceptsSegment(this.settings.sharding, message.isolationSegment)) return;
    const description = describeEndpoint(message, this.settings);
    for (const uri of message.uris) {
      const key = routeKeyOfUri(uri);
      const pool = this.tree.find(key);
      if (pool === undefined) continue;
      const named = new Endpoint(description, 0, this.share);
      const member = pool.findByAddress(message.host, description.port);
      if (member !== undefined && isTagAtLeast(member, message)) {
        pool.remove(member, nowMs);
        this.onChange(key);
        this.observer.endpointUnregistered(key, named);
      } else {
        this.observer.endpointNotUnregistered(key, named);
      }
      if (this.removeIfSpent(pool, nowMs)) this.observer.routeUnregistered(key);
    }
  }

  /** For a TLS endpoint whose connection failed (gorouter.md §3.5). False: it was not there. */
  removeFailed(pool: Pool, endpoint: Endpoint, nowMs: number): boolean {
    const member = memberOf(pool, endpoint);
    // The pool itself stays until the next prune: the next request gets the empty pool's answer.
    if (member === undefined) return false;
    pool.remove(member, wholeMs(nowMs));
    this.onChange(pool.key);
    return true;
  }

  /** Nobody needs to touch a million endpoints: all ages are counted from now on. */
  freshenAll(nowMs: number): void {
    this.freshSinceMs = nowMs;
  }

  startPrune(): PruneCursor {
    return { pools: this.tree.values(), prunedEndpoints: 0, isDone: false };
  }

  /**
   * Looks at pools until about `budget` of them and their endpoints have been seen, so that a
   * big table is pruned in slices. Routes may come and go between the slices.
   */
  pruneStep(cursor: PruneCursor, exactNowMs: number, budget: number): void {
    const nowMs = wholeMs(exactNowMs);
    let left = budget;
    while (left > 0 && !cursor.isDone) {
      const next = cursor.pools.next();
      if (next.done === true) {
        cursor.isDone = true;
        return;
      }
      left -= 1 + next.value.members.length;
      cursor.prunedEndpoints += this.prunePool(next.value, nowMs);
    }
  }

  private prunePool(pool: Pool, nowMs: number): number {
    let stale: PoolMember[] | undefined;
    for (const member of pool.members) {
      if (this.isStale(member, nowMs)) {
        stale ??= [];
        stale.push(member);
      }
    }
    if (stale !== undefined) {
      const removed = new Set(stale);
      pool.removeAll((member) => removed.has(member), nowMs);
      this.onChange(pool.key);
      const segment = stale[0]?.endpoint.isolationSegment ?? '';
      const endpoints = stale.map((member) => member.endpoint);
      this.observer.routePruned(pool.key, endpoints, segment === '' ? '-' : segment);
    }
    this.removeIfSpent(pool, nowMs);
    return stale?.length ?? 0;
  }

  /** TLS endpoints never age out (gorouter.md §3.4): their certificate tells a wrong one. */
  private isStale(member: PoolMember, nowMs: number): boolean {
    if (member.endpoint.isTls) return false;
    const updatedAtMs = Math.max(member.updatedAtMs, this.freshSinceMs);
    return nowMs - updatedAtMs > member.endpoint.staleThresholdMs;
  }

  private createPool(key: string, uri: string, nowMs: number): Pool {
    const pool = new Pool(key, this.share.text(contextPathOfUri(uri)), nowMs);
    this.tree.insert(pool);
    this.onChange(key);
    this.observer.routeRegistered(key);
    return pool;
  }

  /** gorouter.md §3.3. Returns the endpoint that the message's other uris can share. */
  private put(
    pool: Pool,
    description: EndpointDescription,
    shared: Endpoint | undefined,
    nowMs: number,
  ): Endpoint | undefined {
    const { message } = description;
    const member = pool.findByAddress(message.host, description.port);
    let result: PutResult = 'refreshed';
    let endpoint = member?.endpoint;
    if (member === undefined || endpoint === undefined) {
      result = 'added';
      endpoint = shared ?? this.createEndpoint(description, undefined);
      pool.add(endpoint, nowMs);
    } else if (!isDescribedBy(endpoint, description)) {
      if (!isSucceededBy(endpoint.modificationTag, message.modificationTag)) {
        this.observer.endpointRegistered(pool.key, endpoint, 'unmodified');
        return undefined;
      }
      result = 'updated';
      endpoint = shared ?? this.createEndpoint(description, endpoint);
      pool.replace(member, endpoint);
    }
    if (member !== undefined) member.updatedAtMs = nowMs;
    pool.updatedAtMs = nowMs;
    const { routeServiceUrl, loadBalancing } = pool;
    pool.routeServiceUrl = endpoint.routeServiceUrl;
    this.setLoadBalancing(pool, endpoint.loadBalancing);
    const hasOtherRules =
      pool.routeServiceUrl !== routeServiceUrl || !isSameChoice(pool.loadBalancing, loadBalancing);
    if (result !== 'refreshed' || hasOtherRules) this.onChange(pool.key);
    this.observer.endpointRegistered(pool.key, endpoint, result);
    return endpoint;
  }

  private createEndpoint(
    description: EndpointDescription,
    replaced: Endpoint | undefined,
  ): Endpoint {
    const shared = this.findShared(description);
    if (shared !== undefined) return shared;
    const keepsConnections =
      replaced !== undefined &&
      replaced.isTls === description.isTls &&
      replaced.serverCertDomainSan === description.message.serverCertDomainSan;
    if (keepsConnections) return new Endpoint(description, replaced.connectionPoolId, this.share);
    const connectionPoolId = this.nextConnectionPoolId;
    this.nextConnectionPoolId += 1;
    return new Endpoint(description, connectionPoolId, this.share);
  }

  /** The object that another uri of the same message already has, so that both count as one. */
  private findShared(description: EndpointDescription): Endpoint | undefined {
    const { message, port } = description;
    if (message.uris.length < 2) return undefined;
    for (const uri of message.uris) {
      const member = this.tree.find(routeKeyOfUri(uri))?.findByAddress(message.host, port);
      if (member !== undefined && isDescribedBy(member.endpoint, description)) {
        return member.endpoint;
      }
    }
    return undefined;
  }

  private setLoadBalancing(pool: Pool, option: LoadBalancingOption): void {
    if (option.algorithm === '' || option === pool.loadBalancing) return;
    if (isUsable(option)) pool.loadBalancing = option;
    else this.observer.loadBalancingRefused(pool.key, option);
  }

  /** gorouter.md §3.4: an empty pool goes at once, or is kept for its 503 answers. */
  private removeIfSpent(pool: Pool, nowMs: number): boolean {
    if (!pool.isEmpty) return false;
    const { emptyPoolResponse503, emptyPoolTimeoutMs } = this.settings;
    const keepsEmptyPools = emptyPoolResponse503 && emptyPoolTimeoutMs > 0;
    if (keepsEmptyPools && nowMs - pool.updatedAtMs <= emptyPoolTimeoutMs) return false;
    this.tree.remove(pool);
    this.onChange(pool.key);
    return true;
  }
}

function isSameChoice(
  left: LoadBalancingOption | undefined,
  right: LoadBalancingOption | undefined,
): boolean {
  if (left === undefined || right === undefined) return left === right;
  return isSameOption(left, right);
}

/** V8 keeps small whole numbers in place but others in a box: 32 bytes more for each route. */
function wholeMs(timeMs: number): number {
  return Math.floor(timeMs);
}

/** For a failure that makes an endpoint ineligible for a while (gorouter.md §3.5). */
export function markFailed(pool: Pool, endpoint: Endpoint, untilMs: number): boolean {
  const member = memberOf(pool, endpoint);
  if (member === undefined) return false;
  member.failedUntilMs = wholeMs(untilMs);
  pool.memberFailed(member);
  return true;
}

/** Only the very endpoint that failed: its address may be another application's by now. */
function memberOf(pool: Pool, endpoint: Endpoint): PoolMember | undefined {
  const member = pool.findByAddress(endpoint.host, endpoint.port);
  return member?.endpoint === endpoint ? member : undefined;
}

function isTagAtLeast(member: PoolMember, message: RegistryMessage): boolean {
  const own = member.endpoint.modificationTag;
  return isSameTag(own, message.modificationTag) || isSucceededBy(own, message.modificationTag);
}

function isUsable(option: LoadBalancingOption): boolean {
  switch (option.algorithm) {
    case 'round-robin':
    case 'least-connection':
      return true;
    case 'hash':
      return option.hashHeader !== '';
    default:
      return false;
  }
}
