/** LRPs from a receptor: lists and events in JSON (diego.md §12). */
import { Buffer } from 'node:buffer';
import { createHttpCalls, type Headers, type HttpCalls } from '../../clients/http-calls.ts';
import { readEventStream } from '../../clients/read-event-stream.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Desired, LrpEvent } from '../table/lrp.ts';
import type {
  FetchListener,
  LrpSource,
  Snapshot,
  SourceAnswer,
  SourceListener,
} from './lrp-source.ts';
import { readActualJson, readDesiredJson, readEventJson } from './read-json-lrps.ts';
import { type LazyList, splitArray } from './split-array.ts';

const MAX_ANSWER_BYTES = 512 * 1024 * 1024;
const [OK, NOT_FOUND] = [200, 404];

export interface ReceptorSourceOptions {
  readonly clock: Clock;
  /** User and password of HTTP authentication may stand in it. */
  readonly url: string;
  readonly timeoutMs: number;
  /** Empty: instances of all cells. The receptor knows no such filter, so it is here. */
  readonly cellId: string;
}

/** `http://user:password@host` → the address, and the header. */
function splitCredentials(url: string): {
  base: string;
  headers: Readonly<Record<string, string>>;
} {
  const parsed = new URL(url);
  const { username, password } = parsed;
  parsed.username = '';
  parsed.password = '';
  const base = parsed.href.replace(/\/+$/, '');
  if (username === '' && password === '') return { base, headers: {} };
  const words = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = `Basic ${Buffer.from(words).toString('base64')}`;
  return { base, headers: { authorization } };
}

const failed = (message: string) => ({ ok: false, message }) as const;

class ReceptorSource implements LrpSource {
  readonly #calls: HttpCalls;
  readonly #base: string;
  readonly #headers: Headers;
  readonly #cellId: string;

  constructor({ clock, url, timeoutMs, cellId }: ReceptorSourceOptions) {
    const { base, headers } = splitCredentials(url);
    this.#base = base;
    this.#headers = headers;
    this.#cellId = cellId;
    const maxAnswerBytes = MAX_ANSWER_BYTES;
    this.#calls = createHttpCalls({ clock, timeoutMs, tls: undefined, maxAnswerBytes });
  }

  async fetch(listener: FetchListener): Promise<SourceAnswer<Snapshot>> {
    const [actuals, desireds, domains] = await Promise.all([
      this.#toldList(listener, 'actual', readActualJson),
      this.#toldList(listener, 'desired', readDesiredJson),
      this.#list('/v1/domains', (value) => (typeof value === 'string' ? value : undefined)),
    ]);
    if (!actuals.ok) return actuals;
    if (!desireds.ok) return desireds;
    if (!domains.ok) return domains;
    const { items } = actuals.value;
    return {
      ok: true,
      value: {
        actuals: this.#cellId === '' ? items : ofCell(items, this.#cellId),
        desireds: desireds.value.items,
        domains: new Set(domains.value.items),
      },
    };
  }

  async fetchDesired(guid: string): Promise<SourceAnswer<Desired | undefined>> {
    const path = `/v1/desired_lrps/${encodeURIComponent(guid)}`;
    const result = await this.#get(path);
    if (!result.ok) return result;
    if (result.status === NOT_FOUND) return { ok: true, value: undefined };
    if (result.status !== OK) return failed(`${path} was answered with ${result.status}`);
    const value = readDesiredJson(parsed(result.body.toString()));
    return value === undefined ? failed(`${path}: no LRP`) : { ok: true, value };
  }

  subscribe(listener: SourceListener): () => void {
    const stream = this.#calls.open('GET', `${this.#base}/v1/events`, undefined, this.#headers);
    let isOver = false;
    const end = (reason: string): void => {
      if (isOver) return;
      isOver = true;
      listener.onEnd(reason);
    };
    stream.answer.then(
      (answer) => {
        if (isOver) return;
        if (answer.statusCode !== OK) {
          end(`/v1/events was answered with ${answer.statusCode}`);
          stream.cancel();
          return;
        }
        listener.onOpen();
        const onEvent = ({ name, data }: { name: string; data: string }): void => {
          if (isOver) return;
          const event = readEventJson(name, parsed(data));
          if (this.#isOfCell(event)) listener.onEvent(event);
        };
        readEventStream(answer, { onEvent, onEnd: end });
      },
      (error: Error) => end(error.message),
    );
    return () => {
      isOver = true;
      stream.cancel();
    };
  }

  close(): void {
    this.#calls.close();
  }

  #get(path: string) {
    return this.#calls.call('GET', this.#base + path, undefined, this.#headers);
  }

  async #list<T>(
    path: string,
    read: (element: unknown) => T | undefined,
  ): Promise<SourceAnswer<LazyList<T>>> {
    const result = await this.#get(path);
    if (!result.ok) return result;
    if (result.status !== OK) return failed(`${path} was answered with ${result.status}`);
    const value = splitArray(result.body, read);
    return value === undefined ? failed(`${path}: the answer is no list`) : { ok: true, value };
  }

  async #toldList<T>(
    { onStep, onFailure }: FetchListener,
    what: 'actual' | 'desired',
    read: (element: unknown) => T | undefined,
  ): Promise<SourceAnswer<LazyList<T>>> {
    onStep(`getting-${what}-lrps`);
    const answer = await this.#list(`/v1/${what}_lrps`, read);
    if (answer.ok) {
      onStep(`succeeded-getting-${what}-lrps`, { [`num-${what}-responses`]: answer.value.length });
    } else onFailure(`failed-getting-${what}-lrps`, answer.message);
    return answer;
  }

  #isOfCell(event: LrpEvent): boolean {
    const cellId = this.#cellId;
    if (cellId === '') return true;
    if ('actual' in event) return event.actual.cellId === cellId;
    if (event.type !== 'actual-changed') return true;
    return event.before.cellId === cellId || event.after.cellId === cellId;
  }
}

export const createReceptorSource = (options: ReceptorSourceOptions): LrpSource =>
  new ReceptorSource(options);

function* ofCell<T extends { readonly cellId: string }>(items: Iterable<T>, cellId: string) {
  for (const item of items) if (item.cellId === cellId) yield item;
}

/** Undefined: no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
