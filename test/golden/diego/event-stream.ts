import { type ClientRequest, type IncomingMessage, request as startRequest } from 'node:http';
import { decode } from '../../../src/model/protobuf/decode.ts';
import { toJson } from './message-json.ts';
import { eventTypeOf } from './message-types.ts';
import type { StreamEvent, StreamName } from './recorded-history.ts';

const ROUTES: Readonly<Record<StreamName, { method: string; path: string }>> = {
  instance: { method: 'POST', path: '/v1/events/lrp_instances.r1' },
  group: { method: 'GET', path: '/v1/events.r1' },
  task: { method: 'POST', path: '/v1/events/tasks.r1' },
};

/** One `id`, `event`, `data` block of a stream (diego.md §2.11). */
export interface Frame {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Splits text into frames as it comes in. */
export class FrameReader {
  #rest = '';

  read(text: string): Frame[] {
    const blocks = `${this.#rest}${text}`.split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.map((block) => {
      const found = /^id: (.*)\nevent: (.*)\ndata: (.*)$/.exec(block);
      if (found === null) throw new Error(`not a frame: ${JSON.stringify(block)}`);
      const [, id = '', event = '', data = ''] = found;
      return { id, event, data };
    });
  }
}

export function decodeFrame({ event, data }: Frame): StreamEvent {
  const type = eventTypeOf(event);
  return { event, data: toJson(type, decode(type, Buffer.from(data, 'base64'))) };
}

/** An open subscription; collects what arrives. */
export class EventStream {
  readonly response: IncomingMessage;
  readonly #request: ClientRequest;
  readonly #reader = new FrameReader();
  #events: StreamEvent[] = [];
  #nextId = 0;
  #failure: unknown;
  #isClosed = false;

  private constructor(request: ClientRequest, response: IncomingMessage) {
    this.#request = request;
    this.response = response;
    response.setEncoding('utf8');
    response.on('data', (text: string) => this.#take(text));
    response.on('end', () => this.#fail(new Error('the server ended the stream')));
    response.on('error', (error) => this.#fail(error));
  }

  /** Resolves when the subscription stands. */
  static async open(baseUrl: string, stream: StreamName): Promise<EventStream> {
    const { method, path } = ROUTES[stream];
    const { promise, resolve, reject } = Promise.withResolvers<EventStream>();
    const headers = { 'Last-Event-Id': '' };
    const request = startRequest(`${baseUrl}${path}`, { method, headers, agent: false });
    request.on('response', (response) => {
      if (response.statusCode === 200) resolve(new EventStream(request, response));
      else reject(new Error(`${method} ${path} → ${response.statusCode}`));
    });
    request.on('error', reject);
    request.end();
    return promise;
  }

  #take(text: string): void {
    try {
      for (const frame of this.#reader.read(text)) {
        if (frame.id !== `${this.#nextId}`) {
          throw new Error(`event ${this.#nextId} has the id ${frame.id}`);
        }
        this.#nextId += 1;
        this.#events.push(decodeFrame(frame));
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (!this.#isClosed) this.#failure ??= error;
  }

  get count(): number {
    return this.#events.length;
  }

  /** What arrived since the last call. Throws when the stream broke. */
  takeEvents(): StreamEvent[] {
    if (this.#failure !== undefined) throw this.#failure;
    const events = this.#events;
    this.#events = [];
    return events;
  }

  close(): void {
    this.#isClosed = true;
    this.#request.destroy();
  }
}
