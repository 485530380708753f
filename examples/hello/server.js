// What the app answers: a text over HTTP, and every WebSocket message back to its sender.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

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
const CLOSE_GRACE_MS = 2000;
const GOING_AWAY = 1001;

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

/** Resolves with the port when the server listens, rejects when it cannot. */
export function startServer({ instance, port, listenAddress }) {
  const server = createServer((request, reply) => {
    request.resume();
    const text = helloText(request, instance, server.address()?.port ?? port);
    reply.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' });
    reply.end(request.method === 'HEAD' ? undefined : text);
  });
  const sockets = new WebSocketServer({ server, maxPayload: MAX_MESSAGE_BYTES });
  sockets.on('connection', echoMessages);
  // The HTTP server reports the same error.
  sockets.on('error', () => {});

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
    server.listen(port, listenAddress, () => resolve({ port: server.address().port, close }));
  });
}
