import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { BrokerCore } from './broker-core.ts';
import type { ClientConnection } from './client-connection.ts';
import { connectionsReport, subscriptionsReport, variablesReport } from './monitor-reports.ts';
import type { MonitorOptions } from './options.ts';
import type { ServerIdentity } from './server-info.ts';

export interface Monitor {
  readonly port: number;
  close(): Promise<void>;
}

/** What the reports are made of. */
export interface MonitorSource {
  readonly identity: ServerIdentity;
  clients(): ClientConnection[];
  isHealthy(): boolean;
  failed(error: Error): void;
}

const MONITOR_HOST = '127.0.0.1';
const MONITOR_CONNECTIONS_MAX = 64;
const REQUEST_TIMEOUT_MS = 10_000;
const CALLBACK_NAME = /^[\w$.]{1,64}$/;

/** The monitoring endpoints of nats-server that its tools read (cfv1.md §10.11). */
export function createMonitor(
  options: MonitorOptions,
  core: BrokerCore,
  source: MonitorSource,
): Promise<Monitor> {
  const host = options.host ?? MONITOR_HOST;
  const startedWallMs = core.clock.wallMs();
  const requestsByPath: Record<string, number> = {};
  const server = createServer((request, response) => {
    try {
      answer(request, response);
    } catch (thrown) {
      response.writeHead(500).end();
      source.failed(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  });
  server.maxConnections = MONITOR_CONNECTIONS_MAX;
  server.requestTimeout = REQUEST_TIMEOUT_MS;

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const [path = '/', search = ''] = (request.url ?? '/').split('?', 2);
    const query = new URLSearchParams(search);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    const report = reportFor(path, query);
    if (report === undefined) {
      response.writeHead(404).end();
      return;
    }
    requestsByPath[path] = (requestsByPath[path] ?? 0) + 1;
    respond(response, path === '/healthz' && !source.isHealthy() ? 503 : 200, report, query);
  }

  function reportFor(path: string, query: URLSearchParams): object | undefined {
    const seen = { startedWallMs, requestsByPath, host, port: portOf(server.address()) };
    switch (path) {
      case '/varz':
        return variablesReport(core, source, seen);
      case '/connz':
        return connectionsReport(core, source, query);
      case '/subsz':
      case '/subscriptionsz':
        return subscriptionsReport(core, source, query);
      case '/healthz':
        return source.isHealthy()
          ? { status: 'ok' }
          : { status: 'unavailable', error: 'the broker has failed or is closing' };
      default:
        return undefined;
    }
  }

  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const where = `NATS broker: monitoring port ${options.port} on ${host}`;
      reject(new Error(`${where}: ${error.message}`, { cause: error }));
    });
    server.listen(options.port, host, () => {
      server.removeAllListeners('error');
      server.on('error', source.failed);
      resolve({ port: portOf(server.address()), close: () => closeServer(server) });
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** `callback` asks for JSONP; anything but a plain function name is ignored. */
function respond(
  response: ServerResponse,
  status: number,
  report: object,
  query: URLSearchParams,
): void {
  const json = JSON.stringify(report, null, 2);
  const callback = query.get('callback') ?? '';
  const isJsonp = CALLBACK_NAME.test(callback);
  const type = isJsonp ? 'application/javascript' : 'application/json';
  response.writeHead(status, { 'content-type': type });
  response.end(isJsonp ? `${callback}(${json})` : json);
}

function portOf(address: ReturnType<ReturnType<typeof createServer>['address']>): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
