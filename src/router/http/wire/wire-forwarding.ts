import type { Socket } from 'node:net';
import { classifyFailure, type Failure } from '../../policy/classify-failure.ts';
import type { Forward } from '../../policy/decide.ts';
import { addEndpointIdentity, editRequest } from '../../policy/edit-request.ts';
import { errorResponse } from '../../policy/error-response.ts';
import type { HeaderList } from '../../policy/header-list.ts';
import { stripResponseHopHeaders } from '../../policy/strip-hop-headers.ts';
import { beginExchange, type Endpoint, endExchange } from '../../table/endpoint.ts';
import { CONTINUE_WAIT_MS, EMPTY_BODY_METHODS, MAX_INTERIM_RESPONSES } from '../attempt.ts';
import { Attempts } from '../attempts.ts';
import type { Exchange } from '../exchange.ts';
import { lastChunkText, requestHeadText, responseHeadText } from '../write-head.ts';
import type { ClientConnection, RequestCarrier } from './client-connection.ts';
import type { AnswerReader, EndpointConnection } from './endpoint-connection.ts';
import { joinWireUpgrade } from './join-wire-upgrade.ts';
import type { Arrival } from './read-arrival.ts';
import type { ReadResponse } from './read-response-head.ts';
import { Reply } from './reply.ts';
import { sendContent } from './send-content.ts';
import { sendRouterResponse } from './send-router-response.ts';
import { Deadline } from './timer-wheel.ts';
import type { WireContext } from './wire-context.ts';

const TOO_MANY_INTERIMS =
  'net/http: HTTP/1.x transport connection broken: net/http: too many 1xx informational responses';

/**
 * Carries one request to an endpoint and its answer back: chooses, tries, tries again when that
 * is safe, and makes the error when nothing helped (gorouter.md §5.10 to §5.13). All judgement is
 * in the policy; this only moves bytes.
 */
export class WireForwarding implements AnswerReader, RequestCarrier {
  readonly #exchange: Exchange;
  readonly #context: WireContext;
  readonly #forward: Forward;
  readonly #arrival: Arrival;
  readonly #client: ClientConnection;
  readonly #attempts: Attempts;
  readonly #deadline = new Deadline(() => this.#timedOut());
  #continueDeadline: Deadline | undefined;
  #dialDeadline: Deadline | undefined;
  #connection: EndpointConnection | undefined;
  #endpoint: Endpoint | undefined;
  #interims = 0;
  #dialStartedAtMs = 0;
  #dialMs = -1;
  #hasBodyStarted = false;
  #isOver = false;
  /** Waits for the first bytes of the body, so that both go out at once. */
  #requestHead = '';
  /** Set when there is an answer. */
  #reply: Reply | undefined;

  constructor(
    exchange: Exchange,
    forward: Forward,
    arrival: Arrival,
    client: ClientConnection,
    context: WireContext,
  ) {
    this.#exchange = exchange;
    this.#forward = forward;
    this.#arrival = arrival;
    this.#client = client;
    this.#context = context;
    const { headers, method } = exchange.head;
    const traits = {
      method,
      hasBody: arrival.framing.kind !== 'none',
      hasIdempotencyKey: headers.has('idempotency-key') || headers.has('x-idempotency-key'),
    };
    this.#attempts = new Attempts(exchange, forward, traits, context.engine);
  }

  get method(): string {
    return this.#exchange.head.method;
  }

  start(): void {
    const { clock, options } = this.#context.engine;
    const { head, requestId } = this.#exchange;
    // As it came it is needed only to find out who may see how it was routed.
    const { traceKey } = options.headers;
    const headers = traceKey === '' ? head.headers : head.headers.clone();
    editRequest(headers, head, options.headers, requestId, Math.floor(clock.wallMs()));
    const { upgradeToken, framing } = this.#arrival;
    if (upgradeToken !== undefined) {
      headers.append('Connection', 'Upgrade');
      headers.append('Upgrade', upgradeToken);
    } else if (framing.kind === 'chunked') headers.append('Transfer-Encoding', 'chunked');
    else if (framing.kind === 'none' && EMPTY_BODY_METHODS.has(head.method)) {
      headers.set('Content-Length', '0');
    }
    this.#exchange.headers = headers;
    this.#exchange.proxyStartedAtMs = clock.nowMs();
    this.#client.carry(this);
    this.#tryNext();
  }

