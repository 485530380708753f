/**
 * One connection of a client: cuts its bytes into requests and answers them one after the other
 * (RFC 9112 §9.3.2). What comes behind a request waits until that one is answered.
 */
import type { Socket } from 'node:net';
import type { HeaderList } from '../../policy/header-list.ts';
import { endWith, LINGER_MS } from '../reject.ts';
import { BodyReader, type BodySink, FORBIDDEN_TRAILERS, NO_BODY } from './body-reader.ts';
import { ByteRoom } from './byte-room.ts';
import {
  type Arrival,
  arrivalOf,
  BAD_REQUEST,
  type ClientFacts,
  connectionLine,
  faultText,
} from './read-arrival.ts';
import { headEnd, isHopeless } from './read-head.ts';
import { isOldRequest, type ReadRequest, readRequestHead } from './read-request-head.ts';
import { Deadline, type TimerWheel } from './timer-wheel.ts';

export const CLIENT_LIMITS = {
  /** The reader's own bound, above that of the policy, as the original's (gorouter.md §5.8). */
  headBytes: 1024 * 1024 + 4096,
  /** Bytes of further requests that wait while one is answered. */
  pipelinedBytes: 64 * 1024,
  /** A connection that says nothing at all; the idle limit holds when it is longer (§5.4). */
  firstByteMs: 60_000,
  /** Empty lines before a request line (RFC 9112 §2.2). */
  emptyLines: 2,
} as const;

/** Who carries the request that is being answered. */
export interface RequestCarrier {
  onBodyContent(bytes: Buffer, from: number, to: number): void;
  onBodyEnd(trailers: HeaderList | undefined): void;
  /** The rest of the body cannot be read: `refuseBody` if nothing was answered yet, else `cut`. */
  onBodyBroken(): void;
  onClientGone(): void;
  /** The client reads again. */
  onClientDrain(): void;
}

export interface ConnectionOwner {
  readonly wheel: TimerWheel;
  readonly idleTimeoutMs: number;
  readonly readHeaderTimeoutMs: number;
  isDraining(): boolean;
  /** A request has come; whoever answers it takes the connection by `carry`. */
  onRequest(connection: ClientConnection, arrival: Arrival): void;
  onClosed(connection: ClientConnection): void;
}

const SERVER_OPTIONS = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n';

const CR = 13;
const LF = 10;

type Phase = 'head' | 'busy' | 'dropping' | 'ending' | 'left';

export class ClientConnection implements BodySink {
  readonly socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #deadline = new Deadline(() => this.#timedOut());
  readonly #facts: ClientFacts;
  #phase: Phase = 'head';
  /** Came, and was not read yet. */
  #pending: Buffer | undefined;
  readonly #room = new ByteRoom();
  #searched = 0;
  #emptyLines = 0;
  #carrier: RequestCarrier | undefined;
  #body = new BodyReader(NO_BODY);
  #isBodyWanted = false;
  #isPaused = false;
  #mustClose = false;
  #hasEnded = false;
  /** Guards against a request that is answered while its head is still being read. */
  #isReading = false;

