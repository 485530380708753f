import type { Random } from '../../ports/random.ts';
import type { Endpoint } from './endpoint.ts';
import { buildMaglevTable, slotOfValue } from './maglev-table.ts';
import { isMarkedFailed, type Pool, type PoolMember } from './pool.ts';

export type BalancingAlgorithm = 'round-robin' | 'least-connection' | 'hash';

export interface BalancingSettings {
  readonly defaultAlgorithm: BalancingAlgorithm;
  /** In-flight exchanges one endpoint may have; 0 = no limit. */
  readonly maxConnectionsPerEndpoint: number;
  readonly random: Random;
}

export interface SelectionWishes {
  /** Instance id or address from the sticky cookie; '' = none. */
  readonly stickyEndpointId: string;
  /** Rather no endpoint than another one (gorouter.md §4.5). */
  readonly mustBeSticky: boolean;
  /** The router's zone when local endpoints go first; '' = no preference. */
  readonly preferredZone: string;
  /** Value of the header that `hashHeaderOf` names; '' = absent. */
  readonly hashValue: string;
}

export const NO_WISHES: SelectionWishes = {
  stickyEndpointId: '',
  mustBeSticky: false,
  preferredZone: '',
  hashValue: '',
};

/** One request's way through a pool. */
export interface Selection {
  readonly pool: Pool;
  readonly wishes: SelectionWishes;
  readonly settings: BalancingSettings;
  /** How often `selectNext` has been asked. */
  attempts: number;
  /** Own position on the round-robin circle or in the hash table; -1 before its first use. */
  position: number;
  /** Addresses tried before the latest one; undefined until there are any. */
  tried: string[] | undefined;
  latest: Endpoint | undefined;
  /** Whether the latest endpoint is the one the client asked for. */
  isSticky: boolean;
}

export function createSelection(
  pool: Pool,
  wishes: SelectionWishes,
  settings: BalancingSettings,
): Selection {
  return {
    pool,
    wishes,
    settings,
    attempts: 0,
    position: -1,
    tried: undefined,
    latest: undefined,
    isSticky: false,
  };
}

/** The request header that decides in this pool; '' when it is not balanced by hash. */
export function hashHeaderOf(pool: Pool): string {
  const option = pool.loadBalancing;
  return option !== undefined && option.algorithm === 'hash' ? option.hashHeader : '';
}

/**
 * The endpoint for the next attempt, or undefined when there is none. From the attempt on that
 * exceeds the pool's current size, an address is not tried again (gorouter.md §5.11).
 */
export function selectNext(selection: Selection, nowMs: number): Endpoint | undefined {
  noteTried(selection);
  const member = chooseMember(selection, nowMs);
  selection.attempts += 1;
  if (member === undefined) return undefined;
  const { endpoint } = member;
  const isExtraAttempt = selection.attempts > selection.pool.members.length;
  if (isExtraAttempt && hasTried(selection, endpoint)) return undefined;
  selection.latest = endpoint;
  return endpoint;
}

function noteTried(selection: Selection): void {
  const { latest } = selection;
  if (latest === undefined) return;
  if (!hasTried(selection, latest)) {
    selection.tried = selection.tried ?? [];
    selection.tried.push(latest.address);
  }
  selection.latest = undefined;
}

function hasTried(selection: Selection, endpoint: Endpoint): boolean {
  return selection.tried?.includes(endpoint.address) === true;
}

function chooseMember(selection: Selection, nowMs: number): PoolMember | undefined {
  const { pool, wishes } = selection;
  selection.isSticky = false;
  if (wishes.stickyEndpointId !== '' && (wishes.mustBeSticky || selection.attempts === 0)) {
    const member = pool.findByStickyId(wishes.stickyEndpointId);
    // A failed mark does not count here: the client's instance gets its one try.
    if (member !== undefined && !isAtLimit(selection, member)) {
      selection.isSticky = true;
      return member;
    }
    if (wishes.mustBeSticky) return undefined;
  }
  const algorithm = pool.loadBalancing?.algorithm ?? selection.settings.defaultAlgorithm;
  if (algorithm === 'hash' && wishes.hashValue !== '' && hashHeaderOf(pool) !== '') {
    return chooseByHash(selection, nowMs);
  }
  const isDefaultLeast = selection.settings.defaultAlgorithm === 'least-connection';
  if (algorithm === 'least-connection' || (algorithm === 'hash' && isDefaultLeast)) {
    return chooseByLeastConnections(selection, nowMs);
  }
  return chooseByRoundRobin(selection, nowMs);
}

// How welcome a member is for this attempt; lower is better. An untried address always goes
// before a tried one, and among these a sound one before a failed one.
const LOCAL = 0;
const SOUND = 1;
const OVER_FAIR_SHARE = 2;
const FAILED = 3;
const TRIED = 4;
const TRIED_AND_FAILED = 5;
const AT_LIMIT = 6;

function rankOf(selection: Selection, member: PoolMember, nowMs: number): number {
  if (isAtLimit(selection, member)) return AT_LIMIT;
  const isFailed = isMarkedFailed(member, nowMs);
  if (hasTried(selection, member.endpoint)) return isFailed ? TRIED_AND_FAILED : TRIED;
  if (isFailed) return FAILED;
  // The zone counts for the first attempt only (gorouter.md §4.3).
  const zone = selection.attempts === 0 ? selection.wishes.preferredZone : '';
  return zone === '' || member.endpoint.availabilityZone === zone ? LOCAL : SOUND;
}

