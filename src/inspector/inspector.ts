/**
 * The inspector: what a browser gets below `/inspector/` on the status port. It only reads, and
 * whoever asks has been let in by the status port (DESIGN §8). Nothing is done until asked.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AnyStateMachine } from 'xstate';
import type { ActorSystem } from '../kernel/actor-system.ts';
import { KERNEL_LIMITS } from '../kernel/actor-system.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { machineGraph } from './machine-graph.ts';
import { createPageFiles } from './page-files.ts';
import { type RouterSource, viewRoutes } from './view-routes.ts';
import { viewTree } from './view-tree.ts';
import { eventsSince, Viewers } from './viewers.ts';
import type { DeadLettersView, LrpsView, RoutesView } from './views.ts';
import type { BbsWatch } from './watch-bbs.ts';

export interface InspectorOptions {
  readonly system: ActorSystem;
  readonly machines: ReadonlyMap<string, AnyStateMachine>;
  /** Undefined: no BBS is known, or no router runs here. */
  readonly bbs: BbsWatch | undefined;
  readonly router: RouterSource | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Inspector {
  /** False: the path is somebody else's, and nothing was answered. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** False: as above, and the socket is untouched. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Pages that are attached. */
  readonly viewers: number;
  close(): void;
}

const PREFIX = '/inspector';
const FEED_PATH = `${PREFIX}/feed`;
const NOT_BUILT = 'The page is not built. Run `node scripts/build-inspector.js` and reload.\n';

/** The page is one origin's and needs nothing from anywhere else. */
const SAFETY_HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';" +
    " connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

const NO_LRPS: LrpsView = { problem: '', isComplete: true, apps: [], instances: [] };
const NO_ROUTES: RoutesView = { total: 0, matches: 0, routes: [], figures: null };

/** A page of another site may open a WebSocket here, and the browser would send the password. */
function isOwnOrigin({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers;
  return origin === undefined || URL.parse(origin)?.host === host;
}

function wholeNumber(text: string | null): number {
  const value = Number(text ?? '');
  return Number.isSafeInteger(value) && value > 0 ? value : 1;
}

type Answer = unknown | Promise<unknown>;

/** Each `/inspector/api/NAME`, and what it answers. */
function createApi(options: InspectorOptions): Readonly<Record<string, (url: URL) => Answer>> {
  const { system, machines, bbs, router, clock } = options;
  return {
    tree: () => viewTree(system),
    machines: () => [...machines.values()].map(machineGraph),
    events: ({ searchParams }) =>
      eventsSince(system, clock, wholeNumber(searchParams.get('since')), KERNEL_LIMITS.feedRecords),
    'dead-letters': (): DeadLettersView => ({
      counts: system.deadLetters.counts,
      recent: system.deadLetters.recent(),
    }),
    lrps: () => bbs?.lrps() ?? NO_LRPS,
    cells: () => bbs?.cells() ?? [],
    routes: ({ searchParams }) =>
      router === undefined
        ? NO_ROUTES
        : viewRoutes(router, searchParams.get('search') ?? '', clock.nowMs()),
  };
}

function send(
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string | Buffer,
): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    ...SAFETY_HEADERS,
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

const sendText = (response: ServerResponse, status: number, text: string): void =>
  send(response, status, 'text/plain; charset=utf-8', text);

export function createInspector(options: InspectorOptions): Inspector {
  const { system, machines, bbs, clock, log } = options;
  const api = createApi(options);
  const files = createPageFiles((id) => machines.has(id));
  const viewers = new Viewers({ system, clock, bbs });

  async function sendJson(response: ServerResponse, answer: Answer): Promise<void> {
    try {
      const text = JSON.stringify(await answer);
      send(response, 200, 'application/json', text);
    } catch (error) {
      log.error('inspector.failed', { error: (error as Error).stack });
      sendText(response, 500, 'The inspector failed; the log says why.\n');
    }
  }

  function sendFile(response: ServerResponse, path: string): void {
    const drawing = /^charts\/([\w-]+)\.svg$/.exec(path)?.[1];
    const name = path === '' ? 'index.html' : path;
    const file = drawing === undefined ? files.page(name) : files.drawing(drawing);
    if (file !== undefined) send(response, 200, file.contentType, file.bytes);
    else if (path === '') sendText(response, 503, NOT_BUILT);
    else sendText(response, 404, '404 page not found\n');
  }

  const urlOf = (request: IncomingMessage): URL | null =>
    URL.parse(request.url ?? '', 'http://inspector');

  return {
    handle(request, response) {
      const url = urlOf(request);
      const path = url?.pathname ?? '';
      if (url === null || (path !== PREFIX && !path.startsWith(`${PREFIX}/`))) return false;
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        sendText(response, 405, 'The inspector only shows.\n');
      } else if (path === PREFIX) {
        response.writeHead(302, { Location: `${PREFIX}/`, 'Content-Length': 0 }).end();
      } else {
        const rest = path.slice(PREFIX.length + 1);
        const name = rest.startsWith('api/') ? rest.slice(4) : '';
        const answer = Object.hasOwn(api, name) ? api[name] : undefined;
        if (answer !== undefined) void sendJson(response, answer(url));
        else sendFile(response, rest);
      }
      return true;
    },
    upgrade(request, socket, head) {
      const url = urlOf(request);
      if (url?.pathname !== FEED_PATH) return false;
      if (isOwnOrigin(request)) {
        viewers.attach(request, socket, head, wholeNumber(url.searchParams.get('since')));
      } else {
        socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      }
      return true;
    },
    get viewers() {
      return viewers.count;
    },
    close() {
      viewers.close();
      bbs?.close();
    },
  };
}
