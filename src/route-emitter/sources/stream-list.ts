/** Asks a BBS for a list and decodes it while it arrives: no answer is ever there in one piece. */
import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { createHttpCalls, type HttpCalls } from '../../clients/http-calls.ts';
import type { TlsOptions } from '../../clients/tls-options.ts';
import { encode } from '../../model/protobuf/encode.ts';
import type { MessageType } from '../../model/protobuf/fields.ts';
import type { Clock } from '../../ports/clock.ts';
import { UnreadableError } from './lrp-source.ts';
import { ListSplitter, orUnreadable } from './split-list.ts';

export interface ListStreamOptions {
  readonly clock: Clock;
  readonly url: string;
  readonly tls: TlsOptions | undefined;
  /** Of the whole answer. */
  readonly timeoutMs: number;
}

export type ListAnswer<T> =
  | { readonly ok: true; readonly value: readonly T[] }
  /** `status`: 0 without an answer. */
  | { readonly ok: false; readonly status: number; readonly message: string };

export interface ListStream {
  list<Q, T>(
    path: string,
    request: MessageType<Q>,
    fields: Partial<Q>,
    read: (record: Buffer) => T | undefined,
  ): Promise<ListAnswer<T>>;
  close(): void;
}

const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const OK = 200;

async function readRecords<T>(
  answer: IncomingMessage,
  read: (record: Buffer) => T | undefined,
): Promise<readonly T[]> {
  const found: T[] = [];
  const splitter = new ListSplitter((record) => {
    const value = orUnreadable(() => read(record));
    if (value !== undefined) found.push(value);
  });
  for await (const chunk of answer) splitter.add(chunk as Buffer);
  splitter.end();
  return found;
}

export function createListStream({ clock, url, tls, timeoutMs }: ListStreamOptions): ListStream {
  const base = url.replace(/\/+$/, '');
  const calls: HttpCalls = createHttpCalls({ clock, timeoutMs, tls });
  return {
    async list(path, request, fields, read) {
      const body = Buffer.from(encode(request, request.create(fields)));
      const stream = calls.open('POST', base + path, body, PROTOBUF);
      const timer = clock.setTimeout(() => stream.cancel(), timeoutMs);
      try {
        const answer = await stream.answer;
        const { statusCode: status = 0 } = answer;
        if (status === OK) return { ok: true, value: await readRecords(answer, read) };
        stream.cancel();
        return { ok: false, status, message: `${path} was answered with ${status}` };
      } catch (error) {
        const isBug = !(error instanceof UnreadableError) && !isOfConnection(error);
        if (isBug) throw error;
        stream.cancel();
        return { ok: false, status: 0, message: `${path}: ${(error as Error).message}` };
      } finally {
        clock.clearTimeout(timer);
      }
    },
    close: () => calls.close(),
  };
}

/** Errors of sockets and of the HTTP parser have a code; bugs have none. */
const isOfConnection = (error: unknown): boolean =>
  error instanceof Error && ('code' in error || /answer|URL|socket|aborted/.test(error.message));
