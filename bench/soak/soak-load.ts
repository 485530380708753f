/**
 * A process that keeps a router busy with everything that comes and goes: kept and short
 * connections, uploads, clients that leave in the middle, WebSockets, routes.
 * `node soak-load.ts ROUTER_PORT NATS_URL`; ends on SIGTERM and prints what it did as JSON.
 */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect as dial } from 'node:net';
import { connect as connectNats } from 'nats';
import { WebSocket, WebSocketServer } from 'ws';

const [portWord = '', natsUrl = ''] = process.argv.slice(2);
const port = Number(portWord);
const HOST = 'soak.test';
const TICK_MS = 20;
const BODY = Buffer.alloc(20_000, 'b');

const counts = { requests: 0, failed: 0, aborted: 0, sockets: 0, routes: 0 };
let open = 0;

const app = createServer((incoming, answer) => {
  incoming.resume();
  incoming.on('end', () => answer.end(BODY));
});
const sockets = new WebSocketServer({ server: app });
sockets.on('connection', (socket) => {
  socket.on('message', (data) => socket.send(data));
  socket.on('error', () => {});
});
await new Promise<void>((resolve) => {
  app.listen(0, '127.0.0.1', resolve);
});
const nats = await connectNats({ servers: natsUrl });
const message = (uri: string) =>
  JSON.stringify({
    host: '127.0.0.1',
    port: (app.address() as AddressInfo).port,
    uris: [uri],
    app: 'soak',
    private_instance_id: `soak-${uri}`,
  });
nats.publish('router.register', message(HOST));
await nats.flush();

function ask(method: string, body: Buffer | undefined, isAborted: boolean): void {
  counts.requests += 1;
  open += 1;
  const outgoing = request({
    port,
    host: '127.0.0.1',
    method,
    path: '/x',
    headers: { host: HOST },
  });
  let isOver = false;
  const over = (hasFailed: boolean): void => {
    if (isOver) return;
    isOver = true;
    open -= 1;
    if (hasFailed && !isAborted) counts.failed += 1;
  };
  outgoing.on('error', () => over(true));
  outgoing.on('response', (answer) => {
    if (isAborted) {
      counts.aborted += 1;
      outgoing.destroy();
      over(false);
      return;
    }
    answer.resume();
    answer.on('close', () => over(!answer.complete || answer.statusCode !== 200));
  });
  outgoing.end(body);
}

function openSocket(): void {
  counts.sockets += 1;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers: { host: HOST } });
  socket.on('open', () => socket.send('hello'));
  socket.on('message', () => socket.close());
  socket.on('error', () => {
    counts.failed += 1;
  });
}

/** Connects, says nothing or half a head, and leaves. */
function openAndLeave(text: string): void {
  const socket = dial(port, '127.0.0.1', () => {
    socket.write(text);
    setTimeout(() => socket.destroy(), 50);
  });
  socket.on('error', () => {});
}

let ticks = 0;
const timer = setInterval(() => {
  ticks += 1;
  for (let count = 0; count < 4 && open < 200; count += 1) {
    ask('GET', undefined, false);
    ask('POST', BODY, false);
  }
  ask('GET', undefined, true);
  if (ticks % 5 === 0) openSocket();
  openAndLeave(ticks % 2 === 0 ? '' : 'GET / HTTP/1.1\r\nHost: so');
  const uri = `r${ticks % 5000}.soak.test`;
  counts.routes += 1;
  nats.publish(ticks % 3 === 0 ? 'router.unregister' : 'router.register', message(uri));
  if (ticks % 250 === 0) nats.publish('router.register', message(HOST));
}, TICK_MS);

process.on('SIGTERM', async () => {
  clearInterval(timer);
  await new Promise((resolve) => {
    setTimeout(resolve, 2000);
  });
  process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit(0));
});
process.stdout.write('soaking\n');
