import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type HttpProxy from 'http-proxy';
import { checkResponse } from '../policy/check-response.ts';
import {
  classifyFailure,
  type Failure,
  isRepeatable,
  type RequestTraits,
} from '../policy/classify-failure.ts';
import type { Forward } from '../policy/decide.ts';
import { addEndpointIdentity, editRequest } from '../policy/edit-request.ts';
import { editResponse, type ResponseTraits } from '../policy/edit-response.ts';
import { errorResponse } from '../policy/error-response.ts';
import { HeaderList } from '../policy/header-list.ts';
import { statusText } from '../policy/status-text.ts';
import { settleConnection } from '../settle-connection.ts';
import { createSelection, type Selection, selectNext } from '../table/choose-endpoint.ts';
import { beginExchange, type Endpoint, endExchange } from '../table/endpoint.ts';
import { stickySetCookie } from '../table/sticky-session.ts';
import { Attempt, type AttemptListener, type BodyFraming } from './attempt.ts';
import { blameEndpoint } from './blame-endpoint.ts';
import type { ConnectionPools } from './connection-pools.ts';
import type { EngineContext, Exchange } from './exchange.ts';
import { headText, joinUpgrade } from './join-upgrade.ts';
import type { OpenExchanges } from './open-exchanges.ts';
import { respond } from './respond.ts';
import type { UpgradedConnections } from './upgraded-connections.ts';

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
  readonly #selection: Selection;
  readonly #traits: RequestTraits;
  #attempt: Attempt | undefined;
  #endpoint: Endpoint | undefined;
  #attempts = 0;
  #lastFailure: Failure | undefined;
  #wasStaleRepeated = false;
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
    this.#selection = createSelection(forward.pool, forward.wishes, context.balancing);
    const { headers, method } = exchange.head;
    this.#traits = {
      method,
      hasBody: input.framing === 'chunked' || Number(headers.get('content-length') ?? 0) > 0,
      hasIdempotencyKey: headers.has('idempotency-key') || headers.has('x-idempotency-key'),
    };
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

  #maxAttempts(): number {
    const { maxAttempts } = this.#context.options.backends;
    return maxAttempts > 0 ? maxAttempts : Math.max(1, this.#forward.pool.members.length);
  }

  #tryNext(): void {
    const nowMs = this.#context.clock.nowMs();
    const last = this.#exchange.endpoint;
    let endpoint = selectNext(this.#selection, nowMs);
    // A repeatable request may go to the same endpoint again when that hung up on it.
    if (endpoint === undefined && this.#lastFailure?.kind === 'eof') endpoint = last;
    if (endpoint === undefined) {
      const text = 'No endpoints available';
      this.#giveUp(this.#lastFailure ?? { kind: 'no-endpoint', text, wasSent: false });
      return;
    }
    this.#tryEndpoint(endpoint, false);
  }

  #tryEndpoint(endpoint: Endpoint, isFreshConnection: boolean): void {
    const { options, clock, metrics } = this.#context;
    const { framing, expectsContinue, upgrade, reply } = this.#input;
    const exchange = this.#exchange;
    this.#attempts += 1;
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
    if (endpoint !== undefined && isStale && this.#repeatsOnFreshConnection()) {
      this.#tryEndpoint(endpoint, true);
      return;
    }
    const verdict = classifyFailure(failure, this.#traits, endpoint?.isTls === true);
    const canRetry = verdict.isRetriable && this.#attempts < this.#maxAttempts();
    this.#exchange.failedAttempts += 1;
    this.#exchange.lastFailedAtMs = this.#context.clock.nowMs();
    if (endpoint !== undefined) {
      blameEndpoint(verdict.effect, this.#forward.pool, endpoint, this.#context);
    }
    this.#context.log.error('backend-endpoint-failed', {
      'route-endpoint': { ApplicationId: endpoint?.applicationId, Addr: endpoint?.address },
      error: verdict.cause,
      attempt: this.#attempts,
      retriable: verdict.isRetriable,
      'num-endpoints': this.#forward.pool.members.length,
      'got-connection': failure.wasSent,
      vcap_request_id: this.#exchange.requestId,
    });
    this.#lastFailure = failure;
    if (canRetry) this.#tryNext();
    else this.#giveUp(failure);
  }

  /** An idle connection that its owner closed meanwhile is nobody's fault and costs no attempt. */
  #repeatsOnFreshConnection(): boolean {
    if (this.#wasStaleRepeated || !isRepeatable(this.#traits)) return false;
    this.#wasStaleRepeated = true;
    this.#attempts -= 1;
    return true;
  }

  #giveUp(failure: Failure): void {
    const { error, cause } = classifyFailure(failure, this.#traits, false);
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
    reply.socket?.write(headText(status, HeaderList.fromRaw(rawHeaders)), 'latin1');
  }

  #responseTraits(headers: HeaderList, endpoint: Endpoint | undefined): ResponseTraits {
    const { options, routerAddress } = this.#context;
    const { traceKey, sticky } = options.headers;
    const cookie = stickySetCookie(
      {
        requestedEndpointId: this.#forward.sticky.endpointId,
        instanceId: endpoint?.privateInstanceId ?? '',
        contextPath: this.#forward.pool.contextPath,
        setCookieLines: headers.all('set-cookie'),
        wwwAuthenticate: headers.get('www-authenticate') ?? '',
      },
      sticky,
    );
    const sent = this.#exchange.head.headers.get('x-vcap-trace');
    const isTraced = traceKey !== '' && sent === traceKey;
    return {
      requestId: this.#exchange.requestId,
      stickyCookie: cookie ?? '',
      trace: isTraced ? { router: routerAddress, endpoint: endpoint?.address ?? '' } : undefined,
    };
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
    editResponse(headers, this.#responseTraits(headers, this.#endpoint), options.headers);
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
    editResponse(
      headers,
      this.#responseTraits(headers, this.#endpoint),
      this.#context.options.headers,
    );
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
    const { options } = this.#context;
    this.#attempt?.cancel();
    const exchange = this.#exchange;
    if (exchange.status === 0) {
      const cause = 'context canceled';
      const gone = errorResponse('clientGone', { cause }, options.headers.htmlErrorTemplate);
      exchange.status = gone.status;
      exchange.routerError = gone.routerError;
      exchange.bytesSent = gone.body.length;
    }
    this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leaveEndpoint();
    this.#exchange.finish();
  }
}
