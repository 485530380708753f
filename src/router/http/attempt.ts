import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type HttpProxy from 'http-proxy';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { Failure } from '../policy/classify-failure.ts';
import type { HeaderList } from '../policy/header-list.ts';
import { describeFailure, localAddressOf, type NodeError } from './describe-failure.ts';

/** More interim answers than this are an attack (as the original's HTTP library counts). */
export const MAX_INTERIM_RESPONSES = 5;
/** How long the body waits for `100 Continue` of the endpoint (gorouter.md §5.3). */
export const CONTINUE_WAIT_MS = 1000;

/** Methods that say `Content-Length: 0` when they have no body (gorouter.md §5.2, as recorded). */
export const EMPTY_BODY_METHODS = new Set(['POST', 'PUT', 'PATCH']);

/** How the client's body is framed; it is sent on in the same way. */
export type BodyFraming = 'none' | 'length' | 'chunked';

export interface AttemptRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: HeaderList;
  readonly host: string;
  readonly port: number;
  readonly address: string;
  readonly agent: Agent;
  readonly framing: BodyFraming;
  readonly expectsContinue: boolean;
  readonly dialTimeoutMs: number;
  /** For the whole exchange, or only for the head of the answer to an upgrade. 0: no limit. */
  readonly timeoutMs: number;
  readonly isUpgrade: boolean;
  readonly maxResponseHeaderBytes: number;
}

export interface AttemptListener {
  onResponse(response: IncomingMessage): void;
  /** The endpoint answered 101 and the connection belongs to us. */
  onUpgrade(response: IncomingMessage, socket: Socket, head: Buffer): void;
  onInformation(status: number, rawHeaders: readonly string[]): void;
  /** The body may flow now; called at most once, and only when there is one. */
  onBodyWanted(upstream: ClientRequest): void;
  /** Before any answer. `isStale`: an idle connection that the endpoint had closed already. */
  onFailure(failure: Failure, isStale: boolean): void;
  /** The time for the whole exchange is over after the answer had begun. */
  onTimeout(): void;
}

/** What http-proxy needs to know of a client request; everything else is set by hand below. */
const facade = (method: string) => ({
  method,
  url: '/',
  headers: {},
  httpVersion: '1.1',
  socket: { destroyed: false },
  on: () => {},
});

/**
 * Sends the lines as they are. Set one by one, repeated Cookie lines would be joined, and each
 * name would be looked up again; `test/router/http/no-second-request.test.ts` and the golden
 * replay hold this use of an inner method of node:http to what it has to do.
 */
function useRawHead(upstream: ClientRequest, line: string, raw: readonly string[]): void {
  const inner = upstream as unknown as {
    _implicitHeader(): void;
    _storeHeader(line: string, headers: readonly string[]): void;
  };
  inner._implicitHeader = () => inner._storeHeader(line, raw);
}

/**
 * One try to get an answer from one endpoint, carried out by http-proxy. The package joins
 * repeated headers, normalises the path and drops Transfer-Encoding of DELETE and OPTIONS, so its
 * passes for that are removed and request line, headers and body are set here
 * (docs/decisions/0006).
 */
export class Attempt {
  readonly #request: AttemptRequest;
  readonly #clock: Clock;
  readonly #listener: AttemptListener;
  #upstream: ClientRequest | undefined;
  #isConnected = false;
  #isSettled = false;
  #hasAnswer = false;
  #hasBodyStarted = false;
  #interims = 0;
  #bytesBefore = 0;
  #localAddress = '';
  #startedAtMs = 0;
  #dialMs = -1;
  #dialTimer: Timer | undefined;
  #timer: Timer | undefined;
  #continueTimer: Timer | undefined;

