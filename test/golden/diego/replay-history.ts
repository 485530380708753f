import { setImmediate, setTimeout } from 'node:timers/promises';
import { decode } from '../../../src/model/protobuf/decode.ts';
import { BbsClient } from './bbs-client.ts';
import { compareStep, isOfState } from './compare-step.ts';
import type { Difference } from './compare-values.ts';
import { type Circumstances, type Deviation, explain } from './deviations.ts';
import { EventStream } from './event-stream.ts';
import { LastTimes } from './last-times.ts';
import { type Json, type JsonObject, toJson } from './message-json.ts';
import { responseTypeOf, typeNamed } from './message-types.ts';
import {
  type Command,
  indicesWithSharedKey,
  nameOfDesired,
  nameOfRow,
  nameOfTask,
  type Observation,
  type RecordedHistory,
  type RecordedStep,
  STREAMS,
} from './recorded-history.ts';
import { Surroundings } from './surroundings.ts';
import { Symbols } from './symbols.ts';
import { tellTheRows } from './told-rows.ts';
import type { BbsUnderTest, StartBbs } from './under-test.ts';

/** Longest wait for events that were recorded and have not come after the server was idle. */
const missingEventsMs = 40;
/** After the last step: nothing more may come. */
const latecomersMs = 20;
/**
 * What a step took when it was recorded, in seconds: with so little the times of two steps
 * differ, and what then was just past a limit is past it now. A pass took longer.
 */
const stepSeconds = 0.1;
const passSeconds = 0.4;

const STREAM_PATHS = {
  instance: ['POST', '/v1/events/lrp_instances.r1'],
  group: ['GET', '/v1/events.r1'],
  task: ['POST', '/v1/events/tasks.r1'],
} as const;

export interface FoundDifference extends Difference {
  readonly history: string;
  readonly step: number;
  readonly command: string;
  readonly explainedBy?: Deviation;
}

export interface HistoryResult {
  readonly id: string;
  /** Steps that were run, of so many. */
  readonly steps: number;
  readonly allSteps: number;
  readonly differences: readonly FoundDifference[];
}

export type Verdict = 'equal' | 'explained' | 'different';

export function verdictOf({ differences }: HistoryResult): Verdict {
  if (differences.length === 0) return 'equal';
  return differences.every(({ explainedBy }) => explainedBy !== undefined)
    ? 'explained'
    : 'different';
}

