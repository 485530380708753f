/** The rep API (diego.md §13.3): work comes in, the state goes out. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Allocation, Container } from '../executor/executor.ts';
import { CELL_LIMITS } from '../options.ts';
import { CELL_NAMES, type CellState } from '../state.ts';
import { cellStateJson, parseWork, type Work } from './cell-state-json.ts';
import { metricsJson } from './container-metrics.ts';
import { instanceOf } from './process-lrp.ts';
import { lookAfter } from './reconcile.ts';
import { streamLogs } from './stream-logs.ts';
import { applyUpdate } from './update-instance.ts';

interface Answer {
  readonly status: number;
  /** Undefined: an empty body. */
  readonly json: unknown;
}

interface Request {
  readonly state: CellState;
  /** The parts of the path in braces. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  readonly body: string;
}

type Handler = (request: Request) => Answer | Promise<Answer>;

const empty = (status: number): Answer => ({ status, json: undefined });
const refused = (status: number, error: string): Answer => ({ status, json: { error } });

/** Under which others reach this cell. */
export function repUrlOf({ options, boundPort }: CellState): string {
  const { repUrl, host, port } = options;
  return repUrl === '' ? `http://${host}:${boundPort ?? port}` : repUrl;
}

/** The original cuts its guids to 28 characters (§13.4). */
const INSTANCE_GUID_CHARACTERS = 28;

function lrpAllocation(state: CellState, item: NonNullable<Work['LRPs']>[number]): Allocation {
  const guid = state.ports.random.uuid().slice(0, INSTANCE_GUID_CHARACTERS);
  return {
    guid,
    memoryMb: item.MemoryMB ?? 0,
    diskMb: item.DiskMB ?? 0,
    maxPids: item.MaxPids ?? 0,
    owner: {
      lifecycle: 'lrp',
      domain: item.domain,
      processGuid: item.process_guid,
      index: item.index,
      instanceGuid: guid,
    },
  };
}

const taskAllocation = (item: NonNullable<Work['Tasks']>[number]): Allocation => ({
  guid: item.TaskGuid,
  memoryMb: item.MemoryMB ?? 0,
  diskMb: item.DiskMB ?? 0,
  maxPids: item.MaxPids ?? 0,
  owner: { lifecycle: 'task', domain: item.Domain },
});

/** Answers what could not be taken. */
function takeWork({ state, body }: Request): Answer {
  const work = parseWork(body);
  if (work === undefined) return refused(400, 'the work cannot be read');
  const { cellId } = state.options;
  if (work.cell_id !== undefined && work.cell_id !== '' && work.cell_id !== cellId) {
    return refused(500, `this is cell ${cellId}, not ${work.cell_id}`);
  }
  const isRefused = (allocation: Allocation): boolean => {
    if (state.isEvacuating || state.isStopping) return true;
    const refusal = state.executor.allocate(allocation);
    if (refusal === undefined) return false;
    const { guid } = allocation;
    state.ports.log.info('rep.allocation-refused', { guid, refusal });
    return true;
  };
  const lrps = (work.LRPs ?? []).filter((item) => isRefused(lrpAllocation(state, item)));
  const tasks = (work.Tasks ?? []).filter((item) => isRefused(taskAllocation(item)));
  return {
    status: 200,
    json: {
      ...(lrps.length === 0 ? {} : { LRPs: lrps }),
      ...(tasks.length === 0 ? {} : { Tasks: tasks }),
      ...(lrps.length + tasks.length === 0 ? {} : { cell_id: cellId }),
    },
  };
}

/** The container of this instance, if it belongs to this process. */
function lrpContainer({ state, parts }: Request): Container | undefined {
  const [processGuid = '', instanceGuid = ''] = parts;
  const container = state.executor.get(instanceGuid);
  const owner = container?.allocation.owner;
  return owner?.lifecycle === 'lrp' && owner.processGuid === processGuid ? container : undefined;
}

function stopInstance(request: Request): Answer {
  const container = lrpContainer(request);
  if (container === undefined) return refused(500, 'no such container');
  const { executor, ports } = request.state;
  const { guid } = container.allocation;
  ports.log.info('rep.stopping-instance', { guid });
  return executor.stop(guid) ? empty(202) : refused(500, 'the container cannot be stopped');
}

function updateInstance(request: Request): Answer {
  const container = lrpContainer(request);
  if (container === undefined) return refused(500, 'no such container');
  const { owner, guid } = container.allocation;
  if (owner.lifecycle !== 'lrp') return refused(500, 'no such container');
  const own = instanceOf(owner, request.state.options.cellId);
  const problem = applyUpdate(request.state, guid, own, request.body);
  if (problem !== undefined) return refused(400, problem);
  // What does not run yet tells its news when it does.
  if (container.state === 'running') lookAfter(request.state, container);
  return empty(202);
}

function cancelTask({ state, parts }: Request): Answer {
  const [guid = ''] = parts;
  // Asynchronous: a task that is not here any more has ended by itself.
  state.executor.stop(guid);
  return empty(202);
}

function stateOf({ state }: Request): Answer {
  const { executor, options, isEvacuating } = state;
  const json = cellStateJson({
    options,
    repUrl: repUrlOf(state),
    total: executor.total,
    available: executor.available(),
    containers: executor.list(),
    isEvacuating,
  });
  return { status: 200, json };
}

function evacuate({ state }: Request): Answer {
  state.ports.tell(CELL_NAMES.evacuation, { type: 'EVACUATION_REQUESTED' });
  return { status: 202, json: { ping_path: '/ping' } };
}

function reset({ state }: Request): Answer {
  if (!state.options.isResettable) return refused(404, 'only in simulations');
  for (const { allocation } of state.executor.list()) void state.executor.remove(allocation.guid);
  return empty(200);
}

const ROUTES: readonly (readonly [string, RegExp, Handler])[] = [
  ['GET', /^\/state$/, stateOf],
  ['POST', /^\/work$/, takeWork],
  ['POST', /^\/v1\/lrps\/([^/]+)\/instances\/([^/]+)\/stop$/, stopInstance],
  ['PUT', /^\/v[12]\/lrps\/([^/]+)\/instances\/([^/]+)$/, updateInstance],
  ['POST', /^\/v1\/tasks\/([^/]+)\/cancel$/, cancelTask],
  ['GET', /^\/container_metrics$/, ({ state }) => ({ status: 200, json: metricsJson(state) })],
  ['GET', /^\/ping$/, () => empty(200)],
  ['POST', /^\/evacuate$/, evacuate],
  ['POST', /^\/sim\/reset$/, reset],
];

const LOGS = /^\/v1\/logs\/([^/]+)$/;

/** Undefined: the client sent too much, or left. */
function readBody(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= CELL_LIMITS.bodyBytes) chunks.push(chunk);
    });
    request.on('end', () => {
      const isWhole = size <= CELL_LIMITS.bodyBytes;
      resolve(isWhole ? Buffer.concat(chunks).toString('utf8') : undefined);
    });
    request.on('error', () => resolve(undefined));
  });
}

