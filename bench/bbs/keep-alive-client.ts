/**
 * A client that costs little: requests are bytes that were made beforehand, answers are only
 * measured. One request at a time on each connection, all connections kept alive.
 */
import { connect, type Socket } from 'node:net';
import type { Request } from './operations.ts';

const HEAD_END = Buffer.from('\r\n\r\n');
/** The first byte of an answer that says what went wrong: field 1, a message. */
const ERROR_TAG = 0x0a;
const KEPT_FAULTS = 3;

export interface PumpOptions {
  readonly url: URL;
  readonly clients: number;
  /** Sent in order, each once; from the beginning again when `isCyclic`. */
  readonly requests: readonly Buffer[];
  readonly isCyclic: boolean;
  readonly maxMs: number;
}

export interface Pumped {
  readonly requests: number;
  readonly tookMs: number;
  /** Sorted. */
  readonly latenciesMs: Float64Array;
  /** Answers with another status than 200, or with an error in them. */
  readonly failures: number;
  readonly faults: readonly string[];
  readonly bytes: number;
}

export const encodeRequest = ({ host }: URL, { path, body }: Request): Buffer =>
  Buffer.concat([
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/x-protobuf\r\n` +
        `Content-Length: ${body.length}\r\n\r\n`,
    ),
    body,
  ]);

/** Reads one answer after the other; keeps nothing but what an error says. */
class AnswerReader {
  readonly #onAnswer: (fault: string | undefined) => void;
  #head: Buffer | undefined;
  #restBytes = 0;
  #isFirst = false;
  #fault: string | undefined;

  constructor(onAnswer: (fault: string | undefined) => void) {
    this.#onAnswer = onAnswer;
  }

  take(chunk: Buffer): void {
    let rest = chunk;
    if (this.#restBytes === 0) {
      const start = this.#head === undefined ? chunk : Buffer.concat([this.#head, chunk]);
      const end = start.indexOf(HEAD_END);
      this.#head = end < 0 ? start : undefined;
      if (end < 0) return;
      this.#begin(start.toString('latin1', 0, end));
      rest = start.subarray(end + HEAD_END.length);
    }
    this.#body(rest);
  }

  #begin(head: string): void {
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) throw new Error(`an answer without Content-Length:\n${head}`);
    this.#restBytes = Number(length);
    this.#isFirst = true;
    this.#fault = head.startsWith('HTTP/1.1 200') ? undefined : head.slice(0, head.indexOf('\r'));
  }

  #body(bytes: Buffer): void {
    if (this.#isFirst && bytes[0] === ERROR_TAG) this.#fault ??= bytes.toString('latin1');
    if (bytes.length > 0) this.#isFirst = false;
    this.#restBytes -= bytes.length;
    if (this.#restBytes < 0) throw new Error('more was answered than asked for');
    if (this.#restBytes === 0) this.#onAnswer(this.#fault);
  }
}

function openSocket(url: URL): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname, () => resolve(socket));
    socket.setNoDelay(true);
    socket.once('error', reject);
  });
}

/** One connection after the other sends what is next, until nothing is left or time is over. */
export async function pump(options: PumpOptions): Promise<Pumped> {
  const { url, clients, requests, isCyclic, maxMs } = options;
  const sockets = await Promise.all(Array.from({ length: clients }, () => openSocket(url)));
  const latencies: number[] = [];
  const faults: string[] = [];
  let failures = 0;
  let next = 0;
  let bytes = 0;
  const startMs = performance.now();

  const nextRequest = (): Buffer | undefined => {
    if (performance.now() - startMs >= maxMs) return undefined;
    return requests[isCyclic ? next++ % requests.length : next++];
  };
  const runOn = (socket: Socket): Promise<void> =>
    new Promise((resolve, reject) => {
      let sentMs = 0;
      const send = (): void => {
        const request = nextRequest();
        if (request === undefined) {
          resolve();
          return;
        }
        sentMs = performance.now();
        socket.write(request);
      };
      const reader = new AnswerReader((fault) => {
        latencies.push(performance.now() - sentMs);
        if (fault !== undefined) {
          failures += 1;
          if (faults.length < KEPT_FAULTS) faults.push(fault);
        }
        send();
      });
      socket.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        try {
          reader.take(chunk);
        } catch (error) {
          reject(error);
        }
      });
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the server closed a connection')));
      send();
    });

  await Promise.all(sockets.map(runOn));
  const tookMs = performance.now() - startMs;
  for (const socket of sockets) {
    socket.removeAllListeners('close');
    socket.destroy();
  }
  const latenciesMs = Float64Array.from(latencies).sort();
  return { requests: latencies.length, tookMs, latenciesMs, failures, faults, bytes };
}