const nameOfCommand = (command: Command): string =>
  command.op === 'rpc' ? command.path.replace(/^\/v1\//, '') : command.op;

/** A server with its surroundings and the three streams, for one history after another. */
export class Lane {
  readonly #surroundings = new Surroundings();
  readonly #streams = {
    instance: new EventStream(() => this.#wake()),
    group: new EventStream(() => this.#wake()),
    task: new EventStream(() => this.#wake()),
  };
  #wake: () => void = () => undefined;
  #bbs: BbsUnderTest | undefined;
  #client = new BbsClient('http://127.0.0.1');
  readonly #startBbs: StartBbs;

  constructor(start: StartBbs) {
    this.#startBbs = start;
  }

  async start(): Promise<void> {
    await this.#surroundings.start(() => this.#wake());
    const { auctioneerAddress } = this.#surroundings;
    const bbs = await this.#startBbs({ auctioneerAddress });
    this.#bbs = bbs;
    this.#client = new BbsClient(bbs.baseUrl);
    for (const name of STREAMS) {
      const [method, path] = STREAM_PATHS[name];
      await this.#streams[name].open(new URL(path, bbs.baseUrl), method, new Uint8Array(0));
    }
  }

  async stop(): Promise<void> {
    for (const name of STREAMS) this.#streams[name].close();
    this.#client.close();
    await this.#bbs?.stop();
    await this.#surroundings.stop();
  }

  async replay(history: RecordedHistory): Promise<HistoryResult> {
    for (const cellId of history.registered_cells) await this.#register(cellId);
    this.#takeAll();
    const symbols = new Symbols();
    const lastTimes = new LastTimes();
    const differences: FoundDifference[] = [];
    let steps = 0;
    let last: RecordedStep | undefined;
    let seenBefore: Observation | undefined;
    for (const step of history.steps) {
      const seen = await this.#run(history, step).catch(String);
      if (typeof seen === 'string') {
        const failure = { path: 'exchange', expected: undefined, actual: seen };
        differences.push(describe(history, { step }, failure));
        break;
      }
      const result = compareStep(step, seen, symbols, lastTimes);
      steps += 1;
      const place: Place = { step, before: last, seen, seenBefore };
      last = step;
      seenBefore = seen;
      const found = result.differences.map((difference) => describe(history, place, difference));
      differences.push(...found);
      if (result.isEnd || result.differences.some(isOfState)) break;
    }
    if (differences.length === 0 && last !== undefined) {
      differences.push(...(await this.#latecomers(history, last)));
    }
    return { id: history.id, steps, allSteps: history.steps.length, differences };
  }

  async #latecomers(history: RecordedHistory, last: RecordedStep): Promise<FoundDifference[]> {
    await setTimeout(latecomersMs);
    const count = this.#waiting;
    if (count === 0) return [];
    const seen = JSON.stringify(this.#takeAll());
    const difference = { path: 'afterwards', expected: undefined, actual: seen };
    return [describe(history, { step: last }, difference)];
  }

  async #register(cellId: string): Promise<void> {
    await this.#bbs?.registerCell(cellId, this.#surroundings.repAddress);
  }

  async #run(history: RecordedHistory, step: RecordedStep): Promise<Observation> {
    this.#bbs?.advance(step.cmd.op === 'converge' ? passSeconds : stepSeconds);
    const reply = await this.#command(step.cmd);
    await this.#bbs?.idle();
    const [rows, desired, tasks, domains] = await Promise.all([
      this.#rows(history),
      this.#desired(history),
      this.#tasks(history),
      step.domains === undefined ? undefined : this.#domains(),
    ]);
    await this.#arrivals(expectedArrivals(step));
    return {
      ...(reply === undefined ? {} : { reply }),
      rows,
      desired,
      tasks,
      ...(domains === undefined ? {} : { domains }),
      ...this.#takeAll(),
    };
  }

  async #command(command: Command): Promise<JsonObject | undefined> {
    switch (command.op) {
      case 'rpc': {
        const { path, request_type } = command;
        const request = this.#withCallbacks(command.request, 'http://CALLBACK', this.#callbacks);
        return await this.#client.call(path, request_type, request, responseTypeOf(path));
      }
      case 'advance':
        this.#bbs?.advance(command.seconds);
        return undefined;
      case 'register_cell':
        await this.#register(command.cell_id);
        return undefined;
      case 'release_cell':
        await this.#bbs?.releaseCell(command.cell_id);
        return undefined;
      case 'converge':
        await this.#client.send('POST', '/v1/lrps/converge', new Uint8Array(0));
        await this.#bbs?.idle();
        await this.#client.send('POST', '/v1/tasks/converge', new Uint8Array(0));
        return undefined;
    }
  }

  get #callbacks(): string {
    return this.#surroundings.callbackAddress;
  }

  #withCallbacks<T extends Json>(value: T, from: string, to: string): T {
    const text = JSON.stringify(value);
    return text.includes(from) ? (JSON.parse(text.replaceAll(from, to)) as T) : value;
  }

  async #list(
    path: string,
    types: readonly [request: string, response: string],
    request: JsonObject,
    field: string,
  ): Promise<JsonObject[]> {
    const answer = await this.#client.call(path, types[0], request, typeNamed(types[1]));
    if ('error' in answer || 'status' in answer) return [{ [path]: answer }];
    const list = (answer[field] ?? []) as JsonObject[];
    return this.#withCallbacks(list, this.#callbacks, 'http://CALLBACK');
  }

  async #rows({ process_guids }: RecordedHistory): Promise<JsonObject[]> {
    const types = ['ActualLRPsRequest', 'ActualLRPsResponse'] as const;
    const lists = await Promise.all(
      process_guids.map((process_guid) =>
        this.#list('/v1/actual_lrps/list', types, { process_guid }, 'actual_lrps'),
      ),
    );
    return sortedBy(lists.flat(), nameOfRow);
  }

  async #desired({ process_guids }: RecordedHistory): Promise<JsonObject[]> {
    if (process_guids.length === 0) return [];
    const path = '/v1/desired_lrp_scheduling_infos/list';
    const types = ['DesiredLRPsRequest', 'DesiredLRPSchedulingInfosResponse'] as const;
    const field = 'desired_lrp_scheduling_infos';
    return sortedBy(await this.#list(path, types, { process_guids }, field), nameOfDesired);
  }

  async #tasks({ task_guids }: RecordedHistory): Promise<JsonObject[]> {
    if (task_guids.length === 0) return [];
    const types = ['TasksRequest', 'TasksResponse'] as const;
    const tasks = await this.#list('/v1/tasks/list.r3', types, {}, 'tasks');
    const isOfOthers = (guid: string): boolean => guid !== '' && !task_guids.includes(guid);
    return sortedBy(
      tasks.filter((task) => !isOfOthers(nameOfTask(task))),
      nameOfTask,
    );
  }

  async #domains(): Promise<string[]> {
    const type = typeNamed('DomainsResponse');
    const answer = await this.#client.send('POST', '/v1/domains/list', new Uint8Array(0));
    const { domains } = toJson(type, decode(type, answer.body));
    return ((domains ?? []) as string[]).toSorted();
  }

  get #waiting(): number {
    const events = STREAMS.map((name) => this.#streams[name].waiting);
    return events.reduce((sum, count) => sum + count, this.#surroundings.waiting);
  }

  /** Returns when as much has come as was recorded, and a little later all the same. */
  async #arrivals(expected: number): Promise<void> {
    await setImmediate();
    if (this.#waiting < expected) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = () => {
        if (this.#waiting >= expected) resolve();
      };
      await Promise.race([promise, setTimeout(missingEventsMs)]);
      this.#wake = () => undefined;
    }
    await setImmediate();
  }

  #takeAll(): Pick<Observation, 'events' | 'auctions' | 'rep' | 'callbacks'> {
    const { instance, group, task } = this.#streams;
    const events = {
      instance: instance.takeEvents(),
      group: group.takeEvents(),
      task: this.#withCallbacks(
        task.takeEvents() as unknown as Json,
        this.#callbacks,
        'http://CALLBACK',
      ) as unknown as ReturnType<EventStream['takeEvents']>,
    };
    return {
      events,
      auctions: this.#surroundings.takeAuctions(),
      rep: this.#surroundings.takeRepCalls(),
      callbacks: this.#surroundings.takeCallbacks(),
    };
  }
}

