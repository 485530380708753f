/**
 * What the buffers of the system take differs, so it is measured, and each test tries sizes
 * around it: in some of them the last bytes are in the router when the sender is done.
 */
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { eventuallyTrue, open, pause, pour, systemCapacity } from '../support/abuse-kit.ts';
import { RawClient } from '../support/raw-client.ts';
import { okText, RecordingBackend } from '../support/recording-backend.ts';
import { addRoute, ENGINES, faultsOf, startRouter } from '../support/started-router.ts';

const KIBIBYTE = 1024;
const STOPPED_MS = 1000;
const CHUNK_BYTES = 4096;

/** `count` sizes from a little below `bytes` on. */
const sizesAround = (bytes: number, count: number, stepKibibytes: number): number[] =>
  Array.from({ length: count }, (_, at) => bytes + (at - 4) * stepKibibytes * KIBIBYTE);

/** Reads nothing for a while, then everything; counts what came and keeps the end of it. */
class LateReader {
  readonly socket: Socket;
  bytes = 0;
  tail = '';
  isEnded = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.pause();
    socket.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length;
      this.tail = (this.tail + chunk.toString('latin1', Math.max(0, chunk.length - 400))).slice(
        -400,
      );
    });
    socket.on('close', () => {
      this.isEnded = true;
    });
  }
}

const CAPACITY = await systemCapacity();
const ANSWER_SIZES = sizesAround(CAPACITY, 24, 16);
const REQUEST_SIZES = sizesAround(CAPACITY, 16, 64);

/** Many chunks come with one read: the last of them may find the client behind. */
function chunkedText(size: number): string {
  const chunk = `${CHUNK_BYTES.toString(16)}\r\n${'y'.repeat(CHUNK_BYTES)}\r\n`;
  const chunks = chunk.repeat(Math.ceil(size / CHUNK_BYTES));
  return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`;
}

describe.each(ENGINES)('back-pressure of the engine %s', (engine) => {
  test.each(['close', 'keep-alive'])(
    'a late reader gets all of its answer (%s)',
    async (option) => {
      const router = await startRouter(engine, { frontend_idle_timeout: '20s' });
      const backend = await RecordingBackend.start({
        onRequest({ target }, { socket }) {
          const size = Number(target.slice(1));
          // Later, so that the connections of all readers are in use at the same time.
          if (size === 0) setTimeout(() => socket.write(okText('ok')), 150);
          else if (option === 'close') socket.write(okText('y'.repeat(size)));
          else socket.write(chunkedText(size));
        },
      });
      const host = await addRoute(router, backend.port);
      const ask = (reader: LateReader, size: number): void => {
        const lines = `Host: ${host}\r\nConnection: ${option}\r\n`;
        reader.socket.write(`GET /${size} HTTP/1.1\r\n${lines}\r\n`);
      };
      const readers: LateReader[] = [];
      for (const size of ANSWER_SIZES) {
        const reader = new LateReader(await open(router.port));
        readers.push(reader);
        ask(reader, size);
      }
      await pause(STOPPED_MS);
      for (const { socket } of readers) socket.resume();
      const isWhole = ({ bytes }: LateReader, at: number): boolean =>
        bytes > (ANSWER_SIZES[at] ?? 0);
      await eventuallyTrue(() => readers.every(isWhole), 4000);
      expect(
        readers.filter((reader, at) => !isWhole(reader, at)).map(({ bytes }) => bytes),
      ).toEqual([]);
      if (option === 'keep-alive') {
        // All at once, so that each connection to the endpoint is taken again.
        for (const reader of readers) ask(reader, 0);
        const isOk = ({ tail }: LateReader): boolean => tail.endsWith('\r\n\r\nok');
        await eventuallyTrue(() => readers.every(isOk), 3000);
        expect(readers.filter((reader) => !isOk(reader)).length).toBe(0);
      }
      expect(faultsOf(router)).toEqual([]);
      for (const { socket } of readers) socket.destroy();
      await backend.stop();
      await router.stop();
    },
  );

  test('a client held back by an endpoint that dies is answered and served again', async () => {
    const router = await startRouter(engine);
    const backend = await RecordingBackend.start({
      onHead({ target }, { socket }) {
        if (target !== '/stuck') return false;
        socket.pause();
        setTimeout(() => socket.resetAndDestroy(), STOPPED_MS / 3);
        return true;
      },
    });
    const host = await addRoute(router, backend.port);
    const play = async (bytes: number): Promise<string> => {
      const client = new RawClient(router.port);
      const lines = `Host: ${host}\r\nContent-Length: ${bytes}\r\n`;
      await client.send(`POST /stuck HTTP/1.1\r\n${lines}\r\n`, 1e9);
      await pour(client.socket, bytes);
      await client.until(() => client.finals().length > 0 || client.isEnded, 4000);
      const first = client.finals()[0]?.status ?? (client.isEnded ? 'ended' : 'none');
      await client.until(() => client.isEnded, 20);
      if (client.isEnded) return `${first}`;
      await client.send(`GET /next HTTP/1.1\r\nHost: ${host}\r\n\r\n`, 1e9);
      await client.until(() => client.finals().length > 1 || client.isEnded, 3000);
      const second = client.finals()[1]?.status ?? (client.isEnded ? 'ended' : 'none');
      client.close();
      return `${first} ${second}`;
    };
    const ends = await Promise.all(REQUEST_SIZES.map(play));
    // A connection with too much left to read over is ended behind the 502, or with it.
    expect(ends.filter((end) => !['502', 'ended', '502 200', '502 ended'].includes(end))).toEqual(
      [],
    );
    // Void when in no size the rest was small enough to go on.
    if (engine === 'wire') expect(ends).toContain('502 200');
    await backend.stop();
    await router.stop();
  });
});
