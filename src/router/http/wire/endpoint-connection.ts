/** One connection to an endpoint: it carries one exchange at a time (RFC 9112 §9.3). */
import { connect, type Socket } from 'node:net';
import type { Failure } from '../../policy/classify-failure.ts';
import type { HeaderList } from '../../policy/header-list.ts';
import type { Endpoint } from '../../table/endpoint.ts';
import { describeFailure, localAddressOf, type NodeError } from '../describe-failure.ts';
import {
  BodyReader,
  type BodySink,
  CHUNKED,
  FORBIDDEN_TRAILERS,
  type Framing,
  NO_BODY,
  UNTIL_CLOSE,
} from './body-reader.ts';
import { ByteRoom } from './byte-room.ts';
import { ReadBuffer } from './read-buffer.ts';
import { type HeadFault, headEnd, isHopeless } from './read-head.ts';
import { type ReadResponse, readResponseHead } from './read-response-head.ts';
import type { Deadline } from './timer-wheel.ts';

const BROKEN = 'net/http: HTTP/1.x transport connection broken: ';

/** Who waits for the answer. */
export interface AnswerReader {
  readonly method: string;
  onConnected(): void;
  /** An interim answer, other than 101. */
  onInformation(response: ReadResponse): void;
  /** False: it is no good; the connection is destroyed. */
  onHead(response: ReadResponse): boolean;
  /** A 101: the connection is a plain one from here on; `rest` came behind the head. */
  onUpgrade(response: ReadResponse, socket: Socket, rest: Buffer): void;
  onAnswerContent(bytes: Buffer, from: number, to: number): void;
  /** The bytes that came at once have all been told. */
  onAnswerPause(): void;
  onAnswerEnd(trailers: HeaderList | undefined): void;
  /** Before the head of the answer. `isStale`: nothing came on a connection that was idle. */
  onFailure(failure: Failure, isStale: boolean): void;
  /** In the middle of the content. */
  onAnswerBroken(): void;
  /** The endpoint takes bytes again. */
  onEndpointDrain(): void;
}

/** The length of what follows a head; `fault`: two readers could see two lengths. */
function framingOf(
  method: string,
  { status, version, headers }: ReadResponse,
): Framing | HeadFault {
  // RFC 9112 §6.3 rules 1 to 3.
  const lengths = headers.all('content-length');
  const isChunked = headers.has('transfer-encoding');
  if (isChunked && (lengths.length > 0 || version === '1.0')) return 'value';
  if (lengths.length > 1 || !/^([0-9]{1,15})?$/.test(lengths[0] ?? '')) return 'value';
  if (lengths[0] === '') return 'value';
  if (method === 'HEAD' || status === 204 || status === 304 || status < 200) return NO_BODY;
  if (isChunked) return CHUNKED;
  if (lengths.length === 1) return { kind: 'length', length: Number(lengths[0]) };
  return UNTIL_CLOSE;
}

function keepsAlive({ version, headers }: ReadResponse): boolean {
  const options = (headers.get('connection') ?? '').toLowerCase();
  if (options === '') return version === '1.1';
  const tokens = headers
    .all('connection')
    .join(',')
    .toLowerCase()
    .split(/[\s,]+/);
  if (tokens.includes('close')) return false;
  return version === '1.1' || tokens.includes('keep-alive');
}

/** RFC 9110 §6.5.1: what decides framing or routing is not passed on from a trailer. */
function allowedTrailers({ trailers }: BodyReader): HeaderList | undefined {
  for (const key of FORBIDDEN_TRAILERS) trailers?.remove(key);
  return trailers;
}

const faultText = (fault: HeadFault, text: string): string => {
  const line = text.slice(0, 200).split('\r\n')[0] ?? '';
  if (fault === 'too-large') return `${BROKEN}server response headers exceeded`;
  if (!line.startsWith('HTTP/')) return `${BROKEN}malformed HTTP response ${JSON.stringify(line)}`;
  return `${BROKEN}malformed MIME header`;
};

