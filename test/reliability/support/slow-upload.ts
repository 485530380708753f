/** A big upload to an endpoint that reads slowly: the router must not keep what is not taken. */
import { type AddressInfo, createServer } from 'node:net';
import { open, pour, residentMegabytes } from './abuse-kit.ts';
import { addRoute, type Engine, refreshRoute, startRouter } from './started-router.ts';

export interface UploadResult {
  readonly status: string;
  readonly received: number;
  readonly growthMegabytes: number;
}

/** The endpoint rests after each of these. */
const READ_BYTES = 2 ** 20;

export async function slowUpload(
  engine: Engine,
  totalBytes: number,
  restMs: number,
): Promise<UploadResult> {
  const router = await startRouter(engine, { endpoint_timeout: '900s' });
  let received = 0;
  const server = createServer((socket) => {
    let sinceRest = 0;
    let headBytes = -1;
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      // The head is in the first bytes: of a stream of x only it has an empty line.
      if (headBytes === -1) headBytes = chunk.indexOf('\r\n\r\n') + 4;
      received += chunk.length;
      sinceRest += chunk.length;
      if (received - headBytes === totalBytes) {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      } else if (sinceRest >= READ_BYTES) {
        sinceRest = 0;
        socket.pause();
        setTimeout(() => socket.resume(), restMs);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const host = await addRoute(router, port);
  const client = await open(router.port);
  const before = residentMegabytes();
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss() / 2 ** 20);
  }, 20);
  const heartbeat = setInterval(() => refreshRoute(router, host, [port]), 20_000);
  const answered = new Promise<string>((resolve) => {
    client.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1').slice(0, 12)));
    client.once('close', () => resolve('closed'));
  });
  client.write(`PUT /big HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${totalBytes}\r\n\r\n`);
  await pour(client, totalBytes);
  const status = await answered;
  clearInterval(timer);
  clearInterval(heartbeat);
  client.destroy();
  server.close();
  await router.stop();
  return { status, received, growthMegabytes: peak - before };
}