function isAtLimit(selection: Selection, member: PoolMember): boolean {
  const limit = selection.settings.maxConnectionsPerEndpoint;
  return limit > 0 && member.endpoint.openConnections >= limit;
}

/** gorouter.md §4.1. */
function chooseByRoundRobin(selection: Selection, nowMs: number): PoolMember | undefined {
  const { members } = selection.pool;
  const size = members.length;
  if (size === 0) return undefined;
  if (selection.position < 0) selection.position = takeTurn(selection);
  const start = selection.position < size ? selection.position : 0;
  let best: PoolMember | undefined;
  let bestRank = AT_LIMIT;
  for (let step = 0; step < size && bestRank !== LOCAL; step += 1) {
    const at = start + step < size ? start + step : start + step - size;
    const member = members[at];
    if (member === undefined) continue;
    const rank = rankOf(selection, member, nowMs);
    if (rank >= bestRank) continue;
    best = member;
    bestRank = rank;
    selection.position = at + 1 < size ? at + 1 : 0;
  }
  forgiveIfAllFailed(selection, best, nowMs);
  return best;
}

/** The pool's cursor moves by one for each request, whatever the request then chooses. */
function takeTurn(selection: Selection): number {
  const { pool, settings } = selection;
  const size = pool.members.length;
  let turn = pool.cursor < 0 ? settings.random.below(size) : pool.cursor;
  // Members may have left since.
  if (turn >= size) turn = 0;
  pool.cursor = turn + 1 < size ? turn + 1 : 0;
  return turn;
}

/**
 * gorouter.md §4.2, but with failed members last and the whole exchange counted (§13): there a
 * dead endpoint with no open connections attracts all traffic.
 */
function chooseByLeastConnections(selection: Selection, nowMs: number): PoolMember | undefined {
  let best: PoolMember | undefined;
  let bestRank = AT_LIMIT;
  let equals = 0;
  for (const member of selection.pool.members) {
    const rank = rankOf(selection, member, nowMs);
    if (rank > bestRank || rank === AT_LIMIT) continue;
    const open = member.endpoint.openConnections;
    const bestOpen = best?.endpoint.openConnections ?? 0;
    if (best === undefined || rank < bestRank || open < bestOpen) {
      best = member;
      bestRank = rank;
      equals = 1;
    } else if (open === bestOpen) {
      equals += 1;
      // The n-th equal one takes over with chance 1/n, so all n are equally likely.
      if (selection.settings.random.below(equals) === 0) best = member;
    }
  }
  forgiveIfAllFailed(selection, best, nowMs);
  return best;
}

/** gorouter.md §4.4. The zone does not matter here. */
function chooseByHash(selection: Selection, nowMs: number): PoolMember | undefined {
  const { pool, wishes } = selection;
  if (pool.isEmpty) return undefined;
  pool.maglevTable ??= buildMaglevTable(pool.members);
  const { slots } = pool.maglevTable;
  const start = slotOfValue(pool.maglevTable, wishes.hashValue);
  const fairShare = fairShareOf(pool);
  let best: PoolMember | undefined;
  let bestRank = AT_LIMIT;
  for (let step = 0; step < slots.length && bestRank > SOUND; step += 1) {
    const member = pool.members[slots[(start + step) % slots.length] ?? -1];
    if (member === undefined || member === best) continue;
    let rank = rankOf(selection, member, nowMs);
    if (rank <= SOUND && member.endpoint.openConnections > fairShare) rank = OVER_FAIR_SHARE;
    if (rank >= bestRank) continue;
    best = member;
    bestRank = rank;
  }
  forgiveIfAllFailed(selection, best, nowMs);
  return best;
}

/** The load up to which an endpoint keeps the values that hash to it. */
function fairShareOf(pool: Pool): number {
  const factor = pool.loadBalancing?.hashBalance ?? 0;
  if (factor === 0) return Number.POSITIVE_INFINITY;
  let open = 0;
  for (const member of pool.members) open += member.endpoint.openConnections;
  return (open / pool.members.length) * factor;
}

/**
 * When every member that could be used has failed, all are forgiven (gorouter.md §4.1), so that
 * failures alone never leave a request without an endpoint.
 */
function forgiveIfAllFailed(
  selection: Selection,
  best: PoolMember | undefined,
  nowMs: number,
): void {
  if (best === undefined || !isMarkedFailed(best, nowMs)) return;
  const { members } = selection.pool;
  for (const member of members) {
    if (!isAtLimit(selection, member) && !isMarkedFailed(member, nowMs)) return;
  }
  for (const member of members) member.failedUntilMs = 0;
}

/** True when every endpoint has as many exchanges as it may (gorouter.md §4.6). */
export function isPoolAtLimit(pool: Pool, maxConnectionsPerEndpoint: number): boolean {
  if (maxConnectionsPerEndpoint <= 0 || pool.isEmpty) return false;
  for (const member of pool.members) {
    if (member.endpoint.openConnections < maxConnectionsPerEndpoint) return false;
  }
  return true;
}
