import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Below the range from which systems take ports for outgoing connections: a router needs some
 * time to come up, and its ports must not go to a client meanwhile. Five digits, as recorded.
 */
const lowestPort = 10_240;
const highestPort = 32_000;

/** Ports that nothing listens on just now; none is handed out twice. */
export async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, holdPort));
  await Promise.all(
    held.map(({ server }) => new Promise<void>((resolve) => server.close(() => resolve()))),
  );
  return held.map(({ port }) => port);
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

const handedOut = new Set<number>();

async function holdPort(): Promise<{ server: Server; port: number }> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(lowestPort, highestPort);
    if (handedOut.has(port)) continue;
    const server = createServer();
    const isHeld = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isHeld) continue;
    handedOut.add(port);
    return { server, port };
  }
  throw new Error('no free port found');
}
