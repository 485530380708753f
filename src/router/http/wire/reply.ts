/** The answer of an endpoint on its way to the client (gorouter.md §5.3). */
import { checkResponse } from '../../policy/check-response.ts';
import type { Failure } from '../../policy/classify-failure.ts';
import type { Forward } from '../../policy/decide.ts';
import { editResponse } from '../../policy/edit-response.ts';
import type { HeaderList } from '../../policy/header-list.ts';
import type { Endpoint } from '../../table/endpoint.ts';
import type { Exchange } from '../exchange.ts';
import { responseTraits } from '../response-traits.ts';
import { lastChunkText, responseHeadText } from '../write-head.ts';
import type { ClientConnection } from './client-connection.ts';
import { connectionLine } from './read-arrival.ts';
import type { ReadResponse } from './read-response-head.ts';
import { type Content, sendContent } from './send-content.ts';
import type { WireContext } from './wire-context.ts';

export class Reply {
  readonly #exchange: Exchange;
  readonly #forward: Forward;
  readonly #client: ClientConnection;
  readonly #context: WireContext;
  #headers: HeaderList | undefined;
  #status = 0;
  /** Waits for the first content, so that both go out at once. */
  #head = '';
  #isChunked = false;
  #hasBody = false;
  /** The last content: the end of the answer may have come with the same bytes. */
  #held: Content | undefined;
  hasStarted = false;

  constructor(
    exchange: Exchange,
    forward: Forward,
    client: ClientConnection,
    context: WireContext,
  ) {
    this.#exchange = exchange;
    this.#forward = forward;
    this.#client = client;
    this.#context = context;
  }

  #edit(headers: HeaderList, endpoint: Endpoint | undefined): void {
    const { engine } = this.#context;
    const traits = responseTraits(this.#exchange, this.#forward, endpoint, headers, engine);
    editResponse(headers, traits, engine.options.headers);
  }

  /** Undefined: it may be passed on. */
  take(response: ReadResponse, endpoint: Endpoint | undefined): Failure | undefined {
    const { options } = this.#context.engine;
    const failure = checkResponse(response, options.backends.maxResponseHeaders);
    if (failure !== undefined) return failure;
    const { status, headers } = response;
    const exchange = this.#exchange;
    const hasLength = headers.has('content-length');
    this.#edit(headers, endpoint);
    exchange.status = status;
    exchange.routerError = headers.get('x-cf-routererror') ?? '';
    this.#status = status;
    this.#headers = headers;
    const isEmpty = exchange.head.method === 'HEAD' || status === 204 || status === 304;
    if (status === 204 || status === 304) headers.remove('content-length');
    this.#hasBody = !isEmpty;
    this.#isChunked = !isEmpty && !hasLength && exchange.head.version === '1.1';
    return undefined;
  }

  /** The end of an answer of unknown length is the end of the connection for HTTP/1.0. */
  get needsClose(): boolean {
    return this.#hasBody && !this.#isChunked && this.#headers?.has('content-length') !== true;
  }

  begin(isKept: boolean): void {
    const { clock } = this.#context.engine;
    const headers = this.#headers as HeaderList;
    const keeps = isKept && this.#client.keepsAlive(this.needsClose);
    if (!headers.has('date')) headers.append('Date', this.#context.httpDate(clock.wallMs()));
    const line = connectionLine(this.#exchange.head.version, keeps);
    if (line !== '') headers.append('Connection', line.slice('Connection: '.length, -2));
    if (this.#isChunked) headers.append('Transfer-Encoding', 'chunked');
    this.#head = responseHeadText(this.#status, headers);
  }

  /** What a client is told that changes the protocol. */
  upgradeHeaders(headers: HeaderList, endpoint: Endpoint | undefined, token: string): HeaderList {
    this.#edit(headers, endpoint);
    headers.append('Upgrade', token);
    headers.append('Connection', 'Upgrade');
    return headers;
  }

  /** False: the client is behind. */
  add(bytes: Buffer, from: number, to: number): boolean {
    this.#exchange.bytesSent += to - from;
    const isFlowing = this.#held === undefined || this.#send('');
    this.#held = { bytes, from, to };
    return isFlowing;
  }

  /** False: the client is behind. */
  flush(): boolean {
    return this.#send('');
  }

  end(trailers: HeaderList | undefined): void {
    this.#send(this.#isChunked ? lastChunkText(trailers) : '');
  }

  /** What came of chunks goes out; of a known length nothing does that is not whole (§5.3). */
  breakOff(): void {
    if (this.#isChunked) this.#send('');
  }

  #send(tail: string): boolean {
    const head = this.#head;
    const held = this.#held;
    this.#head = '';
    this.#held = undefined;
    this.hasStarted = true;
    return sendContent(this.#client.socket, head, held, this.#isChunked, tail);
  }
}
