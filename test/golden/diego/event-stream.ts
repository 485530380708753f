import { type IncomingMessage, request } from 'node:http';
import { decode } from '../../../src/model/protobuf/decode.ts';
import { toJson } from './message-json.ts';
import { eventTypeOf } from './message-types.ts';
import type { StreamEvent } from './recorded-history.ts';

export interface StreamItem {
  readonly id: string;
  readonly event: string;
  readonly data: Buffer;
  readonly text: string;
}

/** `id: <n>` LF `event: <name>` LF `data: <base64>` LF LF (diego.md §2.11). */
function parseItem(text: string): StreamItem {
  const fields = new Map(
    text.split('\n').map((line) => {
      const [name = '', ...rest] = line.split(': ');
      return [name, rest.join(': ')];
    }),
  );
  return {
    id: fields.get('id') ?? '',
    event: fields.get('event') ?? '',
    data: Buffer.from(fields.get('data') ?? '', 'base64'),
    text,
  };
}

/** One subscription. Opened when the head of the answer has come. */
export class EventStream {
  #items: StreamItem[] = [];
  #text = '';
  #incoming: IncomingMessage | undefined;
  readonly #onItem: () => void;

  constructor(onItem: () => void) {
    this.#onItem = onItem;
  }

  async open(url: URL, method: string, body: Uint8Array): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const headers = { 'content-length': body.length };
    const outgoing = request(url, { method, agent: false, headers }, resolve);
    outgoing.on('error', reject);
    outgoing.end(body);
    const incoming = await promise;
    this.#incoming = incoming;
    incoming.setEncoding('utf8');
    incoming.on('data', (chunk: string) => this.#take(chunk));
    incoming.on('error', () => undefined);
    return incoming;
  }

  #take(chunk: string): void {
    const parts = `${this.#text}${chunk}`.split('\n\n');
    this.#text = parts.pop() ?? '';
    this.#items.push(...parts.map(parseItem));
    if (parts.length > 0) this.#onItem();
  }

  get waiting(): number {
    return this.#items.length;
  }

  takeItems(): StreamItem[] {
    const taken = this.#items;
    this.#items = [];
    return taken;
  }

  takeEvents(): StreamEvent[] {
    return this.takeItems().map(({ event, data }) => {
      const type = eventTypeOf(event);
      return { event, data: toJson(type, decode(type, data)) };
    });
  }

  close(): void {
    this.#incoming?.destroy();
  }
}
