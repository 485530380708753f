/** The HTTP API of the file server: PUT, GET, HEAD and DELETE of /v1/droplets/NAME. */
import { createReadStream } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { type Droplet, type DropletStore, isDropletName } from './droplet-store.ts';
import { FILE_SERVER_LIMITS, type FileServerOptions } from './options.ts';
import { receiveUpload } from './receive-upload.ts';

export interface FileServerDependencies {
  readonly options: FileServerOptions;
  readonly store: DropletStore;
  readonly clock: Clock;
  readonly log: Log;
}

const ROOT = '/v1/droplets';
const CHECKSUM_HEADER = 'x-checksum-sha256';
const CHECKSUM = /^[0-9a-f]{64}$/;

function answer(response: ServerResponse, status: number, json: unknown, more: object = {}): void {
  const body = JSON.stringify(json);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    ...more,
  });
  response.end(body);
}

/** Says no while a body may still come: it is thrown away, and the connection ends. */
function refuse(
  clock: Clock,
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  error: string,
): void {
  answer(response, status, { error }, request.complete ? {} : { Connection: 'close' });
  if (request.complete) return;
  request.on('error', () => {});
  request.resume();
  const timer = clock.setTimeout(() => request.destroy(), FILE_SERVER_LIMITS.lingerMs);
  request.on('close', () => clock.clearTimeout(timer));
}

const shown = ({ name, bytes, sha256, usedAtMs }: Droplet) => ({
  name,
  bytes,
  sha256,
  used_at: new Date(usedAtMs).toISOString(),
});

/** Whether the client has these bytes already (RFC 9110 §13.1.2). */
function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header
    .split(',')
    .map((part) => part.trim().replace(/^W\//, ''))
    .some((part) => part === '*' || part === etag);
}

function sendDroplet(
  { store, log }: FileServerDependencies,
  request: IncomingMessage,
  response: ServerResponse,
  droplet: Droplet,
): void {
  store.touch(droplet);
  const etag = `"${droplet.sha256}"`;
  const headers = { ETag: etag, [CHECKSUM_HEADER]: droplet.sha256 };
  if (isKnown(request.headers['if-none-match'], etag)) {
    response.writeHead(304, headers).end();
    return;
  }
  const all = {
    ...headers,
    'Content-Type': 'application/octet-stream',
    'Content-Length': droplet.bytes,
  };
  if (request.method === 'HEAD') {
    response.writeHead(200, all).end();
    return;
  }
  const file = createReadStream(droplet.path);
  file.on('open', () => {
    response.writeHead(200, all);
    file.pipe(response);
  });
  file.on('error', (error) => {
    log.error('file-server.not-read', { name: droplet.name, error: error.message });
    // After the head only a cut connection tells that the rest is missing.
    if (response.headersSent) response.destroy();
    else answer(response, 500, { error: 'the droplet cannot be read' });
  });
  response.on('close', () => file.destroy());
}

type Checksum = { readonly ok: true; readonly value: string | undefined } | { readonly ok: false };

function checksumOf(request: IncomingMessage, query: URLSearchParams): Checksum {
  const header = request.headers[CHECKSUM_HEADER];
  const given = (typeof header === 'string' ? header : query.get('sha256'))?.toLowerCase();
  if (given === undefined) return { ok: true, value: undefined };
  return CHECKSUM.test(given) ? { ok: true, value: given } : { ok: false };
}

type Refuse = (status: number, error: string) => void;

/** The name is checked; the method is one that changes something. */
function createUploads({ options, store, log }: FileServerDependencies) {
  let uploads = 0;
  /** Two uploads of one name would race for it. */
  const busy = new Set<string>();
  return async (
    request: IncomingMessage,
    response: ServerResponse,
    { name, query, refuse: no }: { name: string; query: URLSearchParams; refuse: Refuse },
  ): Promise<void> => {
    const checksum = checksumOf(request, query);
    if (!checksum.ok) {
      no(400, 'the checksum must have 64 hexadecimal digits');
      return;
    }
    if (busy.has(name)) {
      no(409, 'this droplet is being uploaded already');
      return;
    }
    if (uploads >= FILE_SERVER_LIMITS.uploads) {
      no(503, 'too many uploads at a time');
      return;
    }
    uploads += 1;
    busy.add(name);
    const { value: sha256 } = checksum;
    const upload = { name, sha256, maxBytes: options.maxDropletBytes };
    const result = await receiveUpload(request, store, upload);
    uploads -= 1;
    busy.delete(name);
    if (result.ok) {
      log.info('file-server.droplet-stored', { name, bytes: result.droplet.bytes });
      const etag = `"${result.droplet.sha256}"`;
      answer(response, result.isNew ? 201 : 200, shown(result.droplet), { ETag: etag });
      return;
    }
    log.info('file-server.upload-refused', { name, status: result.status, error: result.error });
    if (result.status > 0) no(result.status, result.error);
  };
}

function createListener(
  dependencies: FileServerDependencies,
  fail: (error: unknown) => void,
): RequestListener {
  const { store, clock, log } = dependencies;
  const upload = createUploads(dependencies);

  async function remove(name: string, response: ServerResponse): Promise<void> {
    if (!(await store.remove(name))) {
      answer(response, 404, { error: 'there is no such droplet' });
      return;
    }
    log.info('file-server.droplet-deleted', { name });
    response.writeHead(204).end();
  }

  function onDroplet(
    request: IncomingMessage,
    response: ServerResponse,
    name: string,
    query: URLSearchParams,
  ): void {
    const { method } = request;
    const no: Refuse = (status, error) => refuse(clock, request, response, status, error);
    if (!isDropletName(name)) no(400, 'a name has letters, digits, dots, dashes and underscores');
    else if (method === 'PUT' || method === 'POST') {
      upload(request, response, { name, query, refuse: no }).catch(fail);
    } else if (method === 'GET' || method === 'HEAD') {
      const droplet = store.get(name);
      if (droplet === undefined) no(404, 'there is no such droplet');
      else sendDroplet(dependencies, request, response, droplet);
    } else if (method === 'DELETE') {
      remove(name, response).catch((error: Error) => no(500, error.message));
    } else {
      response.setHeader('Allow', 'GET, HEAD, PUT, POST, DELETE');
      no(405, `${method} is not allowed here`);
    }
  }

  return (request, response) => {
    const no: Refuse = (status, error) => refuse(clock, request, response, status, error);
    // A page in the browser of the same machine could send a droplet without asking first.
    if (request.headers.origin !== undefined) {
      no(403, 'web pages may not call the file server');
      return;
    }
    const { url = '/', method } = request;
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
    if (path === ROOT && method === 'GET') answer(response, 200, store.list().map(shown));
    else if (path.startsWith(`${ROOT}/`)) {
      // Not decoded: a name needs no escapes, so what has one is refused.
      onDroplet(request, response, path.slice(ROOT.length + 1), query);
    } else no(404, 'there is no such route');
  };
}

/** Not listening yet. `fail` hears of bugs only; hostile bytes are answered and forgotten. */
export function createFileServer(
  dependencies: FileServerDependencies,
  fail: (error: unknown) => void,
): Server {
  const server = createServer(createListener(dependencies, fail));
  server.maxConnections = FILE_SERVER_LIMITS.connections;
  server.headersTimeout = FILE_SERVER_LIMITS.headersTimeoutMs;
  server.requestTimeout = FILE_SERVER_LIMITS.requestTimeoutMs;
  server.setTimeout(FILE_SERVER_LIMITS.silentMs);
  return server;
}
