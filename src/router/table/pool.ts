import type { LoadBalancingOption } from '../../model/registry-message.ts';
import type { Endpoint } from './endpoint.ts';
import type { MaglevTable } from './maglev-table.ts';

/** An endpoint's place in one pool. Refresh and failure count for this pool only. */
export interface PoolMember {
  endpoint: Endpoint;
  updatedAtMs: number;
  /** 0 = not marked. */
  failedUntilMs: number;
}

/** From this size on a pool keeps an index of addresses instead of searching its list. */
const INDEX_FROM_SIZE = 32;

/** The endpoints of one route. */
export class Pool {
  readonly key: string;
  /** `Path` of the sticky cookie. */
  readonly contextPath: string;
  /** In order of arrival: round-robin walks this list. */
  members: readonly PoolMember[] = NO_MEMBERS;
  /** Of the latest registration, '' when it has none (gorouter.md §3.3). */
  routeServiceUrl = '';
  /** Of the latest registration with a known algorithm. */
  loadBalancing: LoadBalancingOption | undefined;
  /** Of the last change or refresh; an empty pool is kept from here on. */
  updatedAtMs: number;
  /** Index of the next request's first choice; -1 before the first request. */
  cursor = -1;
  /** Nodes of the route tree right below this one. */
  childCount = 0;
  /** Built when the first request is balanced by hash; dropped when the members change. */
  maglevTable: MaglevTable | undefined;
  private index: Map<string, PoolMember> | undefined;

  constructor(key: string, contextPath: string, nowMs: number) {
    this.key = key;
    this.contextPath = contextPath;
    this.updatedAtMs = nowMs;
    this.loadBalancing = undefined;
    this.maglevTable = undefined;
    this.index = undefined;
  }

  get isEmpty(): boolean {
    return this.members.length === 0;
  }

  findByAddress(host: string, port: number): PoolMember | undefined {
    if (this.index !== undefined) return this.index.get(`${host}:${port}`);
    for (const member of this.members) {
      if (member.endpoint.port === port && member.endpoint.host === host) return member;
    }
    return undefined;
  }

  /** `id` is an instance id or an address (gorouter.md §3.3); of several the last one counts. */
  findByStickyId(id: string): PoolMember | undefined {
    for (let at = this.members.length - 1; at >= 0; at -= 1) {
      const member = this.members[at];
      if (member === undefined) continue;
      const { endpoint } = member;
      if (endpoint.privateInstanceId === id || endpoint.address === id) return member;
    }
    return undefined;
  }

  add(endpoint: Endpoint, nowMs: number): void {
    const member: PoolMember = { endpoint, updatedAtMs: nowMs, failedUntilMs: 0 };
    // An exact copy: push and spread leave room for 16 more, and most pools hold one or two.
    if (this.members.length < INDEX_FROM_SIZE) this.members = this.members.concat(member);
    else (this.members as PoolMember[]).push(member);
    this.maglevTable = undefined;
    if (this.index !== undefined) this.index.set(endpoint.address, member);
    else if (this.members.length >= INDEX_FROM_SIZE) this.buildIndex();
  }

  replace(member: PoolMember, endpoint: Endpoint): void {
    member.endpoint = endpoint;
    this.maglevTable = undefined;
  }

  /** Hears of a mark on one of its members; the copies of the workers tell it on. */
  memberFailed(_member: PoolMember): void {}

  /** For a copy of another pool. */
  setMembers(members: readonly PoolMember[]): void {
    this.members = members.length === 0 ? NO_MEMBERS : members.slice();
    this.maglevTable = undefined;
    this.index = undefined;
    if (members.length >= INDEX_FROM_SIZE) this.buildIndex();
  }

  remove(removed: PoolMember, nowMs: number): void {
    this.removeAll((member) => member === removed, nowMs);
  }

  removeAll(isRemoved: (member: PoolMember) => boolean, nowMs: number): void {
    const kept: PoolMember[] = [];
    for (const member of this.members) {
      if (!isRemoved(member)) kept.push(member);
      else this.index?.delete(member.endpoint.address);
    }
    // As an exact copy, without the spare room that push leaves.
    this.members = kept.length === 0 ? NO_MEMBERS : kept.slice();
    if (kept.length < INDEX_FROM_SIZE) this.index = undefined;
    this.maglevTable = undefined;
    this.updatedAtMs = nowMs;
  }

  private buildIndex(): void {
    this.index = new Map();
    for (const member of this.members) this.index.set(member.endpoint.address, member);
  }
}

const NO_MEMBERS: readonly PoolMember[] = [];

export function isMarkedFailed(member: PoolMember, nowMs: number): boolean {
  return member.failedUntilMs !== 0 && nowMs <= member.failedUntilMs;
}
