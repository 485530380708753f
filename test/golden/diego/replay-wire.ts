import { setTimeout } from 'node:timers/promises';
import { decode } from '../../../src/model/protobuf/decode.ts';
import { BbsClient, type HttpAnswer } from './bbs-client.ts';
import { compareStream } from './compare-events.ts';
import { compareUnordered, compareValues, type Difference, isArray } from './compare-values.ts';
import { explain } from './deviations.ts';
import { EventStream, type StreamItem } from './event-stream.ts';
import { type JsonObject, toJson, withAlways } from './message-json.ts';
import { type AnyType, eventTypeOf, typeNamed } from './message-types.ts';
import { exchangeRaw, messageOfRaw } from './raw-exchange.ts';
import { type EventSequence, type StreamEvent, subjectOf } from './recorded-history.ts';
import { loadWire, type WireExchange, type WireLine, type WireStream } from './recorded-wire.ts';
import type { HistoryResult } from './replay-history.ts';
import { Surroundings } from './surroundings.ts';
import { Symbols } from './symbols.ts';
import { type BbsUnderTest, type StartBbs, startBbs } from './under-test.ts';

const COMPARED_HEADERS = [
  'content-type',
  'content-length',
  'allow',
  'cache-control',
  'x-content-type-options',
] as const;
const longestWaitForEventsMs = 60;
const betweenLinesSeconds = 0.001;
/** The line before gave a domain one second. */
const expirySeconds = 1.5;

/** Only the client's own; Host and connection headers are those of this client. */
const SENT_HEADERS = ['X-Vcap-Request-Id', 'Content-Type', 'Last-Event-Id', 'User-Agent'];

const R0_STREAMS = {
  'instance r0': ['POST', '/v1/events/lrp_instances'],
  'group r0': ['GET', '/v1/events'],
  'task r0': ['POST', '/v1/events/tasks'],
} as const;

const STREAM_OF_LINE: Readonly<Record<string, string>> = {
  SubscribeToInstanceEvents: 'instance',
  SubscribeToEvents: 'group',
  SubscribeToTaskEvents: 'task',
  SubscribeToInstanceEventsByCellID: 'instance cell-b',
  SubscribeToEventsByCellID: 'group cell-b',
};

/** Lists have no order; of cells only the names are ours to give. */
function compareMessages(
  expected: JsonObject,
  actual: JsonObject,
  symbols: Symbols,
  path: string,
): Difference[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...names].flatMap((name) => {
    const [left, right] = [expected[name], actual[name]];
    const where = `${path}.${name}`;
    if (!isArray(left) || !isArray(right)) return compareValues(left, right, symbols, where, name);
    if (name !== 'cells') return compareUnordered(left, right, symbols, where);
    const ids = (list: typeof left) => list.map((cell) => (cell as JsonObject)['cell_id'] ?? null);
    return compareUnordered(ids(left), ids(right), symbols, where);
  });
}

