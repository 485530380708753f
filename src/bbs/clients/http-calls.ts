/** Small HTTP requests to cells, the auctioneer and callbacks: bounded, with a time-out. */
import { Agent, request as plainRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import type { Clock } from '../../ports/clock.ts';
import type { TlsOptions } from '../options.ts';

export type CallResult =
  | { readonly ok: true; readonly status: number }
  /** `isTimeout`: nobody answered in time. */
  | { readonly ok: false; readonly message: string; readonly isTimeout: boolean };

export interface HttpCalls {
  call(method: string, url: string, body: string | undefined): Promise<CallResult>;
  close(): void;
}

const MAX_SOCKETS = 64;
/** What an answer may say at most; it is not read by anybody. */
const MAX_ANSWER_BYTES = 1024 * 1024;

export function createHttpCalls(
  clock: Clock,
  timeoutMs: number,
  tls: TlsOptions | undefined,
): HttpCalls {
  const plain = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  const secure = new TlsAgent({ keepAlive: true, maxSockets: MAX_SOCKETS, ...tls });

  function send(method: string, url: URL, body: string | undefined): Promise<CallResult> {
    return new Promise((resolve) => {
      const isSecure = url.protocol === 'https:';
      const outgoing = (isSecure ? tlsRequest : plainRequest)(url, {
        method,
        agent: isSecure ? secure : plain,
        headers:
          body === undefined
            ? { 'content-length': 0 }
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      });
      const finish = (result: CallResult): void => {
        clock.clearTimeout(timer);
        resolve(result);
      };
      const timer = clock.setTimeout(() => {
        finish({ ok: false, message: `no answer within ${timeoutMs} ms`, isTimeout: true });
        outgoing.destroy();
      }, timeoutMs);
      outgoing.on('error', (error) =>
        finish({ ok: false, message: error.message, isTimeout: false }),
      );
      outgoing.on('response', (response) => {
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER_BYTES) outgoing.destroy();
        });
        response.on('error', () => {});
        response.on('close', () => finish({ ok: true, status: response.statusCode ?? 0 }));
      });
      outgoing.end(body);
    });
  }

  return {
    async call(method, url, body) {
      const parsed = URL.parse(url);
      if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
        return { ok: false, message: `${url} is not a URL`, isTimeout: false };
      }
      return await send(method, parsed, body);
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}
