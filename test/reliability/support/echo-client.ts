/** A client that pipelines, aborts, resets and reads slowly, and checks each answer's token. */
import { connect, type Socket } from 'node:net';
import type { Random } from '../../../src/ports/random.ts';
import { BEHAVIOURS, type BehaviourName, LARGE_REPEATS } from './echo-backend.ts';

export interface EchoFigures {
  sent: number;
  /** Answers with the right token. */
  right: number;
  /** Answers with another request's token: the fault that must not be. */
  mixedUp: number;
  /** Answers that the router made (502 and so on). */
  refused: number;
  /** Requests without a whole answer: the client or the endpoint broke off. */
  cut: number;
  aborted: number;
  /** Requests that got neither an answer nor an end. */
  hung: number;
  /** The first few faults in words. */
  readonly faults: string[];
}

export const newFigures = (): EchoFigures => ({
  sent: 0,
  right: 0,
  mixedUp: 0,
  refused: 0,
  cut: 0,
  aborted: 0,
  hung: 0,
  faults: [],
});

const HANG_MS = 10_000;
const MAX_DEPTH = 8;
/** Of 1000 batches. */
const ABORTS = 40;
const SLOW_READS = 40;

/** Seldom ones are those that cost much or end a connection. */
const WEIGHTS: readonly (readonly [BehaviourName, number])[] = [
  ['plain', 700],
  ['chunked', 60],
  ['delayed', 60],
  ['interim', 40],
  ['early', 30],
  ['idleclose', 30],
  ['closing', 30],
  ['garbage', 20],
  ['reset', 12],
  ['middle', 12],
  ['large', 6],
];

function pickBehaviour(random: Random, leftOut: readonly BehaviourName[]): BehaviourName {
  const weights = WEIGHTS.filter(([name]) => !leftOut.includes(name));
  let left = random.below(weights.reduce((sum, [, weight]) => sum + weight, 0));
  for (const [name, weight] of weights) {
    if (left < weight) return name;
    left -= weight;
  }
  return 'plain';
}

interface Expected {
  readonly behaviour: BehaviourName;
  readonly token: string;
}

interface Found {
  readonly status: number;
  readonly token: string;
  readonly body: string;
  readonly end: number;
}

/** The final answer at `from`; undefined: not whole yet. */
function readAnswer(text: string, from: number): Found | undefined {
  const headEnd = text.indexOf('\r\n\r\n', from);
  if (headEnd === -1) return undefined;
  const head = text.slice(from, headEnd);
  const status = Number(head.slice(9, 12));
  const at = headEnd + 4;
  if (status < 200) return readAnswer(text, at);
  const token = /\r\nx-token: (\S+)/i.exec(head)?.[1] ?? '';
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    const end = at + Number(length);
    return text.length < end ? undefined : { status, token, body: text.slice(at, end), end };
  }
  let body = '';
  let next = at;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', next);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(text.slice(next, lineEnd), 16);
    const end = lineEnd + 2 + size + 2;
    if (Number.isNaN(size) || text.length < end) return undefined;
    if (size === 0) return { status, token, body, end };
    body += text.slice(lineEnd + 2, end - 2);
    next = end;
  }
}

export interface EchoSettings {
  readonly port: number;
  readonly host: string;
  /** What endpoints are not asked for. */
  readonly leftOut: readonly BehaviourName[];
}

export class EchoClient {
  readonly #settings: EchoSettings;
  readonly #random: Random;
  readonly #figures: EchoFigures;
  readonly #name: number;
  #sequence = 0;
  #socket: Socket | undefined;

  constructor(settings: EchoSettings, name: number, random: Random, figures: EchoFigures) {
    this.#settings = settings;
    this.#name = name;
    this.#random = random;
    this.#figures = figures;
  }