  constructor(request: AttemptRequest, clock: Clock, listener: AttemptListener) {
    this.#request = request;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** How the connection came about; of use once there is an answer. */
  get connection(): { readonly dialMs: number; readonly localAddress: string } {
    return { dialMs: this.#dialMs, localAddress: this.#localAddress };
  }

  start(proxy: HttpProxy, response: ServerResponse): void {
    this.#startedAtMs = this.#clock.nowMs();
    const { host, port, agent, method, timeoutMs } = this.#request;
    if (timeoutMs > 0) this.#timer = this.#clock.setTimeout(() => this.#timeOut(), timeoutMs);
    proxy.web(
      facade(method) as unknown as IncomingMessage,
      response,
      {
        target: { protocol: 'http:', host, port } as never,
        agent,
        toProxy: true,
        ignorePath: true,
        selfHandleResponse: true,
        buffer: { pipe: (upstream: ClientRequest) => this.#prepare(upstream) } as never,
      },
      (error) => this.#fail(error),
    );
  }

  /** Ends the attempt without another word to the listener. */
  cancel(): void {
    this.#settle();
    this.#upstream?.destroy();
  }

  /** The answer has been read to its end. */
  complete(): void {
    this.#settle();
  }

  #settle(): void {
    this.#isSettled = true;
    this.#clock.clearTimeout(this.#dialTimer);
    this.#clock.clearTimeout(this.#timer);
    this.#clock.clearTimeout(this.#continueTimer);
  }

  #prepare(upstream: ClientRequest): void {
    this.#upstream = upstream;
    const { headers, target, framing, expectsContinue, maxResponseHeaderBytes } = this.#request;
    // Read when the connection is assigned; 0 lets the byte limit alone decide on counts.
    Object.assign(upstream, { maxHeaderSize: maxResponseHeaderBytes, maxHeadersCount: 0 });
    const raw = headers.toRaw();
    if (framing === 'chunked') raw.push('Transfer-Encoding', 'chunked');
    useRawHead(upstream, `${this.#request.method} ${target} HTTP/1.1\r\n`, raw);
    // HTTP/1.1 keeps a connection without saying so (RFC 9112 §9.3), as the original does.
    if (upstream.shouldKeepAlive && !headers.has('connection')) upstream.removeHeader('Connection');
    upstream.on('socket', (socket) => this.#watchSocket(socket));
    upstream.on('response', (answer) => this.#answer(answer));
    upstream.on('upgrade', (answer, socket, head) => this.#upgrade(answer, socket, head));
    upstream.on('information', ({ statusCode, rawHeaders }) => {
      this.#inform(statusCode, rawHeaders);
    });
    if (framing === 'none') {
      // Node would announce an empty body for every method that it does not know.
      if (!EMPTY_BODY_METHODS.has(this.#request.method))
        upstream.useChunkedEncodingByDefault = false;
      upstream.end();
    } else if (expectsContinue) {
      upstream.on('continue', () => this.#startBody());
      upstream.flushHeaders();
    }
  }

  #watchSocket(socket: Socket): void {
    if (this.#isSettled) return;
    if (!socket.connecting) {
      this.#localAddress = localAddressOf(socket);
      this.#bytesBefore = socket.bytesRead;
      this.#connected();
      return;
    }
    const { dialTimeoutMs, address } = this.#request;
    socket.once('connect', () => {
      this.#localAddress = localAddressOf(socket);
      this.#dialMs = this.#clock.nowMs() - this.#startedAtMs;
      this.#connected();
    });
    if (dialTimeoutMs === 0) return;
    this.#dialTimer = this.#clock.setTimeout(() => {
      const text = `dial tcp ${address}: i/o timeout`;
      this.#giveUp({ kind: 'dial', text, wasSent: false });
    }, dialTimeoutMs);
  }

  #connected(): void {
    if (this.#isSettled) return;
    this.#isConnected = true;
    this.#clock.clearTimeout(this.#dialTimer);
    if (this.#request.framing === 'none') return;
    if (!this.#request.expectsContinue) this.#startBody();
    else {
      this.#continueTimer = this.#clock.setTimeout(() => this.#startBody(), CONTINUE_WAIT_MS);
    }
  }

  /** Held back until there is a connection, so that a failed dial leaves the body unread. */
  #startBody(): void {
    if (this.#isSettled || this.#hasAnswer || this.#hasBodyStarted) return;
    if (this.#upstream === undefined) return;
    this.#hasBodyStarted = true;
    this.#clock.clearTimeout(this.#continueTimer);
    this.#listener.onBodyWanted(this.#upstream);
  }

  #answer(answer: IncomingMessage): void {
    if (this.#isSettled) {
      answer.destroy();
      return;
    }
    this.#hasAnswer = true;
    this.#clock.clearTimeout(this.#continueTimer);
    if (this.#request.isUpgrade) this.#clock.clearTimeout(this.#timer);
    this.#listener.onResponse(answer);
  }

  #upgrade(answer: IncomingMessage, socket: Socket, head: Buffer): void {
    if (this.#isSettled) {
      socket.destroy();
      return;
    }
    this.#hasAnswer = true;
    this.#settle();
    this.#listener.onUpgrade(answer, socket, head);
  }

  #inform(status: number, rawHeaders: readonly string[]): void {
    if (this.#isSettled) return;
    this.#interims += 1;
    if (this.#interims > MAX_INTERIM_RESPONSES) {
      const text =
        'net/http: HTTP/1.x transport connection broken: ' +
        'net/http: too many 1xx informational responses';
      this.#giveUp({ kind: 'bad-response', text, wasSent: true });
    } else if (status !== 100) this.#listener.onInformation(status, rawHeaders);
  }

  #timeOut(): void {
    if (this.#isSettled) return;
    if (!this.#hasAnswer) {
      const wasSent = this.#isConnected;
      this.#giveUp({ kind: 'timeout', text: 'context deadline exceeded', wasSent });
      return;
    }
    this.cancel();
    this.#listener.onTimeout();
  }

  #giveUp(failure: Failure): void {
    if (this.#isSettled) return;
    this.cancel();
    this.#listener.onFailure(failure, false);
  }

  #fail(error: Error): void {
    if (this.#isSettled || this.#hasAnswer) return;
    const upstream = this.#upstream;
    const socket = upstream?.socket;
    const bytesReceived = (socket?.bytesRead ?? 0) - this.#bytesBefore;
    const failure = describeFailure(error as NodeError, {
      address: this.#request.address,
      isConnected: this.#isConnected,
      bytesReceived,
      localAddress: this.#localAddress,
    });
    const isReset = failure.kind === 'eof' || failure.kind === 'reset';
    const isStale = upstream?.reusedSocket === true && isReset && bytesReceived === 0;
    this.#settle();
    this.#listener.onFailure(failure, isStale);
  }
}
