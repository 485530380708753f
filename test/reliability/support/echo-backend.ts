/**
 * An endpoint that answers each request with the token in its path, and misbehaves as the path
 * asks: `/<behaviour>/<token>`. A body must be the token too.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Random } from '../../../src/ports/random.ts';

/** What an endpoint may do; the second word says whether the client must get the whole answer. */
export const BEHAVIOURS = {
  plain: 'whole',
  chunked: 'whole',
  delayed: 'whole',
  interim: 'whole',
  early: 'whole',
  large: 'whole',
  closing: 'whole',
  idleclose: 'whole',
  garbage: 'whole',
  reset: 'broken',
  middle: 'broken',
} as const;
export type BehaviourName = keyof typeof BEHAVIOURS;

export const LARGE_REPEATS = 8000;
const HEAD_END = '\r\n\r\n';

interface Asked {
  readonly behaviour: string;
  readonly token: string;
}

const answerText = (token: string, body = token, extra = ''): string =>
  `HTTP/1.1 200 OK\r\nX-Token: ${token}\r\n${extra}Content-Length: ${body.length}\r\n\r\n${body}`;

const chunkText = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

export class EchoBackend {
  /** Requests whose body was not their own. */
  mixedUp = 0;
  requests = 0;
  port = 0;
  readonly #random: Random;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  async start(): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.close();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    let text = '';
    let asked: Asked | undefined;
    let bodyBytes = 0;
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      for (;;) {
        if (asked === undefined) {
          const end = text.indexOf(HEAD_END);
          if (end === -1) return;
          const head = text.slice(0, end);
          text = text.slice(end + HEAD_END.length);
          const [, behaviour = '', token = ''] = /^\w+ \/(\w+)\/(\S+) /.exec(head) ?? [];
          asked = { behaviour, token };
          bodyBytes = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
          if (behaviour === 'early') socket.write(answerText(token));
        }
        if (text.length < bodyBytes) return;
        const body = text.slice(0, bodyBytes);
        text = text.slice(bodyBytes);
        this.requests += 1;
        if (body !== '' && body !== asked.token) this.mixedUp += 1;
        const own = asked;
        asked = undefined;
        if (own.token === '') this.mixedUp += 1;
        this.#answer(socket, own);
      }
    });
  }

  #answer(socket: Socket, { behaviour, token }: Asked): void {
    const later = (run: () => void): void => {
      setTimeout(() => {
        if (!socket.destroyed) run();
      }, this.#random.below(4));
    };
    const wrong = answerText('WRONG');
    switch (behaviour as BehaviourName) {
      case 'early':
        return;
      case 'delayed':
        later(() => socket.write(answerText(token)));
        return;
      case 'chunked':
        socket.write(`HTTP/1.1 200 OK\r\nX-Token: ${token}\r\nTransfer-Encoding: chunked\r\n\r\n`);
        socket.write(chunkText(token.slice(0, 3)));
        later(() => socket.write(`${chunkText(token.slice(3))}0\r\n\r\n`));
        return;
      case 'interim':
        socket.write(`HTTP/1.1 103 Early Hints\r\nX-Token: ${token}\r\n\r\n${answerText(token)}`);
        return;
      case 'large':
        socket.write(answerText(token, token.repeat(LARGE_REPEATS)));
        return;
      case 'closing':
        socket.end(answerText(token, token, 'Connection: close\r\n'));
        return;
      case 'idleclose':
        socket.write(answerText(token));
        later(() => socket.destroy());
        return;
      case 'garbage':
        socket.write(answerText(token) + wrong);
        return;
      case 'reset':
        socket.resetAndDestroy();
        return;
      case 'middle':
        socket.write(answerText(token, token.repeat(20)).slice(0, -15));
        later(() => socket.resetAndDestroy());
        return;
      default:
        socket.write(answerText(token));
    }
  }
}
