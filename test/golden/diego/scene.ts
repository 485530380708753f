import { pause, waitUntil } from '../pause.ts';
import { BbsClient } from './bbs-client.ts';
import type { Meaning } from './compare-json.ts';
import { EventStream } from './event-stream.ts';
import type { JsonObject } from './message-json.ts';
import { responseTypeOf, typeNamed } from './message-types.ts';
import {
  type Command,
  type EventSequence,
  nameOfDesired,
  nameOfRow,
  nameOfTask,
  type Observation,
  type RecordedHistory,
  type RecordedStep,
  STREAMS,
  type StreamName,
} from './recorded-history.ts';
import { RecordingPeers } from './recording-peers.ts';
import type { ServerUnderTest, StartServer } from './server-under-test.ts';
import { Symbols } from './symbols.ts';

/** Every step happens at a time of its own, so that a new time can be told from an old one. */
const tickSeconds = 0.001;
/** For what is still on its way after the server is idle: less came than recorded. */
const settleMs = 150;
const afterwardsMs = 20;
const NO_CALLS = '{"auctions":[],"rep":[],"callbacks":[]}';
const none: readonly never[] = [];

const countOf = (sequences: readonly EventSequence[] | undefined): number => {
  const lengths = (sequences ?? []).map(({ events, variants = [] }) =>
    Math.min(events.length, ...variants.map((variant) => variant.length)),
  );
  return lengths.reduce((sum, length) => sum + length, 0);
};

function sortedBy(
  items: readonly JsonObject[],
  nameOf: (item: JsonObject) => string,
): JsonObject[] {
  return [...items].sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
}

/** A server of its own for one history, with all that watches it. */
export class Scene {
  readonly #server: ServerUnderTest;
  readonly #peers: RecordingPeers;
  readonly #client: BbsClient;
  readonly #streams: Readonly<Record<StreamName, EventStream>>;
  readonly meaning: Meaning;
  stepsRun = 0;

  private constructor(
    server: ServerUnderTest,
    peers: RecordingPeers,
    streams: Readonly<Record<StreamName, EventStream>>,
  ) {
    this.#server = server;
    this.#peers = peers;
    this.#client = new BbsClient(server.baseUrl);
    this.#streams = streams;
    this.meaning = { symbols: new Symbols(), callbackAddress: peers.address };
  }

  static async open(history: RecordedHistory, startServer: StartServer): Promise<Scene> {
    const peers = await RecordingPeers.start();
    const server = await startServer(peers.address);
    for (const cell of history.registered_cells) await server.registerCell(cell, peers.address);
    const { baseUrl } = server;
    const streams = {
      instance: await EventStream.open(baseUrl, 'instance'),
      group: await EventStream.open(baseUrl, 'group'),
      task: await EventStream.open(baseUrl, 'task'),
    };
    return new Scene(server, peers, streams);
  }

  async close(): Promise<void> {
    for (const stream of Object.values(this.#streams)) stream.close();
    this.#client.close();
    await this.#server.stop();
    await this.#peers.stop();
  }

  async run(command: Command): Promise<JsonObject | undefined> {
    this.stepsRun += 1;
    this.#server.advance(tickSeconds);
    const { address } = this.#peers;
    let reply: JsonObject | undefined;
    switch (command.op) {
      case 'rpc': {
        const { path, request_type, request } = command;
        const meant = JSON.parse(
          JSON.stringify(request).replaceAll('http://CALLBACK', address),
        ) as JsonObject;
        const answerType = responseTypeOf(path);
        reply = await this.#client.call(path, typeNamed(request_type), meant, answerType);
        break;
      }
      case 'advance':
        this.#server.advance(command.seconds);
        break;
      case 'register_cell':
        await this.#server.registerCell(command.cell_id, address);
        break;
      case 'release_cell':
        await this.#server.releaseCell(command.cell_id);
        break;
      case 'converge':
        await this.#converge();
    }
    await this.#server.idle();
    return reply;
  }

  async #converge(): Promise<void> {
    const answers = [
      await this.#client.call(
        '/v1/lrps/converge',
        typeNamed(''),
        {},
        typeNamed('ConvergeLRPsResponse'),
      ),
      await this.#client.call(
        '/v1/tasks/converge',
        typeNamed('ConvergeTasksRequest'),
        {},
        typeNamed('ConvergeTasksResponse'),
      ),
    ];
    for (const { error } of answers) {
      if (error !== undefined) throw new Error(`converge → ${JSON.stringify(error)}`);
    }
  }

  async #readRecords(withDomains: boolean): Promise<Omit<Observation, 'events' | 'auctions'>> {
    const client = this.#client;
    const [rows, desired, tasks, domains] = await Promise.all([
      client.list('/v1/actual_lrps/list', 'ActualLRPsRequest', 'ActualLRPsResponse', 'actual_lrps'),
      client.list(
        '/v1/desired_lrp_scheduling_infos/list',
        'DesiredLRPsRequest',
        'DesiredLRPSchedulingInfosResponse',
        'desired_lrp_scheduling_infos',
      ),
      client.list('/v1/tasks/list.r3', 'TasksRequest', 'TasksResponse', 'tasks'),
      withDomains ? client.list('/v1/domains/list', '', 'DomainsResponse', 'domains') : none,
    ]);
    return {
      rows: sortedBy(rows, nameOfRow),
      desired: sortedBy(desired, nameOfDesired),
      tasks: sortedBy(tasks, nameOfTask),
      domains: domains as unknown as readonly string[],
    };
  }

  #isEverythingThere({ events, auctions, rep = none, callbacks = none }: RecordedStep): boolean {
    const { counts } = this.#peers;
    return (
      STREAMS.every((stream) => this.#streams[stream].count >= countOf(events[stream])) &&
      counts.auctions >= auctions.length &&
      counts.rep >= rep.length &&
      counts.callbacks >= callbacks.length
    );
  }

  /** What came after the last step was over, in words; empty when nothing did. */
  async leftOver(): Promise<string> {
    await pause(afterwardsMs);
    const events = STREAMS.flatMap((stream) =>
      this.#streams[stream].takeEvents().map(({ event }) => `${stream}: ${event}`),
    );
    return [...events, JSON.stringify(this.#peers.takeCalls())]
      .filter((text) => text !== NO_CALLS)
      .join(', ');
  }

  /** `recorded` says only how much is worth waiting for. */
  async observe(recorded: RecordedStep, reply: JsonObject | undefined): Promise<Observation> {
    const records = await this.#readRecords(recorded.domains !== undefined);
    await waitUntil(() => this.#isEverythingThere(recorded), settleMs, 2);
    return {
      ...(reply === undefined ? {} : { reply }),
      ...records,
      ...this.#peers.takeCalls(),
      events: {
        instance: this.#streams.instance.takeEvents(),
        group: this.#streams.group.takeEvents(),
        task: this.#streams.task.takeEvents(),
      },
    };
  }
}
