/** The BBS over HTTP, as every component of Diego reaches it (diego.md §1, §2). */
import { EVENT_TYPES, type StreamedEvent } from '../model/bbs/event-types.ts';
import { EventsByCellId } from '../model/bbs/messages/events.ts';
import { decode } from '../model/protobuf/decode.ts';
import { encode } from '../model/protobuf/encode.ts';
import type { MessageType } from '../model/protobuf/fields.ts';
import type { Clock } from '../ports/clock.ts';
import { createHttpCalls } from './http-calls.ts';
import { readEventStream } from './read-event-stream.ts';
import type { TlsOptions } from './tls-options.ts';

export const BBS_CLIENT_LIMITS = {
  /** A list of a quarter of a million instances has 80 MiB. */
  answerBytes: 512 * 1024 * 1024,
} as const;

export interface BbsClientOptions {
  readonly clock: Clock;
  /** http://host:port, or https with `tls`. */
  readonly url: string;
  readonly tls: TlsOptions | undefined;
  /** Of one request. */
  readonly timeoutMs: number;
}

export type BbsAnswer<T> =
  | { readonly ok: true; readonly value: T }
  /** Nobody answered, or not as a BBS does. `status`: 0 without an answer. */
  | { readonly ok: false; readonly status: number; readonly message: string };

export interface BbsEventListener {
  /** The subscription is active: no event from now on is missed. */
  onOpen(): void;
  onEvent(event: StreamedEvent): void;
  /** An event that this program does not know, or cannot read. */
  onUnknown(name: string): void;
  /** The subscription is over by itself. Subscribing again is the caller's. */
  onEnd(reason: string): void;
}

export interface BbsClient {
  /** A refusal by the BBS is in the `error` of the value. */
  invoke<Q, R>(
    path: string,
    request: MessageType<Q>,
    response: MessageType<R>,
    fields: Partial<Q>,
  ): Promise<BbsAnswer<R>>;
  /** The answer's bytes, for lists too long to be decoded in one go. */
  fetchBytes<Q>(
    path: string,
    request: MessageType<Q>,
    fields: Partial<Q>,
  ): Promise<BbsAnswer<Buffer>>;
  /** `path` as in diego.md §1.4; an empty `cellId` takes the events of all cells. */
  subscribe(path: string, cellId: string, listener: BbsEventListener): () => void;
  close(): void;
}

const PROTOBUF = { 'content-type': 'application/x-protobuf' };

/** The one stream that is asked for by GET. */
const isGet = (path: string): boolean => /^\/v1\/events(\.r1)?$/.test(path);

function onSentEvent(listener: BbsEventListener, name: string, data: string): void {
  const type = EVENT_TYPES.get(name);
  if (type === undefined) {
    listener.onUnknown(name);
    return;
  }
  let message: unknown;
  try {
    message = decode(type, Buffer.from(data, 'base64'));
  } catch {
    listener.onUnknown(name);
    return;
  }
  listener.onEvent({ name, message } as StreamedEvent);
}

export function createBbsClient({ clock, url, tls, timeoutMs }: BbsClientOptions): BbsClient {
  const base = url.replace(/\/+$/, '');
  const maxAnswerBytes = BBS_CLIENT_LIMITS.answerBytes;
  const calls = createHttpCalls({ clock, timeoutMs, tls, maxAnswerBytes });

  const fetchBytes: BbsClient['fetchBytes'] = async (path, request, fields) => {
    const body = encode(request, request.create(fields));
    const result = await calls.call('POST', base + path, Buffer.from(body), PROTOBUF);
    if (!result.ok) return { ok: false, status: 0, message: result.message };
    const { status } = result;
    if (status === 200) return { ok: true, value: result.body };
    return { ok: false, status, message: `${path} was answered with ${status}` };
  };

  return {
    fetchBytes,
    async invoke(path, request, response, fields) {
      const answer = await fetchBytes(path, request, fields);
      if (!answer.ok) return answer;
      try {
        return { ok: true, value: decode(response, answer.value) };
      } catch (error) {
        return { ok: false, status: 200, message: `${path}: ${(error as Error).message}` };
      }
    },
    subscribe(path, cellId, listener) {
      const body = isGet(path)
        ? undefined
        : Buffer.from(encode(EventsByCellId, EventsByCellId.create({ cell_id: cellId })));
      const stream = calls.open(body === undefined ? 'GET' : 'POST', base + path, body, PROTOBUF);
      let isCancelled = false;
      const end = (reason: string): void => {
        if (isCancelled) return;
        isCancelled = true;
        listener.onEnd(reason);
      };
      stream.answer.then(
        (answer) => {
          if (isCancelled) return;
          if (answer.statusCode !== 200) {
            end(`${path} was answered with ${answer.statusCode}`);
            stream.cancel();
            return;
          }
          listener.onOpen();
          readEventStream(answer, {
            onEvent: ({ name, data }) => {
              if (!isCancelled) onSentEvent(listener, name, data);
            },
            onEnd: end,
          });
        },
        (error: Error) => end(error.message),
      );
      return () => {
        isCancelled = true;
        stream.cancel();
      };
    },
    close: () => calls.close(),
  };
}
