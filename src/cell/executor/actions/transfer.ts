/** Files from and to other machines: bounded in size and time, and ended when asked to. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request as plainRequest, type RequestOptions } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Clock, Timer } from '../../../ports/clock.ts';
import { EXECUTOR_LIMITS } from '../options.ts';

/** What a person is told of a transfer that failed. */
export class TransferError extends Error {}

export interface TransferLimit {
  readonly signal: AbortSignal;
  /** Something came or went: the silence begins anew. */
  touch(): void;
  /** The reason, if the time ran out. */
  readonly expired: string;
  release(): void;
}

/** Ends a transfer that takes too long or falls silent. */
export function limitTransfer(clock: Clock, outer: AbortSignal, timeoutMs: number): TransferLimit {
  const own = new AbortController();
  let expired = '';
  let silence: Timer | undefined;
  const end = (reason: string) => () => {
    expired = reason;
    own.abort();
  };
  const { silentTransferMs } = EXECUTOR_LIMITS;
  const whole = clock.setTimeout(end('it took too long'), timeoutMs);
  const touch = (): void => {
    clock.clearTimeout(silence);
    silence = clock.setTimeout(end('nothing came any more'), silentTransferMs);
  };
  touch();
  return {
    signal: AbortSignal.any([outer, own.signal]),
    touch,
    get expired() {
      return expired;
    },
    release() {
      clock.clearTimeout(whole);
      clock.clearTimeout(silence);
    },
  };
}

/** Sends a request; `body` is written by the caller's stream, if there is one. */
function exchange(url: URL, options: RequestOptions, body?: Readable): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? tlsRequest : plainRequest;
    const outgoing = send(url, { ...options, agent: false });
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
    if (body === undefined) outgoing.end();
    else body.on('error', (error) => outgoing.destroy(error)).pipe(outgoing);
  });
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

async function openHttp(first: URL, signal: AbortSignal): Promise<Readable> {
  let url = first;
  for (let hops = 0; hops <= EXECUTOR_LIMITS.redirects; hops += 1) {
    const response = await exchange(url, { method: 'GET', signal });
    const status = response.statusCode ?? 0;
    if (status === 200) return response;
    response.resume();
    const next = URL.parse(response.headers.location ?? '', url.href);
    if (!REDIRECTS.has(status) || next === null) throw new TransferError(`answered ${status}`);
    if (!/^https?:$/.test(next.protocol)) throw new TransferError('led to a forbidden address');
    url = next;
  }
  throw new TransferError('led from one address to the next too often');
}

/** Opens a regular file; nothing else, for a pipe would never end. */
export async function openRegular(path: string) {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const found = await file.stat();
  if (found.isFile()) return { file, size: found.size };
  await file.close();
  throw new TransferError('not a regular file');
}

/** http, https or file. Throws a TransferError, or what the system says. */
export async function openSource(from: string, signal: AbortSignal): Promise<Readable> {
  const url = URL.parse(from);
  if (url === null) throw new TransferError('not an address');
  if (/^https?:$/.test(url.protocol)) return await openHttp(url, signal);
  if (url.protocol !== 'file:') throw new TransferError(`${url.protocol} is not supported`);
  const { file } = await openRegular(fileURLToPath(url));
  return file.createReadStream();
}

const NOT_ALLOWED = 405;

/** POST as the original does; a server that only knows PUT gets that. */
export async function sendFile(
  path: string,
  to: string,
  limit: TransferLimit,
): Promise<{ readonly bytes: number }> {
  const url = URL.parse(to);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new TransferError('not an address');
  for (const method of ['POST', 'PUT']) {
    const { file, size } = await openRegular(path);
    const body = file.createReadStream({ end: Math.max(0, size - 1) });
    body.on('data', limit.touch);
    const headers = { 'content-type': 'application/octet-stream', 'content-length': size };
    try {
      const response = await exchange(url, { method, headers, signal: limit.signal }, body);
      response.resume();
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) return { bytes: size };
      if (status !== NOT_ALLOWED) throw new TransferError(`answered ${status}`);
    } finally {
      body.destroy();
    }
  }
  throw new TransferError(`answered ${NOT_ALLOWED}`);
}

/** In the words that people are told. */
export function transferReason(error: unknown, limit: TransferLimit): string {
  if (limit.expired !== '') return limit.expired;
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof TransferError) return message;
  return code ?? message;
}

const KIBIBYTE = 1024;

/** As the original prints sizes: `512B`, `1.5K`, `20M`. */
export function sizeText(bytes: number): string {
  if (bytes < KIBIBYTE) return `${bytes}B`;
  let value = bytes;
  for (const unit of ['K', 'M', 'G', 'T']) {
    value /= KIBIBYTE;
    if (value < KIBIBYTE || unit === 'T') return `${Number(value.toFixed(1))}${unit}`;
  }
  return `${bytes}B`;
}