function sortedBy(list: readonly JsonObject[], nameOf: (value: JsonObject) => string) {
  return list.toSorted((left, right) => (nameOf(left) < nameOf(right) ? -1 : 1));
}

function expectedArrivals({ events, auctions, rep, callbacks }: RecordedStep): number {
  const sequences = STREAMS.flatMap((name) => events[name] ?? []);
  const outside = auctions.length + (rep?.length ?? 0) + (callbacks?.length ?? 0);
  return sequences.reduce((sum, sequence) => sum + sequence.events.length, outside);
}

/** A step with what was before it, as recorded and as seen. */
interface Place {
  readonly step: RecordedStep;
  readonly before?: RecordedStep | undefined;
  readonly seen?: Observation;
  readonly seenBefore?: Observation | undefined;
}

const isAt =
  (subject: string) =>
  (row: JsonObject): boolean =>
    nameOfRow(row).split(' ')[0] === subject;

function circumstancesOf(
  id: string,
  { step, before, seen, seenBefore }: Place,
  command: string,
  path: string,
): Circumstances {
  const subject = /^events\.\w+\{([^}]*)\}/.exec(path)?.[1] ?? '';
  const { type } = (step.reply?.['error'] ?? {}) as { readonly type?: string };
  const rowsBefore = (seenBefore?.rows ?? []).filter(isAt(subject));
  const rowsAfter = (seen?.rows ?? []).filter(isAt(subject));
  const events = seen?.events.instance ?? [];
  return {
    at: `${id}:${step.n}`,
    command,
    error: type,
    sharesKey: indicesWithSharedKey(before?.rows ?? [], step.rows).has(subject),
    tellsTheRows: tellTheRows(subject, rowsBefore, events, rowsAfter),
  };
}

function describe(
  { id }: RecordedHistory,
  place: Place,
  { path, expected, actual }: Difference,
): FoundDifference {
  const command = nameOfCommand(place.step.cmd);
  const difference = { path: path.replaceAll(`${id}-`, ''), expected, actual };
  const entry = explain(circumstancesOf(id, place, command, path), difference);
  return {
    ...difference,
    history: id,
    step: place.step.n,
    command,
    ...(entry === undefined ? {} : { explainedBy: entry }),
  };
}
