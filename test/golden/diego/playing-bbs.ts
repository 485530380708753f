import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encode } from '../../../src/model/protobuf/encode.ts';
import { fromJson, isJsonObject, type Json, type JsonObject } from './message-json.ts';
import { type AnyType, eventTypeOf, responseTypeOf, typeNamed } from './message-types.ts';
import {
  type Observation,
  type RecordedHistory,
  type RecordedStep,
  STREAMS,
  type StreamName,
} from './recorded-history.ts';
import type { BbsUnderTest, StartBbs } from './under-test.ts';

/** What a BBS that does exactly what was recorded would show: symbols become values. */
export function played(step: RecordedStep): Observation {
  const withValues = JSON.parse(
    JSON.stringify(step)
      .replace(/"(since|created_at|updated_at|first_completed_at)":"t(\d+)"/g, '"$1":"170000$2"')
      .replace(/"epoch":"e(\d+)"/g, '"epoch":"epoch-number-$1"'),
  ) as RecordedStep;
  const eventsOf = (name: StreamName) =>
    (withValues.events[name] ?? []).flatMap(({ events }) => events);
  const events = {
    instance: eventsOf('instance'),
    group: eventsOf('group'),
    task: eventsOf('task'),
  };
  return { ...withValues, events };
}

export type Change = (seen: Observation, step: RecordedStep) => Observation;

const STREAM_OF_PATH: Readonly<Record<string, StreamName>> = {
  '/v1/events/lrp_instances.r1': 'instance',
  '/v1/events.r1': 'group',
  '/v1/events/tasks.r1': 'task',
};

const LISTS: Readonly<Record<string, readonly [type: string, field: string]>> = {
  '/v1/actual_lrps/list': ['ActualLRPsResponse', 'actual_lrps'],
  '/v1/desired_lrp_scheduling_infos/list': [
    'DesiredLRPSchedulingInfosResponse',
    'desired_lrp_scheduling_infos',
  ],
  '/v1/tasks/list.r3': ['TasksResponse', 'tasks'],
};

async function post(method: string, url: string, body: string, type: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body) };
  const outgoing = request(url, { method, headers }, (incoming) => {
    incoming.resume().on('end', () => resolve());
  });
  outgoing.on('error', reject).end(body);
  await promise;
}

/** A server that plays one recorded history, to try the replay itself. */
class PlayingBbs {
  readonly #history: RecordedHistory;
  readonly #change: Change;
  readonly #auctioneerAddress: string;
  readonly #streams = new Map<StreamName, ServerResponse>();
  #repAddress = '';
  #callbackAddress = 'http://CALLBACK';
  #step = -1;
  #now: Observation | undefined;
  readonly server = createServer((incoming, outgoing) => void this.#serve(incoming, outgoing));

  constructor(history: RecordedHistory, change: Change, auctioneerAddress: string) {
    this.#history = history;
    this.#change = change;
    this.#auctioneerAddress = auctioneerAddress;
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const path = incoming.url ?? '';
    const stream = STREAM_OF_PATH[path];
    if (stream !== undefined) {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      this.#streams.set(stream, outgoing);
      return;
    }
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(Buffer.concat(chunks).toString('latin1'));
    if (found !== null) this.#callbackAddress = found[0];
    const [type, message] = await this.#answer(path, Buffer.concat(chunks));
    outgoing.writeHead(200, { 'content-type': 'application/x-protobuf' });
    outgoing.end(encode(type, fromJson(type, message)));
  }

  async #answer(path: string, body: Buffer): Promise<readonly [AnyType, JsonObject]> {
    if (path === '/v1/tasks/converge') return [typeNamed('ConvergeTasksResponse'), {}];
    const list = LISTS[path];
    if (list !== undefined) {
      const records = this.#listed(path, body.toString('latin1'));
      return [typeNamed(list[0]), { [list[1]]: records }];
    }
    if (path === '/v1/domains/list') {
      return [typeNamed('DomainsResponse'), { domains: this.#now?.domains ?? [] }];
    }
    await this.advanceStep();
    const type = path === '/v1/lrps/converge' ? typeNamed('ErrorResponse') : responseTypeOf(path);
    return [type, this.#now?.reply ?? {}];
  }

  #listed(path: string, body: string): readonly JsonObject[] {
    const now = this.#now;
    if (now === undefined) return [];
    if (path.startsWith('/v1/tasks')) return this.#withCallbacks(now.tasks);
    if (path.startsWith('/v1/desired')) return now.desired;
    return now.rows.filter(({ actual_lrp_key: key }) => {
      const guid = isJsonObject(key) ? key['process_guid'] : undefined;
      return typeof guid === 'string' && body.endsWith(guid);
    });
  }

  #withCallbacks<T>(value: T): T {
    const text = JSON.stringify(value).replaceAll('http://CALLBACK', this.#callbackAddress);
    return JSON.parse(text) as T;
  }

  async advanceStep(): Promise<void> {
    this.#step += 1;
    const step = this.#history.steps[this.#step];
    if (step === undefined) return;
    const now = this.#change(played(step), step);
    this.#now = now;
    for (const name of STREAMS) {
      const events = this.#withCallbacks(now.events[name]);
      for (const { event, data } of events) this.#emit(name, event, data);
    }
    for (const { path, item } of now.auctions) {
      const url = `${this.#auctioneerAddress}${String(path)}`;
      await post('POST', url, JSON.stringify([item]), 'application/json');
    }
    for (const { method, path, body } of now.rep ?? []) {
      await post(String(method), `${this.#repAddress}${String(path)}`, bodyOf(body), 'text/plain');
    }
    for (const { answered, body } of now.callbacks ?? []) {
      const text = bodyOf(body).replace(/"created_at":"(\d+)"/, '"created_at":$1');
      const url = `${this.#callbackAddress}/${String(answered)}/guid`;
      await post('POST', url, text, 'application/json');
    }
  }

  #emit(name: StreamName, event: string, data: JsonObject): void {
    const type = eventTypeOf(event);
    const text = encode(type, fromJson(type, data)).toString('base64');
    this.#streams.get(name)?.write(`id: 0\nevent: ${event}\ndata: ${text}\n\n`);
  }

  async registerCell(repAddress: string): Promise<void> {
    this.#repAddress = repAddress;
    const command = this.#history.steps[this.#step + 1]?.cmd;
    if (command?.op === 'register_cell') await this.advanceStep();
  }
}

const bodyOf = (body: Json | undefined): string => (body === undefined ? '' : JSON.stringify(body));

export const playing =
  (history: RecordedHistory, change: Change): StartBbs =>
  async ({ auctioneerAddress }): Promise<BbsUnderTest> => {
    const bbs = new PlayingBbs(history, change, auctioneerAddress);
    const { server } = bbs;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const steps: Promise<void>[] = [];
    return {
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      // Parts of a second only keep the times of steps apart.
      advance: (seconds) => {
        if (seconds >= 1) steps.push(bbs.advanceStep());
      },
      registerCell: async (_, repAddress) => await bbs.registerCell(repAddress),
      releaseCell: async () => await bbs.advanceStep(),
      idle: async () => void (await Promise.all(steps)),
      stop: async () => {
        server.closeAllConnections();
        await new Promise<void>((resolve) => void server.close(() => resolve()));
      },
    };
  };
