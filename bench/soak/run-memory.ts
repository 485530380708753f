/** What one idle connection, one open request and one WebSocket cost the router. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { eventually, registration, World } from '../../test/node/support/world.ts';

export interface MemoryRow {
  readonly what: string;
  readonly count: number;
  readonly kibEach: number;
}

const COUNT = 5000;
const HOST = 'memory.test';
const SETTLE_MS = 3000;

const residentKib = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN);

const GET = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
const UPGRADE =
  `GET /ws HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** Opens as many, each with these bytes; resolves when each got `answers` first bytes. */
async function openAll(port: number, count: number, text: string, isAnswered: boolean) {
  const sockets: Socket[] = [];
  let answered = 0;
  for (let index = 0; index < count; index += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('connect', () => socket.write(text));
    socket.once('data', () => {
      answered += 1;
    });
    sockets.push(socket);
    if (index % 100 === 99) await setTimeout(10);
  }
  if (isAnswered) await eventually('all are answered', () => answered === count, 60_000);
  await setTimeout(SETTLE_MS);
  return sockets;
}

/** `wanted`: waits for nothing; its requests stay open until the process ends. */
async function startApp(world: World): Promise<number> {
  const app = createServer((incoming, answer) => {
    if (incoming.url !== '/wait') answer.end('ok');
  });
  const webSockets = new WebSocketServer({ server: app });
  webSockets.on('connection', (socket) => socket.send('welcome'));
  await new Promise<void>((resolve) => {
    app.listen(0, '127.0.0.1', resolve);
  });
  world.onEnd(() => {
    app.close();
    app.closeAllConnections();
  });
  return (app.address() as AddressInfo).port;
}

export async function runMemory(print: (line: string) => void): Promise<MemoryRow[]> {
  const rows: MemoryRow[] = [];
  const kinds: readonly (readonly [string, string, boolean])[] = [
    ['idle connection, after one request', GET, true],
    ['request in hand', GET.replace('GET / ', 'GET /wait '), false],
    ['WebSocket', UPGRADE, true],
  ];
  for (const [what, text, isAnswered] of kinds) {
    const world = new World();
    try {
      const node = await world.startNode({ 'router.engine': 'wire' });
      const appPort = await startApp(world);
      const nats = await world.connect(node.natsUrl);
      nats.publish('router.register', registration(appPort, HOST));
      await nats.flush();
      // Warm code and pools count for nobody.
      const warm = await openAll(node.ports.router, 500, text, isAnswered);
      for (const socket of warm) socket.destroy();
      await setTimeout(SETTLE_MS);
      const before = residentKib(node.child.pid);
      const sockets = await openAll(node.ports.router, COUNT, text, isAnswered);
      const kibEach = (residentKib(node.child.pid) - before) / COUNT;
      rows.push({ what, count: COUNT, kibEach });
      print(`${what}: ${kibEach.toFixed(1)} KiB`);
      for (const socket of sockets) socket.destroy();
    } finally {
      await world.end();
    }
  }
  return rows;
}