function send(response: ServerResponse, { status, json }: Answer): void {
  const body = json === undefined ? '' : JSON.stringify(json);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function answer(
  state: CellState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = URL.parse(request.url ?? '/', 'http://rep');
  const path = url?.pathname ?? '/';
  const query = url?.searchParams ?? new URLSearchParams();
  const logs = request.method === 'GET' ? LOGS.exec(path) : null;
  if (logs !== null) {
    request.resume();
    streamLogs(state, decoded(logs[1] ?? ''), query.get('follow') === 'true', response);
    return;
  }
  const body = await readBody(request);
  if (body === undefined) {
    send(response, refused(413, `the body is above ${CELL_LIMITS.bodyBytes} bytes`));
    return;
  }
  for (const [method, pattern, handler] of ROUTES) {
    const hit = method === request.method ? pattern.exec(path) : null;
    if (hit === null) continue;
    const parts = hit.slice(1).map((part) => decoded(part ?? ''));
    send(response, await handler({ state, parts, query, body }));
    return;
  }
  send(response, refused(404, `no route for ${request.method} ${path}`));
}

/** Not listening yet. */
export function createRepServer(state: CellState, onFault: (error: unknown) => void): Server {
  const server = createServer(
    {
      headersTimeout: CELL_LIMITS.headersTimeoutMs,
      requestTimeout: CELL_LIMITS.requestTimeoutMs,
    },
    (request, response) => {
      answer(state, request, response).catch((error: unknown) => {
        response.destroy();
        onFault(error);
      });
    },
  );
  server.maxConnections = CELL_LIMITS.connections;
  return server;
}