  /** Batches until so many requests were sent by all clients together. */
  async run(total: number): Promise<void> {
    while (this.#figures.sent < total) await this.#batch();
    this.#socket?.destroy();
  }

  #request(): Expected & { readonly text: string } {
    this.#sequence += 1;
    const token = `${this.#name}-${this.#sequence}-${this.#random.below(1_000_000)}`;
    const behaviour = pickBehaviour(this.#random, this.#settings.leftOut);
    const hasBody = behaviour === 'early' || this.#random.below(4) === 0;
    const start = `${hasBody ? 'POST' : 'GET'} /${behaviour}/${token} HTTP/1.1`;
    const length = hasBody ? `Content-Length: ${token.length}\r\n` : '';
    const text = `${start}\r\nHost: ${this.#settings.host}\r\n${length}\r\n${hasBody ? token : ''}`;
    return { behaviour, token, text };
  }

  async #batch(): Promise<void> {
    const random = this.#random;
    const count = random.below(3) === 0 ? 1 + random.below(MAX_DEPTH) : 1;
    const batch = Array.from({ length: count }, () => this.#request());
    this.#figures.sent += count;
    const socket = await this.#connected();
    const text = batch.map((request) => request.text).join('');
    const chance = random.below(1000);
    const cutAt = random.below(5) === 0 ? random.below(text.length) : text.length;
    socket.write(text.slice(0, cutAt), 'latin1');
    if (cutAt < text.length) {
      await new Promise((resolve) => setImmediate(resolve));
      if (socket.writable) socket.write(text.slice(cutAt), 'latin1');
    }
    await this.#answers(socket, batch, chance);
  }

  #answers(socket: Socket, batch: readonly Expected[], chance: number): Promise<void> {
    const figures = this.#figures;
    return new Promise((resolve) => {
      let text = '';
      let answered = 0;
      const finish = (isHung: boolean): void => {
        clearTimeout(watchdog);
        socket.off('data', onData);
        socket.off('close', onClose);
        if (isHung) {
          figures.hung += batch.length - answered;
          this.#fault(
            `hung: ${batch[answered]?.behaviour} after ${JSON.stringify(text.slice(0, 200))}`,
          );
          socket.destroy();
        } else figures.cut += batch.length - answered;
        resolve();
      };
      const watchdog = setTimeout(() => finish(true), HANG_MS);
      const onClose = (): void => finish(false);
      const onData = (chunk: Buffer): void => {
        text += chunk.toString('latin1');
        let at = 0;
        while (answered < batch.length) {
          const found = readAnswer(text, at);
          if (found === undefined) break;
          this.#judge(batch[answered] as Expected, found);
          answered += 1;
          at = found.end;
        }
        text = text.slice(at);
        if (answered < batch.length) return;
        if (text !== '') {
          figures.mixedUp += 1;
          this.#fault(`behind the last answer: ${JSON.stringify(text.slice(0, 200))}`);
        }
        finish(false);
      };
      socket.on('data', onData);
      socket.on('close', onClose);
      if (socket.destroyed) onClose();
      else if (chance < ABORTS) this.#abort(socket, chance);
      else if (chance < ABORTS + SLOW_READS) this.#readSlowly(socket);
    });
  }

  #abort(socket: Socket, chance: number): void {
    this.#figures.aborted += 1;
    setTimeout(() => {
      if (chance % 2 === 0) socket.resetAndDestroy();
      else socket.destroy();
    }, this.#random.below(4));
  }

  #readSlowly(socket: Socket): void {
    socket.pause();
    setTimeout(() => socket.resume(), 1 + this.#random.below(15));
  }

  #judge(expected: Expected, found: Found): void {
    const figures = this.#figures;
    if (found.status !== 200) {
      figures.refused += 1;
      if (found.token !== '') this.#mixUp(expected, found);
      return;
    }
    const { token } = expected;
    const body = expected.behaviour === 'large' ? token.repeat(LARGE_REPEATS) : token;
    const isRight = found.token === token && found.body === body;
    if (!isRight || BEHAVIOURS[expected.behaviour] === 'broken') this.#mixUp(expected, found);
    else figures.right += 1;
  }

  #mixUp(expected: Expected, found: Found): void {
    this.#figures.mixedUp += 1;
    const { status, token, body } = found;
    const got = `${status} ${token} ${body.slice(0, 60)}`;
    this.#fault(`${expected.behaviour} ${expected.token} got ${got}`);
  }

  #fault(text: string): void {
    if (this.#figures.faults.length < 10) this.#figures.faults.push(text);
  }

  async #connected(): Promise<Socket> {
    const old = this.#socket;
    // Now and then a new one, as clients come and go.
    if (old !== undefined && !old.destroyed && old.writable && this.#random.below(50) !== 0) {
      return old;
    }
    old?.destroy();
    const socket = connect({ port: this.#settings.port, host: '127.0.0.1', noDelay: true });
    socket.on('error', () => {});
    this.#socket = socket;
    await new Promise<void>((resolve) => {
      socket.once('connect', () => resolve());
      socket.once('close', () => resolve());
    });
    return socket;
  }
}
