import { parseAppInstance, parseProcessInstance } from '../../model/cf-instance-header.ts';
import type { RouterOptions } from '../options.ts';
import { hashHeaderOf, isPoolAtLimit, type SelectionWishes } from '../table/choose-endpoint.ts';
import { poolOfAppInstance, poolOfProcessInstance } from '../table/instance-pool.ts';
import type { Pool } from '../table/pool.ts';
import type { RouteTable } from '../table/route-table.ts';
import { readStickyRequest, type StickyRequest } from '../table/sticky-session.ts';
import { type ErrorDetails, errorResponse, type RouterResponse } from './error-response.ts';
import { HeaderList } from './header-list.ts';
import { pathOf, type RequestHead } from './request-head.ts';
import type { RouterErrorName } from './router-errors.ts';

export interface Forward {
  readonly kind: 'forward';
  readonly pool: Pool;
  readonly wishes: SelectionWishes;
  readonly sticky: StickyRequest;
}

export interface Respond {
  readonly kind: 'respond';
  readonly response: RouterResponse;
  /** Set when the access log is to name an endpoint although none is asked (gorouter.md §5.8). */
  readonly loggedPool: Pool | undefined;
}

export type Decision = Forward | Respond;

export interface DecideContext {
  readonly options: RouterOptions;
  readonly table: RouteTable;
  readonly isHealthy: () => boolean;
}

/** What a load balancer gets on the traffic port and on `/health` (gorouter.md §6.3). */
export function healthResponse(isHealthy: boolean): RouterResponse {
  const headers = new HeaderList();
  headers.append('Cache-Control', 'private, max-age=0');
  headers.append('Expires', '0');
  const body = isHealthy ? 'ok\n' : '';
  return { status: isHealthy ? 200 : 503, headers, body, routerError: '', counter: '' };
}

/** The request id that the router adds counts too, but only by its name (as recorded). */
const REQUEST_ID_BYTES = 'X-Vcap-Request-Id'.length + 5;

/**
 * Counts as the recorded check does: request line, host, and each header with its separators.
 * Values count as well, as today (gorouter.md §5.8): there they were forgotten.
 */
function isTooLarge(head: RequestHead, options: RouterOptions): boolean {
  const { maxRequestHeaderBytes, maxRequestHeaders } = options.frontend;
  const { headers } = head;
  if (maxRequestHeaders > 0 && headers.length > maxRequestHeaders) return true;
  let bytes = head.method.length + head.target.length + 'HTTP/1.1'.length + 5;
  bytes += head.host.length + 4 + REQUEST_ID_BYTES;
  for (let index = 0; index < headers.length; index += 1) {
    if (headers.keys[index] === 'host') continue;
    bytes += (headers.names[index] ?? '').length + (headers.values[index] ?? '').length + 4;
  }
  return bytes >= maxRequestHeaderBytes;
}

interface InstanceWish {
  readonly error: RouterErrorName;
  readonly details: ErrorDetails;
  /** The part of the pool that the request names; undefined when its header is malformed. */
  readonly find: ((pool: Pool) => Pool | undefined) | undefined;
}

const malformed = (error: RouterErrorName): InstanceWish => ({
  error,
  details: {},
  find: undefined,
});

/** The instance that the request names, and the error when there is none (gorouter.md §3.8). */
function instanceWish(head: RequestHead): InstanceWish | undefined {
  const app = head.headers.get('x-cf-app-instance')?.trim() ?? '';
  if (app !== '') {
    const wanted = parseAppInstance(app);
    if (wanted === undefined) return malformed('invalidAppInstance');
    const details = { guid: wanted.applicationId, index: wanted.index };
    return { error: 'unknownInstance', details, find: (pool) => poolOfAppInstance(pool, wanted) };
  }
  const process = head.headers.get('x-cf-process-instance')?.trim() ?? '';
  if (process === '') return undefined;
  const wanted = parseProcessInstance(process);
  if (wanted === undefined) return malformed('invalidProcessInstance');
  return {
    error: wanted.index === '' ? 'unknownProcess' : 'unknownProcessInstance',
    details: { guid: wanted.processId, index: wanted.index },
    find: (pool) => poolOfProcessInstance(pool, wanted),
  };
}

function wishesOf(pool: Pool, head: RequestHead, sticky: StickyRequest, options: RouterOptions) {
  const hashHeader = hashHeaderOf(pool);
  return {
    stickyEndpointId: sticky.endpointId,
    mustBeSticky: sticky.mustBeSticky,
    preferredZone: options.backends.isZonePreferred ? options.backends.zone : '',
    hashValue: hashHeader === '' ? '' : (head.headers.get(hashHeader.toLowerCase()) ?? ''),
  };
}

/**
 * What becomes of a request: forwarded to a pool, or answered here. Pure: it reads the table and
 * changes nothing. Order of the checks as gorouter.md §5.1 rows 13 to 16.
 */
export function decide(head: RequestHead, context: DecideContext): Decision {
  const { options, table } = context;
  const { htmlErrorTemplate } = options.headers;
  const respond = (
    name: RouterErrorName,
    details: ErrorDetails = {},
    loggedPool?: Pool,
  ): Decision => ({
    kind: 'respond',
    response: errorResponse(name, { host: head.host, ...details }, htmlErrorTemplate),
    loggedPool,
  });
  if (head.headers.get('user-agent') === options.frontend.healthcheckUserAgent) {
    const response = healthResponse(context.isHealthy());
    return { kind: 'respond', response, loggedPool: undefined };
  }
  if (head.host === '' || head.host === head.clientAddress) return respond('emptyHost');
  const wish = instanceWish(head);
  if (wish !== undefined && wish.find === undefined) return respond(wish.error);
  const routePool = table.lookup(head.host, pathOf(head.pathAndQuery));
  const pool =
    routePool === undefined || wish?.find === undefined ? routePool : wish.find(routePool);
  if (pool === undefined) return respond(wish?.error ?? 'unknownRoute', wish?.details);
  if (pool.isEmpty) {
    return respond(options.registry.emptyPoolResponse503 ? 'noEndpoints' : 'unknownRoute');
  }
  if (isPoolAtLimit(pool, options.backends.maxConnections)) return respond('connectionLimit');
  if (isTooLarge(head, options)) return respond('headersTooLarge', {}, pool);
  if (pool.routeServiceUrl !== '') return respond('routeServiceUnsupported');
  const { headers } = head;
  const sticky = readStickyRequest(
    headers.all('cookie'),
    headers.get('authorization') ?? '',
    options.headers.sticky,
  );
  return { kind: 'forward', pool, sticky, wishes: wishesOf(pool, head, sticky, options) };
}
