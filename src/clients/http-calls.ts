/** HTTP requests to other components: bounded in size, time and number. */
import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  request as plainRequest,
} from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { Clock } from '../ports/clock.ts';
import type { TlsOptions } from './tls-options.ts';

export type CallResult =
  | { readonly ok: true; readonly status: number; readonly body: Buffer }
  /** `isTimeout`: nobody answered in time. */
  | { readonly ok: false; readonly message: string; readonly isTimeout: boolean };

export interface HttpCallsOptions {
  readonly clock: Clock;
  /** Of one call, from its beginning to the end of the answer. */
  readonly timeoutMs: number;
  readonly tls: TlsOptions | undefined;
  /** An answer above this fails the call. */
  readonly maxAnswerBytes?: number;
}

export type Headers = Readonly<Record<string, string>>;

export interface HttpCalls {
  call(
    method: string,
    url: string,
    body: string | Buffer | undefined,
    headers?: Headers,
  ): Promise<CallResult>;
  /** Resolves with the answer when its head is there; its body is the caller's. */
  open(
    method: string,
    url: string,
    body: string | Buffer | undefined,
    headers: Headers,
  ): { readonly answer: Promise<IncomingMessage>; cancel(): void };
  close(): void;
}

const MAX_SOCKETS = 64;
const MAX_ANSWER_BYTES = 1024 * 1024;
const JSON_HEADERS: Headers = { 'content-type': 'application/json' };

/** Undefined: not a URL that can be called. */
function parsedUrl(url: string): URL | undefined {
  const parsed = URL.parse(url);
  return parsed !== null && /^https?:$/.test(parsed.protocol) ? parsed : undefined;
}

/** The whole body; undefined: too large, or cut off. */
function readAll(response: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) response.destroy();
      else chunks.push(chunk);
    });
    response.on('error', () => {});
    response.on('close', () => {
      resolve(response.complete && size <= limit ? Buffer.concat(chunks) : undefined);
    });
  });
}

type Body = string | Buffer | undefined;
type Start = (
  method: string,
  url: URL,
  body: Body,
  headers: Headers,
  isStream: boolean,
) => ClientRequest;

/** Connections of calls are kept; a stream has one of its own, so as not to use up their pool. */
function createAgents(tls: TlsOptions | undefined): { start: Start; close(): void } {
  const plain = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  const secure = new TlsAgent({ keepAlive: true, maxSockets: MAX_SOCKETS, ...tls });
  const streams = new Agent({ keepAlive: false });
  const secureStreams = new TlsAgent({ keepAlive: false, ...tls });
  return {
    start(method, url, body, headers, isStream) {
      const isSecure = url.protocol === 'https:';
      const pool = isSecure ? secure : plain;
      const own = isSecure ? secureStreams : streams;
      const length = body === undefined ? 0 : Buffer.byteLength(body);
      const outgoing = (isSecure ? tlsRequest : plainRequest)(url, {
        method,
        agent: isStream ? own : pool,
        headers: { ...headers, 'content-length': length },
      });
      outgoing.end(body);
      return outgoing;
    },
    close() {
      for (const agent of [plain, secure, streams, secureStreams]) agent.destroy();
    },
  };
}

export function createHttpCalls(options: HttpCallsOptions): HttpCalls {
  const { clock, timeoutMs, tls, maxAnswerBytes = MAX_ANSWER_BYTES } = options;
  const { start, close } = createAgents(tls);

  function send(method: string, url: URL, body: Body, headers: Headers) {
    return new Promise<CallResult>((resolve) => {
      const outgoing = start(method, url, body, headers, false);
      const finish = (result: CallResult): void => {
        clock.clearTimeout(timer);
        resolve(result);
      };
      const fail = (message: string, isTimeout = false): void =>
        finish({ ok: false, message, isTimeout });
      const timer = clock.setTimeout(() => {
        fail(`no answer within ${timeoutMs} ms`, true);
        outgoing.destroy();
      }, timeoutMs);
      outgoing.on('error', (error) => fail(error.message));
      outgoing.on('response', async (response) => {
        const all = await readAll(response, maxAnswerBytes);
        if (all === undefined) fail(`the answer was cut off, or above ${maxAnswerBytes} bytes`);
        else finish({ ok: true, status: response.statusCode ?? 0, body: all });
      });
    });
  }

  return {
    async call(method, url, body, headers = body === undefined ? {} : JSON_HEADERS) {
      const parsed = parsedUrl(url);
      if (parsed !== undefined) return await send(method, parsed, body, headers);
      return { ok: false, message: `${url} is not a URL`, isTimeout: false };
    },
    open(method, url, body, headers) {
      const parsed = parsedUrl(url);
      if (parsed === undefined) {
        return { answer: Promise.reject(new Error(`${url} is not a URL`)), cancel() {} };
      }
      const outgoing = start(method, parsed, body, headers, true);
      const answer = new Promise<IncomingMessage>((resolve, reject) => {
        const timer = clock.setTimeout(() => {
          outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`));
        }, timeoutMs);
        outgoing.on('error', reject);
        outgoing.on('response', resolve);
        outgoing.on('close', () => clock.clearTimeout(timer));
        outgoing.on('response', () => clock.clearTimeout(timer));
      });
      return { answer, cancel: () => outgoing.destroy() };
    },
    close,
  };
}