export class EndpointConnection implements BodySink {
  readonly endpoint: Endpoint;
  readonly socket: Socket;
  readonly #maxHeadBytes: number;
  readonly #onEnded: (connection: EndpointConnection) => void;
  #reader: AnswerReader | undefined;
  #pending: Buffer | undefined;
  readonly #room = new ByteRoom();
  #searched = 0;
  #body: BodyReader | undefined;
  #mayKeepAlive = false;
  #bytesReceived = 0;
  #error: NodeError | undefined;
  isConnected = false;
  /** Of the pool, while nobody uses it. */
  idleDeadline: Deadline | undefined;
  localAddress = '';
  /** It has carried an exchange before. */
  isReused = false;
  isEnded = false;

  constructor(
    endpoint: Endpoint,
    maxHeadBytes: number,
    keepAliveProbeMs: number,
    /** It becomes a plain connection after a 101, which is read as any other. */
    isForUpgrade: boolean,
    onEnded: (connection: EndpointConnection) => void,
  ) {
    this.endpoint = endpoint;
    this.#maxHeadBytes = maxHeadBytes;
    this.#onEnded = onEnded;
    const host = endpoint.host === '' ? 'localhost' : endpoint.host;
    const socket = connect({
      host,
      port: endpoint.port,
      noDelay: true,
      keepAlive: keepAliveProbeMs > 0,
      keepAliveInitialDelay: keepAliveProbeMs,
      ...(isForUpgrade ? {} : { onread: this.#readInto(new ReadBuffer()) }),
    });
    this.socket = socket;
    socket.on('connect', () => {
      this.isConnected = true;
      this.localAddress = localAddressOf(socket);
      this.#reader?.onConnected();
    });
    if (isForUpgrade) socket.on('data', (chunk: Buffer) => this.#take(chunk, false));
    socket.on('drain', () => this.#reader?.onEndpointDrain());
    socket.on('end', () => this.#ended());
    socket.on('error', (error: NodeError) => {
      this.#error ??= error;
    });
    socket.on('close', () => this.#ended());
  }

  #readInto(buffer: ReadBuffer) {
    return {
      // Undefined means the same buffer again; the types do not know it.
      buffer: buffer.next as () => Buffer,
      callback: (bytes: number): boolean => {
        this.#take(buffer.taken(bytes), buffer.isShared);
        return true;
      },
    };
  }

  /** From now on the answer belongs to this reader. */
  serve(reader: AnswerReader): void {
    this.#reader = reader;
    this.#body = undefined;
    this.#bytesReceived = 0;
    this.#searched = 0;
  }

  /** The answer is whole, the endpoint keeps the connection, and nothing came behind it. */
  get isReusable(): boolean {
    return (
      this.#mayKeepAlive &&
      !this.isEnded &&
      this.#body?.isDone === true &&
      this.#pending === undefined &&
      !this.socket.destroyed
    );
  }

  /** Nobody reads any more. */
  release(): void {
    this.#reader = undefined;
    this.isReused = true;
    this.#room.clear();
    // A slow client may have stopped it: idle, it must hear what the endpoint does.
    if (this.socket.isPaused()) this.socket.resume();
  }

  /** Ends it without a word to the reader. */
  destroy(): void {
    this.#reader = undefined;
    this.isEnded = true;
    this.socket.destroy();
  }

  onContent(bytes: Buffer, from: number, to: number): void {
    this.#reader?.onAnswerContent(bytes, from, to);
  }

  /** `isShared`: the next read overwrites these bytes. */
  #take(chunk: Buffer, isShared: boolean): void {
    if (this.#reader === undefined) {
      // RFC 9112 §9.2: an answer that nobody asked for must not meet the next request.
      this.destroy();
      this.#onEnded(this);
      return;
    }
    this.#bytesReceived += chunk.length;
    const bytes = this.#room.append(this.#pending, chunk);
    this.#pending = undefined;
    let at = 0;
    while (this.#body === undefined) {
      const end = this.#takeHead(bytes, at);
      if (end === 0) {
        if (isShared && bytes === chunk) this.#keepPending();
        return;
      }
      at = end;
    }
    this.#takeBody(bytes, at);
  }

  /** What waits for more bytes gets memory of its own. */
  #keepPending(): void {
    if (this.#pending !== undefined) this.#pending = Buffer.from(this.#pending);
  }

  /** Where the head that begins at `at` ends; 0: there is no more to do. */
  #takeHead(bytes: Buffer, at: number): number {
    const end = headEnd(bytes, at, this.#searched, this.#maxHeadBytes);
    if (end === 0) {
      const searched = this.#searched;
      this.#pending = at === 0 ? bytes : bytes.subarray(at);
      this.#searched = this.#pending.length;
      // An endpoint that speaks another protocol would never send an empty line.
      const start = this.#pending.toString('latin1', 0, 5);
      if (!'HTTP/'.startsWith(start)) return this.#broken('start-line', start);
      if (isHopeless(bytes, at, searched)) return this.#broken('line', start);
      return 0;
    }
    this.#searched = 0;
    if (end === -1) return this.#broken('too-large', '');
    const text = bytes.toString('latin1', at, end);
    const response = readResponseHead(text);
    if (typeof response === 'string') return this.#broken(response, text);
    const reader = this.#reader as AnswerReader;
    // RFC 9112 §2.3; of final answers the policy says so.
    const isKnown = response.version === '1.1' || response.version === '1.0';
    if (response.status < 200 && !isKnown) return this.#broken('version', text);
    if (response.status === 101) {
      this.#upgrade(reader, response, bytes.subarray(end));
      return 0;
    }
    if (response.status < 200) {
      reader.onInformation(response);
      if (this.#reader !== reader) return 0;
      if (end < bytes.length) return end;
      return 0;
    }
    const framing = framingOf(reader.method, response);
    if (typeof framing === 'string') return this.#broken(framing, text);
    this.#body = new BodyReader(framing);
    this.#mayKeepAlive = framing.kind !== 'until-close' && keepsAlive(response);
    if (!reader.onHead(response) || this.#reader !== reader) return 0;
    return end;
  }

  #takeBody(bytes: Buffer, at: number): void {
    const body = this.#body as BodyReader;
    const reader = this.#reader;
    const end = body.feed(bytes, at, this);
    if (this.#reader !== reader || reader === undefined) return;
    if (body.fault !== undefined) {
      this.destroy();
      reader.onAnswerBroken();
      return;
    }
    // RFC 9112 §9.2: what comes behind the answer is not part of any.
    if (end < bytes.length) this.#mayKeepAlive = false;
    if (body.isDone) reader.onAnswerEnd(allowedTrailers(body));
    else reader.onAnswerPause();
  }

  #upgrade(reader: AnswerReader, response: ReadResponse, rest: Buffer): void {
    const { socket } = this;
    this.#reader = undefined;
    this.isEnded = true;
    for (const event of ['data', 'drain', 'end', 'error', 'close', 'connect']) {
      socket.removeAllListeners(event);
    }
    socket.on('error', () => socket.destroy());
    reader.onUpgrade(response, socket, rest);
  }

  #broken(fault: HeadFault, text: string): 0 {
    this.#fail({ kind: 'bad-response', text: faultText(fault, text), wasSent: true }, false);
    return 0;
  }

  #fail(failure: Failure, isStale: boolean): void {
    const reader = this.#reader;
    this.destroy();
    reader?.onFailure(failure, isStale);
  }

  #ended(): void {
    if (this.isEnded) return;
    const reader = this.#reader;
    this.isEnded = true;
    if (reader === undefined) {
      this.socket.destroy();
      this.#onEnded(this);
      return;
    }
    if (this.#body !== undefined) {
      const isWhole = this.#error === undefined && this.#body.end();
      this.destroy();
      if (isWhole) reader.onAnswerEnd(undefined);
      else reader.onAnswerBroken();
      return;
    }
    const failure = describeFailure(this.#error ?? endOfFile(), {
      address: this.endpoint.address,
      isConnected: this.isConnected,
      bytesReceived: this.#bytesReceived,
      localAddress: this.localAddress,
    });
    const isReset = failure.kind === 'eof' || failure.kind === 'reset';
    this.#fail(failure, this.isReused && isReset && this.#bytesReceived === 0);
  }
}

/** The endpoint closed without an answer. */
const endOfFile = (): NodeError => Object.assign(new Error('EOF'), { code: 'ECONNRESET' });