  #tryNext(): void {
    const endpoint = this.#attempts.next();
    if (endpoint !== undefined) {
      this.#tryEndpoint(endpoint, false);
      return;
    }
    const text = 'No endpoints available';
    this.#giveUp(this.#attempts.lastFailure ?? { kind: 'no-endpoint', text, wasSent: false });
  }

  #tryEndpoint(endpoint: Endpoint, isFreshConnection: boolean): void {
    const { engine, pools, wheel } = this.#context;
    const { options, clock, metrics } = engine;
    const { backends } = options;
    const exchange = this.#exchange;
    const { headers } = exchange;
    const isUpgrade = this.#arrival.upgradeToken !== undefined;
    this.#attempts.begin();
    this.#interims = 0;
    this.#endpoint = endpoint;
    exchange.endpoint = endpoint;
    addEndpointIdentity(headers, endpoint);
    metrics.attemptStarted(exchange.component, endpoint.applicationId);
    beginExchange(endpoint);
    const isSingle =
      !isUpgrade &&
      (isFreshConnection ||
        !backends.isKeepAliveEnabled ||
        (this.#arrival.expectsContinue && !backends.isContinueKeptAlive));
    if (isSingle) headers.set('Connection', 'close');
    const connection = pools.take(endpoint, isSingle, isUpgrade);
    this.#connection = connection;
    connection.serve(this);
    // An upgraded connection may live for ever, but its handshake may not hang.
    wheel.set(this.#deadline, isUpgrade ? backends.upgradeTimeoutMs : backends.endpointTimeoutMs);
    this.#requestHead = requestHeadText(exchange.head.method, exchange.head.target, headers);
    this.#dialMs = -1;
    if (connection.isConnected) {
      this.#connected();
      return;
    }
    this.#dialStartedAtMs = clock.nowMs();
    this.#dialDeadline ??= new Deadline(() => this.#dialTimedOut());
    wheel.set(this.#dialDeadline, backends.dialTimeoutMs);
  }

  onConnected(): void {
    this.#dialMs = this.#context.engine.clock.nowMs() - this.#dialStartedAtMs;
    if (this.#dialDeadline !== undefined) this.#context.wheel.clear(this.#dialDeadline);
    this.#connected();
  }

  #connected(): void {
    const { framing, expectsContinue } = this.#arrival;
    if (framing.kind === 'none') this.#flushRequestHead();
    else if (!expectsContinue) this.#startBody();
    else {
      this.#flushRequestHead();
      this.#continueDeadline ??= new Deadline(() => this.#startBody());
      this.#context.wheel.set(this.#continueDeadline, CONTINUE_WAIT_MS);
    }
  }

  #flushRequestHead(): void {
    const text = this.#requestHead;
    this.#requestHead = '';
    if (text !== '') this.#connection?.socket.write(text, 'latin1');
  }

  /** Held back until there is a connection, so that a failed dial leaves the body unread. */
  #startBody(): void {
    if (this.#isOver || this.#reply !== undefined || this.#hasBodyStarted) return;
    this.#hasBodyStarted = true;
    if (this.#continueDeadline !== undefined) this.#context.wheel.clear(this.#continueDeadline);
    if (this.#arrival.expectsContinue) {
      this.#client.socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
    }
    this.#client.startBody();
    this.#flushRequestHead();
  }

  onBodyContent(bytes: Buffer, from: number, to: number): void {
    const connection = this.#connection;
    this.#exchange.bytesReceived += to - from;
    if (connection === undefined || this.#isOver) return;
    const head = this.#requestHead;
    this.#requestHead = '';
    const isChunked = this.#arrival.framing.kind === 'chunked';
    const isFlowing = sendContent(connection.socket, head, { bytes, from, to }, isChunked, '');
    if (!isFlowing) this.#client.pause();
  }

  onBodyEnd(): void {
    if (this.#arrival.framing.kind !== 'chunked' || this.#isOver) return;
    const head = this.#requestHead;
    this.#requestHead = '';
    // The trailer fields themselves are not passed on, as recorded (gorouter.md §5.2).
    this.#connection?.socket.write(head + lastChunkText(undefined), 'latin1');
  }

  onEndpointDrain(): void {
    this.#client.resume();
  }

  onClientDrain(): void {
    this.#connection?.socket.resume();
  }

  onBodyBroken(): void {
    if (this.#isOver) return;
    const reply = this.#reply;
    this.#dropConnection();
    if (reply?.hasStarted === true) this.#client.cut();
    else {
      this.#exchange.status = 400;
      this.#client.refuseBody();
    }
    this.#end();
  }

  onInformation(response: ReadResponse): void {
    this.#interims += 1;
    if (this.#interims > MAX_INTERIM_RESPONSES) {
      this.#dropConnection();
      this.onFailure({ kind: 'bad-response', text: TOO_MANY_INTERIMS, wasSent: true }, false);
      return;
    }
    if (response.status === 100) {
      this.#startBody();
      return;
    }
    const isPassedOn =
      this.#arrival.upgradeToken === undefined && this.#exchange.head.version !== '1.0';
    if (!isPassedOn) return;
    // RFC 9110 §15.2: an interim answer has no content, and says nothing of the connection.
    stripResponseHopHeaders(response.headers);
    response.headers.remove('content-length');
    const text = responseHeadText(response.status, response.headers);
    this.#client.socket.write(text, 'latin1');
  }

  onHead(response: ReadResponse): boolean {
    const { engine, wheel } = this.#context;
    if (this.#continueDeadline !== undefined) wheel.clear(this.#continueDeadline);
    const reply = new Reply(this.#exchange, this.#forward, this.#client, this.#context);
    const failure = reply.take(response, this.#endpoint);
    if (failure !== undefined) {
      this.#dropConnection();
      this.onFailure(failure, false);
      return false;
    }
    if (this.#arrival.upgradeToken !== undefined) wheel.clear(this.#deadline);
    this.#reply = reply;
    this.#exchange.connection = {
      dialMs: this.#dialMs,
      localAddress: this.#connection?.localAddress ?? '',
    };
    const mustClose =
      engine.isDraining() ||
      !this.#client.isRequestWhole ||
      this.#arrival.upgradeToken !== undefined;
    reply.begin(this.#client.keepsAlive(mustClose));
    return true;
  }

  onAnswerContent(bytes: Buffer, from: number, to: number): void {
    if (this.#reply?.add(bytes, from, to) === false) this.#connection?.socket.pause();
  }

  onAnswerPause(): void {
    if (this.#reply?.flush() === false) this.#connection?.socket.pause();
  }

  onAnswerEnd(trailers: HeaderList | undefined): void {
    const connection = this.#connection;
    this.#connection = undefined;
    const isWhole = this.#client.isRequestWhole;
    this.#reply?.end(trailers);
    if (connection !== undefined) {
      // Of a request that was not sent to its end the rest would be read as another one.
      if (isWhole) this.#context.pools.give(connection);
      else connection.destroy();
    }
    this.#end();
    this.#client.answered(false, 0);
  }

  /** The endpoint broke off: the client must not take what it got for the whole answer. */
  onAnswerBroken(): void {
    this.#connection = undefined;
    this.#reply?.breakOff();
    this.#end();
    this.#client.cut();
  }

  onUpgrade(response: ReadResponse, upstream: Socket, rest: Buffer): void {
    const token = response.headers.get('upgrade') ?? '';
    const { upgradeToken } = this.#arrival;
    if (upgradeToken === undefined || token.toLowerCase() !== upgradeToken.toLowerCase()) {
      upstream.destroy();
      this.#connection = undefined;
      this.onFailure({ kind: 'unasked-upgrade', text: '', wasSent: true }, false);
      return;
    }
    this.#isOver = true;
    this.#clearDeadlines();
    const localAddress = this.#connection?.localAddress ?? '';
    this.#exchange.connection = { dialMs: this.#dialMs, localAddress };
    const reply = new Reply(this.#exchange, this.#forward, this.#client, this.#context);
    const headers = reply.upgradeHeaders(response.headers, this.#endpoint, token);
    this.#endpoint = undefined;
    const parts = { client: this.#client, upstream, token, headers, rest };
    joinWireUpgrade(parts, this.#exchange, this.#context);
  }

  onFailure(failure: Failure, isStale: boolean): void {
    if (this.#isOver) return;
    const endpoint = this.#endpoint;
    this.#connection = undefined;
    this.#clearDeadlines();
    this.#leaveEndpoint();
    if (endpoint !== undefined && isStale && this.#attempts.repeatsStale()) {
      this.#tryEndpoint(endpoint, true);
    } else if (this.#attempts.failed(failure, endpoint)) this.#tryNext();
    else this.#giveUp(failure);
  }

  #giveUp(failure: Failure): void {
    const { error, cause } = classifyFailure(failure, this.#attempts.traits, false);
    const { metrics, options } = this.#context.engine;
    if (this.#arrival.upgradeToken !== undefined) metrics.count('websocket_failures');
    this.#isOver = true;
    this.#clearDeadlines();
    const response = errorResponse(error, { cause }, options.headers.htmlErrorTemplate);
    sendRouterResponse(this.#exchange, response, this.#client, this.#arrival, this.#context);
  }

  #dialTimedOut(): void {
    const text = `dial tcp ${this.#endpoint?.address ?? ''}: i/o timeout`;
    this.#dropConnection();
    this.onFailure({ kind: 'dial', text, wasSent: false }, false);
  }

  /** The time for the whole exchange is over. */
  #timedOut(): void {
    if (this.#isOver) return;
    const wasSent = this.#connection?.isConnected === true;
    this.#dropConnection();
    if (this.#reply === undefined) {
      this.onFailure({ kind: 'timeout', text: 'context deadline exceeded', wasSent }, false);
      return;
    }
    this.#context.engine.log.error('backend-request-timeout', {
      'route-endpoint': { Addr: this.#endpoint?.address },
      vcap_request_id: this.#exchange.requestId,
    });
    this.#end();
    this.#client.cut();
  }

  onClientGone(): void {
    if (this.#isOver) return;
    this.#dropConnection();
    this.#exchange.clientGone();
    this.#end();
  }

  #dropConnection(): void {
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  #leaveEndpoint(): void {
    if (this.#endpoint === undefined) return;
    endExchange(this.#endpoint);
    this.#endpoint = undefined;
  }

  #clearDeadlines(): void {
    const { wheel } = this.#context;
    wheel.clear(this.#deadline);
    if (this.#dialDeadline !== undefined) wheel.clear(this.#dialDeadline);
    if (this.#continueDeadline !== undefined) wheel.clear(this.#continueDeadline);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#clearDeadlines();
    this.#leaveEndpoint();
    this.#exchange.finish();
  }
}