  /** `certificate`: undefined on a plain connection, empty when TLS came without one. */
  constructor(socket: Socket, owner: ConnectionOwner, certificate?: string) {
    this.socket = socket;
    this.#owner = owner;
    this.#facts = {
      clientAddress: (socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
      clientPort: socket.remotePort ?? 0,
      isTls: certificate !== undefined,
      clientCertificate: certificate ?? '',
    };
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onEnd);
    socket.on('error', this.#onError);
    socket.on('close', this.#onClose);
    owner.wheel.set(this.#deadline, Math.max(owner.idleTimeoutMs, CLIENT_LIMITS.firstByteMs));
  }

  get isIdle(): boolean {
    return this.#phase === 'head' && this.#pending === undefined;
  }

  /** The request's body has been read to its end. */
  get isRequestWhole(): boolean {
    return this.#body.isDone;
  }

  /** The rest of the connection belongs to this carrier until `answered`. */
  carry(carrier: RequestCarrier): void {
    this.#carrier = carrier;
  }

  /** The body may come now. */
  startBody(): void {
    this.#isBodyWanted = true;
    this.#feedBody();
    this.#resume();
  }

  /** The taker of the body is behind. */
  pause(): void {
    this.#isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#feedBody();
    this.#resume();
  }

  /**
   * The answer is written. `maxDroppedBytes`: how much of a body that nobody wants is read over
   * to keep the connection; with `mustClose` it is not kept.
   */
  answered(mustClose: boolean, maxDroppedBytes: number): void {
    if (this.#phase !== 'busy') return;
    this.#carrier = undefined;
    // Whoever held the client back is gone.
    this.#isPaused = false;
    this.#mustClose ||= mustClose || this.#hasEnded;
    if (!this.#body.isDone && !this.#mustClose && this.canDropBody(maxDroppedBytes)) {
      this.#phase = 'dropping';
      this.#owner.wheel.set(this.#deadline, this.#owner.idleTimeoutMs);
      this.startBody();
      return;
    }
    if (this.#mustClose || !this.#body.isDone) this.#close('');
    else this.#next();
  }

  /** Ends the connection at once: what was sent is not a whole answer. */
  cut(): void {
    this.#phase = 'left';
    this.#carrier = undefined;
    this.#owner.wheel.clear(this.#deadline);
    this.socket.destroy();
  }

  /** Ends it when the last byte is written. */
  closeIdle(): void {
    if (this.isIdle) this.#close('');
  }

  /** Hands the socket over: nothing of it is read here any more. The bytes that came already. */
  leave(): Buffer {
    const { socket } = this;
    this.#phase = 'left';
    this.#carrier = undefined;
    this.#owner.wheel.clear(this.#deadline);
    socket.off('data', this.#onData);
    socket.off('drain', this.#onDrain);
    socket.off('end', this.#onEnd);
    const rest = this.#pending ?? Buffer.alloc(0);
    this.#pending = undefined;
    return rest;
  }

  onContent(bytes: Buffer, from: number, to: number): void {
    if (this.#phase === 'busy') this.#carrier?.onBodyContent(bytes, from, to);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#phase === 'ending') return;
    this.#pending = this.#room.append(this.#pending, chunk);
    if (this.#phase === 'head') this.#readHeads();
    else {
      this.#feedBody();
      this.#holdBack();
    }
  };

  readonly #onDrain = (): void => this.#carrier?.onClientDrain();

  readonly #onError = (): void => {
    this.socket.destroy();
  };

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    if (this.#phase === 'busy' || this.#phase === 'dropping') {
      // gorouter.md §5.4: a client that half-closes after its request counts as gone.
      this.socket.destroy();
    } else if (this.#phase === 'head' && this.#pending !== undefined) this.#close(BAD_REQUEST);
    else this.socket.end();
  };

  readonly #onClose = (): void => {
    this.#owner.wheel.clear(this.#deadline);
    const carrier = this.#carrier;
    this.#carrier = undefined;
    this.#phase = 'left';
    this.#owner.onClosed(this);
    carrier?.onClientGone();
  };

  #timedOut(): void {
    // Both time-outs close without a word (gorouter.md §5.4).
    this.socket.destroy();
  }

  /** So many bytes of later requests are enough. */
  #holdBack(): void {
    const isFull = (this.#pending?.length ?? 0) > CLIENT_LIMITS.pipelinedBytes;
    if (isFull && !this.socket.isPaused()) this.socket.pause();
  }

  #resume(): void {
    if (this.#isPaused || !this.socket.isPaused()) return;
    const waits = this.#body.isDone || !this.#isBodyWanted;
    if (waits && (this.#pending?.length ?? 0) > CLIENT_LIMITS.pipelinedBytes) return;
    this.socket.resume();
  }

  #feedBody(): void {
    const bytes = this.#pending;
    const body = this.#body;
    if (bytes === undefined || !this.#isBodyWanted || body.isDone || this.#isPaused) return;
    this.#pending = undefined;
    const end = body.feed(bytes, 0, this);
    if (end < bytes.length && body.fault === undefined) {
      // Bytes may have come from within: only what is behind is put back.
      this.#pending = bytes.subarray(end);
    }
    if (body.fault !== undefined || isForbiddenTrailer(body)) this.#brokenBody();
    else if (!body.isDone) return;
    else if (this.#phase === 'busy') this.#carrier?.onBodyEnd(body.trailers);
    else if (this.#phase === 'dropping') this.#next();
  }

  #brokenBody(): void {
    const carrier = this.#carrier;
    this.#carrier = undefined;
    this.#mustClose = true;
    if (this.#phase === 'dropping') this.#close('');
    else carrier?.onBodyBroken();
  }

  /** After `onBodyBroken`, when nothing of an answer was sent. */
  refuseBody(): void {
    this.#close(BAD_REQUEST);
  }

  /** So little is still to come that reading over it is cheaper than a new connection. */
  canDropBody(maxBytes: number): boolean {
    if (this.#body.isDone) return true;
    return this.#body.kind === 'length' && this.#body.rest <= maxBytes;
  }

  #next(): void {
    this.#phase = 'head';
    this.#body = DONE;
    this.#isBodyWanted = false;
    this.#emptyLines = 0;
    this.#searched = 0;
    if (this.#pending === undefined) this.#room.clear();
    this.#owner.wheel.set(this.#deadline, this.#owner.idleTimeoutMs);
    if (this.socket.isPaused()) this.socket.resume();
    // Within a read the loop below goes on by itself.
    if (this.#pending !== undefined && !this.#isReading) this.#readHeads();
  }

  /** Requests one after the other, as long as they are answered at once. */
  #readHeads(): void {
    this.#isReading = true;
    while (this.#phase === 'head' && this.#pending !== undefined && this.#readHead()) {
      // The next one.
    }
    this.#isReading = false;
  }

  /** False: more bytes are needed, or there will be no further request. */
  #readHead(): boolean {
    const bytes = this.#pending as Buffer;
    const from = this.#skipEmptyLines(bytes);
    if (from > 0) this.#searched = 0;
    const end = headEnd(bytes, from, this.#searched, CLIENT_LIMITS.headBytes);
    if (end === -1) return this.#refuse(faultText({ fault: 'too-large', version: '' }));
    if (end === 0) {
      if (isHopeless(bytes, from, this.#searched) || isOldRequest(bytes, from))
        return this.#refuse(BAD_REQUEST);
      this.#pending = from === 0 ? bytes : bytes.subarray(from);
      if (this.#searched === 0) {
        const { wheel, readHeaderTimeoutMs } = this.#owner;
        if (readHeaderTimeoutMs > 0) wheel.set(this.#deadline, readHeaderTimeoutMs);
      }
      this.#searched = this.#pending.length;
      if (this.#pending.length === 0) this.#pending = undefined;
      return false;
    }
    this.#searched = 0;
    this.#pending = end === bytes.length ? undefined : bytes.subarray(end);
    const read = readRequestHead(bytes.toString('latin1', from, end));
    if ('fault' in read) return this.#refuse(faultText(read));
    this.#arrived(read);
    return true;
  }

  #skipEmptyLines(bytes: Buffer): number {
    let from = 0;
    while (
      this.#emptyLines < CLIENT_LIMITS.emptyLines &&
      bytes[from] === CR &&
      bytes[from + 1] === LF
    ) {
      from += 2;
      this.#emptyLines += 1;
    }
    return from;
  }

  #refuse(text: string): false {
    this.#close(text);
    return false;
  }

  #arrived(request: ReadRequest): void {
    const arrival = arrivalOf(request, this.#facts);
    if (typeof arrival === 'string') {
      this.#close(arrival);
      return;
    }
    const { framing, head } = arrival;
    this.#mustClose = arrival.isLast;
    this.#phase = 'busy';
    this.#owner.wheel.clear(this.#deadline);
    this.#body = framing === NO_BODY ? DONE : new BodyReader(framing);
    if (head.target === '*') this.#answerServerOptions(head.version);
    else this.#owner.onRequest(this, arrival);
  }

  /** The answer to `OPTIONS *` comes from the server itself (RFC 9110 §9.3.7). */
  #answerServerOptions(version: string): void {
    const isKept = !this.#mustClose && !this.#owner.isDraining();
    this.socket.write(`${SERVER_OPTIONS}${connectionLine(version, isKept)}\r\n`, 'latin1');
    this.answered(!isKept, 0);
  }

  /** What the answer says of the connection (RFC 9112 §9.3, §9.6). */
  keepsAlive(mustClose: boolean): boolean {
    this.#mustClose ||= mustClose;
    return !this.#mustClose;
  }

  #close(text: string): void {
    this.#phase = 'ending';
    this.#pending = undefined;
    this.#carrier = undefined;
    const { socket } = this;
    const { wheel, idleTimeoutMs } = this.#owner;
    // A slow reader gets the rest of its answer; only then the moment to linger begins.
    const isBehind = socket.writableLength > 0;
    wheel.set(this.#deadline, isBehind ? Math.max(idleTimeoutMs, LINGER_MS) : LINGER_MS);
    if (isBehind) socket.once('finish', () => this.#linger());
    if (socket.isPaused()) socket.resume();
    if (text === '') socket.end();
    else endWith(socket, text);
  }

  #linger(): void {
    if (this.#phase === 'ending') this.#owner.wheel.set(this.#deadline, LINGER_MS);
  }
}

/** Shared by all requests without a body. */
const DONE = new BodyReader(NO_BODY);

const isForbiddenTrailer = ({ trailers }: BodyReader): boolean =>
  trailers !== undefined && FORBIDDEN_TRAILERS.some((key) => trailers.has(key));
