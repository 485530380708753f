import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type HttpProxy from 'http-proxy';
import { checkResponse } from '../policy/check-response.ts';
import { classifyFailure, type Failure } from '../policy/classify-failure.ts';
import type { Forward } from '../policy/decide.ts';
import { addEndpointIdentity, editRequest } from '../policy/edit-request.ts';
import { editResponse } from '../policy/edit-response.ts';
import { errorResponse } from '../policy/error-response.ts';
import { HeaderList } from '../policy/header-list.ts';
import { statusText } from '../policy/status-text.ts';
import { settleConnection } from '../settle-connection.ts';
import { beginExchange, type Endpoint, endExchange } from '../table/endpoint.ts';
import { Attempt, type AttemptListener, type BodyFraming } from './attempt.ts';
import { Attempts } from './attempts.ts';
import type { ConnectionPools } from './connection-pools.ts';
import type { EngineContext, Exchange } from './exchange.ts';
import { joinUpgrade } from './join-upgrade.ts';
import type { OpenExchanges } from './open-exchanges.ts';
import { respond } from './respond.ts';
import { responseTraits } from './response-traits.ts';
import type { UpgradedConnections } from './upgraded-connections.ts';
import { responseHeadText } from './write-head.ts';

export interface Wires {
  readonly proxy: HttpProxy;
  readonly pools: ConnectionPools;
  readonly upgraded: UpgradedConnections;
  readonly open: OpenExchanges;
}

export interface ForwardingRequest {
  readonly request: IncomingMessage;
  readonly reply: ServerResponse;
  readonly framing: BodyFraming;
  readonly expectsContinue: boolean;
  /** Set for an upgrade request, with the client's bytes that came behind its head. */
  readonly upgrade: { readonly token: string; readonly head: Buffer } | undefined;
}

/**
 * Carries one request to an endpoint and its answer back: chooses, tries, tries again when that
 * is safe, and makes the error when nothing helped (gorouter.md §5.10 to §5.13). All judgement is
 * in the policy; this only moves bytes.
 */
export class Forwarding implements AttemptListener {
  readonly #exchange: Exchange;
  readonly #context: EngineContext;
  readonly #wires: Wires;
  readonly #forward: Forward;
  readonly #input: ForwardingRequest;
  readonly #attempts: Attempts;
  #attempt: Attempt | undefined;
  #endpoint: Endpoint | undefined;
  #isOver = false;

  constructor(
    exchange: Exchange,
    forward: Forward,
    input: ForwardingRequest,
    wires: Wires,
    context: EngineContext,
  ) {
    this.#exchange = exchange;
    this.#forward = forward;
    this.#input = input;
    this.#wires = wires;
    this.#context = context;
    const { headers, method } = exchange.head;
    const traits = {
      method,
      hasBody: input.framing === 'chunked' || Number(headers.get('content-length') ?? 0) > 0,
      hasIdempotencyKey: headers.has('idempotency-key') || headers.has('x-idempotency-key'),
    };
    this.#attempts = new Attempts(exchange, forward, traits, context);
  }

  start(): void {
    const { clock, options } = this.#context;
    const { head, requestId } = this.#exchange;
    const headers = head.headers.clone();
    editRequest(headers, head, options.headers, requestId, Math.floor(clock.wallMs()));
    if (this.#input.upgrade !== undefined) {
      headers.append('Connection', 'Upgrade');
      headers.append('Upgrade', this.#input.upgrade.token);
    }
    this.#exchange.headers = headers;
    this.#exchange.proxyStartedAtMs = clock.nowMs();
    this.#input.reply.on('close', () => this.#clientClosed());
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
    const { options, clock, metrics } = this.#context;
    const { framing, expectsContinue, upgrade, reply } = this.#input;
    const exchange = this.#exchange;
    this.#attempts.begin();
    this.#endpoint = endpoint;
    exchange.endpoint = endpoint;
    addEndpointIdentity(exchange.headers, endpoint);
    metrics.attemptStarted(exchange.component, endpoint.applicationId);
    beginExchange(endpoint);
    const isSingle =
      isFreshConnection ||
      upgrade !== undefined ||
      (expectsContinue && !options.backends.isContinueKeptAlive);
    const { single, reusable } = this.#wires.pools;
    this.#attempt = new Attempt(
      {
        method: exchange.head.method,
        target: exchange.head.target,
        headers: exchange.headers,
        host: endpoint.host === '' ? 'localhost' : endpoint.host,
        port: endpoint.port,
        address: endpoint.address,
        agent: isSingle ? single : reusable,
        framing,
        expectsContinue,
        dialTimeoutMs: options.backends.dialTimeoutMs,
        // An upgraded connection may live for ever, but its handshake may not hang.
        timeoutMs:
          upgrade === undefined
            ? options.backends.endpointTimeoutMs
            : options.backends.upgradeTimeoutMs,
        isUpgrade: upgrade !== undefined,
        maxResponseHeaderBytes: options.backends.maxResponseHeaderBytes,
      },
      clock,
      this,
    );
    this.#attempt.start(this.#wires.proxy, reply);
  }

