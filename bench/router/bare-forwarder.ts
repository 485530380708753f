/**
 * What Node costs by itself: `node bare-forwarder.ts PORT BACKEND_PORT LOG_FILE`. It forwards with
 * node:http, adds what the others add, writes an access log, and checks nothing.
 */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Agent, createServer, request as send } from 'node:http';

const [port, backendPort, logFile = ''] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });
const log = createWriteStream(logFile, { flags: 'a' });

const server = createServer((request, reply) => {
  const { method, url, headers, socket } = request;
  const startMs = performance.now();
  const id = randomUUID();
  const sent = send(
    {
      host: '127.0.0.1',
      port: backendPort,
      method,
      path: url,
      agent,
      headers: { ...headers, 'x-forwarded-for': socket.remoteAddress, 'x-request-id': id },
    },
    (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(reply);
      answer.on('end', () => {
        const tookMs = (performance.now() - startMs).toFixed(3);
        log.write(
          `${headers.host} ${socket.remoteAddress} [${new Date().toISOString()}] ` +
            `"${method} ${url}" ${answer.statusCode} ${id} ${tookMs}\n`,
        );
      });
    },
  );
  sent.on('error', () => reply.writeHead(502).end());
  request.pipe(sent);
});
server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
