// What the app answers: a text over HTTP, and every WebSocket message back to its sender.
import { createServer } from 'node:http';

const SHOWN_HEADERS = [
  'host',
  'user-agent',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-request-start',
  'x-vcap-request-id',
  'x-cf-applicationid',
  'x-cf-instanceid',
  'x-cf-instanceindex',
];
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** A cell kills what has not ended 10 s after its SIGTERM. */
const CLOSE_GRACE_MS = 8000;
const GOING_AWAY = 1001;
const MAX_DELAY_MS = 60_000;

function helloText(request, instance, port) {
  const lines = [
    `Hello from instance ${instance} on port ${port}`,
    `${request.method} ${request.url}`,
    ...SHOWN_HEADERS.filter((name) => name in request.headers).map(
      (name) => `${name}: ${request.headers[name]}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function echoMessages(socket) {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on('error', () => socket.terminate());
}

/** The package may not be there: then HTTP alone is served. */
async function serveSockets(server) {
  let WebSocketServer;
  try {
    ({ WebSocketServer } = await import('ws'));
  } catch {
    return { clients: new Set() };
  }
  const sockets = new WebSocketServer({ server, maxPayload: MAX_MESSAGE_BYTES });
  sockets.on('connection', echoMessages);
  // The HTTP server reports the same error.
  sockets.on('error', () => {});
  return sockets;
}

/** `GET /slow?ms=500` answers late, so that one can watch a request that is under way. */
function delayOf(url) {
  if (!url.startsWith('/slow')) return 0;
  const ms = Number(new URLSearchParams(url.split('?')[1]).get('ms') ?? 1000);
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MAX_DELAY_MS) : 0;
}

/** With such a cookie the router keeps a client at one instance. */
function stickyHeaders(url, instance) {
  const [path] = url.split('?');
  return path === '/sticky' ? { 'Set-Cookie': `JSESSIONID=instance-${instance}; Path=/` } : {};
}

/** Resolves with the port when the server listens, rejects when it cannot. */
export async function startServer({ instance, port, listenAddress }) {
  let isEnding = false;
  const server = createServer((request, reply) => {
    request.resume();
    const text = helloText(request, instance, server.address()?.port ?? port);
    const answer = () => {
      // The connection is not to be used again: the router takes another instance next time.
      if (isEnding) reply.shouldKeepAlive = false;
      reply.writeHead(200, {
        'Content-Type': 'text/plain; charset=utf-8',
        ...stickyHeaders(request.url, instance),
      });
      reply.end(request.method === 'HEAD' ? undefined : text);
    };
    const delayMs = delayOf(request.url);
    if (delayMs === 0) answer();
    else setTimeout(answer, delayMs);
  });
  const sockets = await serveSockets(server);

  /** From now on every answer ends its connection. */
  function announceEnd() {
    isEnding = true;
  }

  /** Requests in hand are finished; what is still open after that is cut. */
  async function close() {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets.clients) socket.close(GOING_AWAY);
    server.closeIdleConnections();
    const cut = () => {
      server.closeAllConnections();
      for (const socket of sockets.clients) socket.terminate();
    };
    setTimeout(cut, CLOSE_GRACE_MS).unref();
    await closed;
  }

  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, listenAddress, () =>
      resolve({ port: server.address().port, announceEnd, close }),
    );
  });
}