function compareHeaders(
  recorded: WireExchange['response']['headers'],
  answer: Pick<HttpAnswer, 'headers'>,
  isStream: boolean,
): Difference[] {
  const expected = new Map(
    Object.entries(recorded ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return COMPARED_HEADERS.filter((name) => !isStream || name !== 'content-length').flatMap(
    (name) =>
      expected.get(name) === answer.headers[name]
        ? []
        : [
            {
              path: `headers.${name}`,
              expected: expected.get(name),
              actual: answer.headers[name] as string | undefined,
            },
          ],
  );
}

/** The original panicked on these; any other server refuses them (data/README.md §2). */
function compareRefusal(message: JsonObject): Difference[] {
  const { error } = message;
  const type = (error as JsonObject | undefined)?.['type'];
  return type === 'InvalidRequest'
    ? []
    : [{ path: 'reply.error.type', expected: 'InvalidRequest', actual: type }];
}

class WireReplay {
  readonly #surroundings = new Surroundings();
  readonly #streams = new Map<string, EventStream>();
  readonly #symbols = new Symbols();
  readonly #bbs: BbsUnderTest;
  readonly #client: BbsClient;

  constructor(bbs: BbsUnderTest, surroundings: Surroundings) {
    this.#bbs = bbs;
    this.#surroundings = surroundings;
    this.#client = new BbsClient(bbs.baseUrl);
  }

  stop(): void {
    for (const stream of this.#streams.values()) stream.close();
    this.#client.close();
  }

  async replay(line: WireLine): Promise<Difference[]> {
    this.#bbs.advance(line.name === 'list after expiry' ? expirySeconds : betweenLinesSeconds);
    if (line.name === 'two cells') await this.#registerTwoCells();
    const differences: Difference[] = [];
    for (const exchange of line.exchanges) {
      const run = line.group === 'events subscribe' ? this.#subscribe : this.#exchange;
      differences.push(...(await run.call(this, exchange, line)));
    }
    if (line.sent !== undefined) differences.push(...(await this.#raw(line)));
    await this.#bbs.idle();
    if (line.streams !== undefined) differences.push(...(await this.#events(line.streams)));
    if (line.name === 'two cells') await this.#bbs.releaseCell('cell-full');
    if (line.name === 'annotation 10240 ok') await this.#removeUnrecorded('val-60');
    return differences;
  }

  async #registerTwoCells(): Promise<void> {
    await this.#bbs.registerCell('cell-a', this.#surroundings.repAddress);
    await this.#bbs.registerCell('cell-full', this.#surroundings.repAddress);
  }

  /** The recorder tidied up here: the lists of later lines are without this LRP. */
  async #removeUnrecorded(process_guid: string): Promise<void> {
    const answer = typeNamed('DesiredLRPLifecycleResponse');
    const request = { process_guid };
    await this.#client.call('/v1/desired_lrp/remove', 'RemoveDesiredLRPRequest', request, answer);
  }

  async #exchange({ request, response }: WireExchange): Promise<Difference[]> {
    const body = Buffer.from(request.body_hex, 'hex');
    const headers = sentHeaders(request.headers);
    const answer = await this.#client.send(request.method, request.path, body, headers);
    const type = typeNamed(response.message_type ?? 'ErrorResponse');
    if (response.connection_closed === true) {
      return compareRefusal(toJson(type, decode(type, answer.body)));
    }
    if (answer.status !== response.status) {
      return [{ path: 'status', expected: response.status, actual: answer.status }];
    }
    const differences = compareHeaders(response.headers, answer, false);
    if (response.message === undefined) {
      const text = answer.body.toString('utf8');
      differences.push(...compareValues(response.body_text, text, this.#symbols, 'body'));
      return differences;
    }
    const expected = withAlways(type, response.message);
    const actual = decodedOr(type, answer);
    // A length that differs is only worth a word when the message is the same.
    const found = compareMessages(expected, actual, this.#symbols, 'reply');
    return found.length > 0 || 'cells' in expected ? found : differences;
  }

  async #subscribe({ request, response }: WireExchange, line: WireLine): Promise<Difference[]> {
    const name = STREAM_OF_LINE[line.name] ?? line.name;
    const body = Buffer.from(request.body_hex, 'hex');
    const answer = await this.#open(name, request.method, request.path, body);
    if (name === 'task') {
      for (const [own, [method, path]] of Object.entries(R0_STREAMS)) {
        await this.#open(own, method, path, Buffer.alloc(0));
      }
    }
    if (answer.statusCode !== response.status) {
      return [{ path: 'status', expected: response.status, actual: answer.statusCode }];
    }
    return compareHeaders(response.headers, answer, true);
  }

  async #open(name: string, method: string, path: string, body: Buffer) {
    const stream = new EventStream(() => undefined);
    this.#streams.set(name, stream);
    return await stream.open(new URL(path, this.#bbs.baseUrl), method, body);
  }

  async #events(recorded: Readonly<Record<string, WireStream>>): Promise<Difference[]> {
    const endsAtMs = performance.now() + longestWaitForEventsMs;
    const isMissing = ([name, { events }]: [string, WireStream]): boolean =>
      (this.#streams.get(name)?.waiting ?? 0) < events.length;
    while (performance.now() < endsAtMs && Object.entries(recorded).some(isMissing)) {
      await setTimeout(2);
    }
    await setTimeout(2);
    return [...this.#streams].flatMap(([name, stream]) =>
      compareItems(recorded[name]?.events ?? [], stream.takeItems(), this.#symbols, name),
    );
  }

  async #raw(line: WireLine): Promise<Difference[]> {
    const isStream = line.name.includes('event stream');
    const received = await exchangeRaw(this.#bbs.baseUrl, line.sent ?? '', async () => {
      if (isStream) await this.#runRawTask();
    });
    const [expected, actual] = [messageOfRaw(line.received ?? ''), messageOfRaw(received)];
    return [
      ...compareValues(expected.head, actual.head, this.#symbols, 'head'),
      ...compareValues(expected.body, actual.body, this.#symbols, 'body'),
    ];
  }

  /** What happened while the recorded stream was open: see the events that it shows. */
  async #runRawTask(): Promise<void> {
    const task_definition = {
      root_fs: 'preloaded:cflinuxfs4',
      action: { run_action: { path: '/t', user: 'vcap' } },
      log_guid: 'raw-task',
    };
    const answer = typeNamed('TaskLifecycleResponse');
    const desire = { task_guid: 'raw-task', domain: 'dom', task_definition };
    await this.#client.call('/v1/tasks/desire.r2', 'DesireTaskRequest', desire, answer);
    const cancel = { task_guid: 'raw-task' };
    await this.#client.call('/v1/tasks/cancel', 'TaskGuidRequest', cancel, answer);
    await this.#bbs.idle();
  }
}

/** An answer that is no such message is shown as what it is. */
function decodedOr(type: AnyType, { body, headers }: HttpAnswer): JsonObject {
  try {
    return toJson(type, decode(type, body));
  } catch {
    const text = body.toString('utf8').slice(0, 200);
    return { content_type: headers['content-type'] ?? '', text };
  }
}

const sentHeaders = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => SENT_HEADERS.includes(name)));

function compareItems(
  recorded: WireStream['events'],
  items: readonly StreamItem[],
  symbols: Symbols,
  name: string,
): Difference[] {
  const ids = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id).join(' ');
  const expectedEvents = recorded.map(({ event, message }) => ({
    event,
    data: withAlways(eventTypeOf(event), message),
  }));
  const events = items.map(({ event, data }): StreamEvent => {
    const type = eventTypeOf(event);
    return { event, data: toJson(type, decode(type, data)) };
  });
  const sequences = [...Map.groupBy(expectedEvents, subjectOf)].map(
    ([of, own]): EventSequence => ({ of, events: own }),
  );
  const differences = compareStream(sequences, events, symbols, `events.${name}`);
  if (differences.length === 0 && ids(recorded) !== ids(items)) {
    differences.push({ path: `ids.${name}`, expected: ids(recorded), actual: ids(items) });
  }
  const badlyFramed = items.find(
    ({ id, event, data, text }) =>
      text !== `id: ${id}\nevent: ${event}\ndata: ${data.toString('base64')}`,
  );
  if (badlyFramed !== undefined) {
    const expected = 'id, event and data in lines of their own';
    differences.push({ path: `framing.${name}`, expected, actual: badlyFramed.text });
  }
  return differences;
}

/** All lines in the recorded order on one empty store. Each line counts as one history. */
export async function replayWire(start: StartBbs = startBbs): Promise<HistoryResult[]> {
  const surroundings = new Surroundings();
  await surroundings.start(() => undefined);
  const bbs = await start({ auctioneerAddress: surroundings.auctioneerAddress });
  const replay = new WireReplay(bbs, surroundings);
  const results: HistoryResult[] = [];
  try {
    for (const line of loadWire()) {
      const found = await replay
        .replay(line)
        .catch((error: unknown): Difference[] => [
          { path: 'exchange', expected: undefined, actual: String(error) },
        ]);
      results.push(resultOf(line, found));
    }
  } finally {
    replay.stop();
    await bbs.stop();
    await surroundings.stop();
  }
  return results;
}

function resultOf(line: WireLine, found: readonly Difference[]): HistoryResult {
  const id = `w${String(line.n).padStart(3, '0')}`;
  const command = `${line.group}: ${line.name}`;
  const differences = found.map((difference) => {
    const entry = explain({ at: '', command, sharesKey: false, tellsTheRows: false }, difference);
    const known = entry === undefined ? {} : { explainedBy: entry };
    return { ...difference, history: id, step: line.n, command, ...known };
  });
  return { id, steps: 1, allSteps: 1, differences };
}