  #leaveEndpoint(): void {
    if (this.#endpoint === undefined) return;
    endExchange(this.#endpoint);
    this.#endpoint = undefined;
  }

  onFailure(failure: Failure, isStale: boolean): void {
    if (this.#isOver) return;
    const endpoint = this.#endpoint;
    this.#leaveEndpoint();
    if (endpoint !== undefined && isStale && this.#attempts.repeatsStale()) {
      this.#tryEndpoint(endpoint, true);
    } else if (this.#attempts.failed(failure, endpoint)) this.#tryNext();
    else this.#giveUp(failure);
  }

  #giveUp(failure: Failure): void {
    const { error, cause } = classifyFailure(failure, this.#attempts.traits, false);
    const { metrics, options } = this.#context;
    if (this.#input.upgrade !== undefined) metrics.count('websocket_failures');
    this.#isOver = true;
    const response = errorResponse(error, { cause }, options.headers.htmlErrorTemplate);
    respond(this.#exchange, response, this.#input.request, this.#input.reply, this.#context);
  }

  onBodyWanted(upstream: ClientRequest): void {
    const { request, reply, expectsContinue } = this.#input;
    const exchange = this.#exchange;
    if (expectsContinue) reply.writeContinue();
    request.on('data', (chunk: Buffer) => {
      exchange.bytesReceived += chunk.length;
    });
    request.pipe(upstream);
  }

  onInformation(status: number, rawHeaders: readonly string[]): void {
    const { reply, upgrade } = this.#input;
    if (upgrade !== undefined || reply.headersSent || this.#exchange.head.version === '1.0') return;
    // Only the answer whose turn it is has the socket: pipelined ones do not mix.
    reply.socket?.write(responseHeadText(status, HeaderList.fromRaw(rawHeaders)), 'latin1');
  }

  #edit(headers: HeaderList): void {
    const context = this.#context;
    const traits = responseTraits(this.#exchange, this.#forward, this.#endpoint, headers, context);
    editResponse(headers, traits, context.options.headers);
  }

  onResponse(answer: IncomingMessage): void {
    const { options, clock } = this.#context;
    const { reply, request } = this.#input;
    const headers = HeaderList.fromRaw(answer.rawHeaders);
    const exchange = this.#exchange;
    const status = answer.statusCode ?? 502;
    const failure = checkResponse(
      { status, version: answer.httpVersion, headers },
      options.backends.maxResponseHeaders,
    );
    if (failure !== undefined) {
      this.#attempt?.cancel();
      this.onFailure(failure, false);
      return;
    }
    exchange.status = status;
    exchange.connection = this.#attempt?.connection;
    this.#edit(headers);
    exchange.routerError = headers.get('x-cf-routererror') ?? '';
    if (status === 204 || status === 304) headers.remove('content-length');
    const mustClose = this.#context.isDraining() || !request.complete;
    settleConnection(reply, exchange.head.version, mustClose);
    reply.writeHead(status, statusText(status), headers.toRaw() as never);
    let hasFlown = false;
    answer.on('data', (chunk: Buffer) => {
      hasFlown = true;
      exchange.bytesSent += chunk.length;
    });
    answer.on('end', () => this.#answerEnded(answer));
    answer.on('error', () => this.#cutOff());
    answer.pipe(reply);
    // A head whose body is still to come must not wait for it (gorouter.md §5.3, flush).
    clock.defer(() => {
      if (!hasFlown && !this.#isOver) reply.flushHeaders();
    });
  }

  #answerEnded(answer: IncomingMessage): void {
    const { rawTrailers } = answer;
    const trailers: [string, string][] = [];
    for (let index = 0; index + 1 < rawTrailers.length; index += 2) {
      trailers.push([rawTrailers[index] as string, rawTrailers[index + 1] as string]);
    }
    if (trailers.length > 0) this.#input.reply.addTrailers(trailers);
    this.#attempt?.complete();
    this.#end();
  }

  /** The endpoint broke off: the client must not take what it got for the whole answer. */
  #cutOff(): void {
    if (this.#isOver) return;
    this.#attempt?.cancel();
    this.#end();
    this.#input.reply.destroy();
  }

  onTimeout(): void {
    this.#context.log.error('backend-request-timeout', {
      'route-endpoint': { Addr: this.#endpoint?.address },
      vcap_request_id: this.#exchange.requestId,
    });
    this.#end();
    this.#input.reply.destroy();
  }

  onUpgrade(answer: IncomingMessage, upstream: Socket, head: Buffer): void {
    const { upgrade, reply } = this.#input;
    const token = answer.headers.upgrade ?? '';
    if (upgrade === undefined || token.toLowerCase() !== upgrade.token.toLowerCase()) {
      upstream.destroy();
      this.onFailure({ kind: 'unasked-upgrade', text: '', wasSent: true }, false);
      return;
    }
    const client = reply.socket;
    if (client === null || client.destroyed) {
      upstream.destroy();
      return;
    }
    this.#isOver = true;
    this.#exchange.connection = this.#attempt?.connection;
    const headers = HeaderList.fromRaw(answer.rawHeaders);
    this.#edit(headers);
    headers.append('Upgrade', token);
    headers.append('Connection', 'Upgrade');
    this.#endpoint = undefined;
    joinUpgrade(
      {
        reply,
        client,
        upstream,
        token,
        headers,
        clientBytes: upgrade.head,
        upstreamBytes: head,
      },
      this.#exchange,
      this.#wires.upgraded,
      this.#context,
    );
  }

  /** The rest of the request cannot be read; its connection answers with 400 by itself. */
  breakOff(): void {
    if (this.#isOver) return;
    this.#attempt?.cancel();
    this.#exchange.status = 400;
    this.#end();
  }

  #clientClosed(): void {
    if (this.#isOver) return;
    this.#attempt?.cancel();
    this.#exchange.clientGone();
    this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leaveEndpoint();
    this.#exchange.finish();
  }
}
