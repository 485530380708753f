import type { Tags } from '../../model/registry-message.ts';
import type { Endpoint } from './endpoint.ts';
import type { Pool } from './pool.ts';
import type { RouteTable } from './route-table.ts';

/** Up to here the routes are written in order of their keys, as the original does. */
export const MAX_SORTED_ROUTES = 10_000;

/**
 * The body of `GET /routes` in pieces of about `routesPerPiece` routes, so that a big table can
 * be written without holding up traffic: give other work a turn between two pieces.
 */
export function* routesJsonPieces(table: RouteTable, routesPerPiece: number): Generator<string> {
  const isSorted = table.routeCount <= MAX_SORTED_ROUTES;
  const pools = isSorted ? sortedPools(table) : table.pools();
  let piece = '{';
  let isFirst = true;
  let left = routesPerPiece;
  for (let next = pools.next(); next.done !== true; next = pools.next()) {
    piece += `${isFirst ? '' : ','}${JSON.stringify(next.value.key)}:${membersJson(next.value)}`;
    isFirst = false;
    left -= 1 + next.value.members.length;
    if (left > 0) continue;
    yield escapeAsGo(piece);
    piece = '';
    left = routesPerPiece;
  }
  yield `${escapeAsGo(piece)}}\n`;
}

function sortedPools(table: RouteTable): Iterator<Pool> {
  const pools: Pool[] = [];
  const all = table.pools();
  for (let next = all.next(); next.done !== true; next = all.next()) pools.push(next.value);
  return pools.sort((left, right) => (left.key < right.key ? -1 : 1)).values();
}

/** One pool's entry (gorouter.md §6.4): an array, `[]` for a pool that is kept empty. */
export function poolJson(pool: Pool): string {
  return escapeAsGo(membersJson(pool));
}

function membersJson(pool: Pool): string {
  return `[${pool.members.map((member) => endpointJson(member.endpoint)).join(',')}]`;
}

function endpointJson(endpoint: Endpoint): string {
  const { loadBalancing } = endpoint;
  let json = `{"address":${JSON.stringify(endpoint.address)}`;
  json += `,"availability_zone":${JSON.stringify(endpoint.availabilityZone)}`;
  json += `,"protocol":${JSON.stringify(endpoint.protocol)},"tls":${endpoint.isTls}`;
  json += `,"ttl":${Math.trunc(endpoint.staleThresholdMs / 1000)}`;
  json += optional('route_service_url', endpoint.routeServiceUrl);
  json += `,"tags":${tagsJson(endpoint.tags)}`;
  json += optional('isolation_segment', endpoint.isolationSegment);
  json += optional('private_instance_id', endpoint.privateInstanceId);
  json += optional('server_cert_domain_san', endpoint.serverCertDomainSan);
  json += optional('load_balancing_algorithm', loadBalancing.algorithm);
  json += optional('hash_header', loadBalancing.hashHeader);
  if (loadBalancing.hashBalance > 0) json += `,"hash_balance":${loadBalancing.hashBalance}`;
  return `${json}}`;
}

function optional(name: string, value: string): string {
  return value === '' ? '' : `,"${name}":${JSON.stringify(value)}`;
}

function tagsJson(tags: Tags | undefined): string {
  if (tags === undefined) return 'null';
  const entries = Object.keys(tags)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${JSON.stringify(tags[name] ?? '')}`);
  return `{${entries.join(',')}}`;
}

const ESCAPED_BY_GO = /[<>&\u2028\u2029]/g;

/** Go's encoder also escapes what could end a script element; outside of texts there is none. */
function escapeAsGo(json: string): string {
  return json.replace(
    ESCAPED_BY_GO,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
