/** Small helpers for clients that misuse a connection. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

export async function eventuallyTrue(condition: () => boolean, withinMs: number): Promise<boolean> {
  const endAt = performance.now() + withinMs;
  while (!condition() && performance.now() < endAt) await pause(5);
  return condition();
}

/** A connection that is there; its errors are only noted by its end. */
export async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => {});
  await new Promise<void>((resolve) => {
    socket.once('connect', () => resolve());
    socket.once('close', () => resolve());
  });
  return socket;
}

/** Resident memory after what can be freed was freed, as far as that can be asked for. */
export function residentMegabytes(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss() / 2 ** 20;
}

/** Milliseconds of `count` good requests one after the other, in order of size. */
export async function timesOf(count: number, ask: () => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const startedAt = performance.now();
    const status = await ask();
    if (status !== 200) throw new Error(`a good request got ${status}`);
    times.push(performance.now() - startedAt);
  }
  return times.sort((a, b) => a - b);
}

/** Sends `totalBytes` of content as fast as they are taken. */
export async function pour(socket: Socket, totalBytes: number): Promise<void> {
  const block = Buffer.alloc(64 * 1024, 'x');
  for (let sent = 0; sent < totalBytes && !socket.destroyed; sent += block.length) {
    if (socket.write(block.subarray(0, Math.min(block.length, totalBytes - sent)))) continue;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        socket.off('drain', go);
        socket.off('close', go);
        resolve();
      };
      socket.on('drain', go);
      socket.on('close', go);
    });
  }
}

/** Bytes that the system takes on a connection whose other end does not read. */
export async function systemCapacity(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const reader = await open((server.address() as AddressInfo).port);
  reader.pause();
  const writer = await accepted;
  writer.on('error', () => {});
  void pour(writer, 2 ** 28);
  let taken = -1;
  for (let now = 0; now !== taken; now = writer.bytesWritten - writer.writableLength) {
    taken = now;
    await pause(100);
  }
  writer.destroy();
  reader.destroy();
  server.close();
  return taken;
}
