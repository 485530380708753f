import { setTimeout as pause } from 'node:timers/promises';
import { BbsClient } from '../../golden/diego/bbs-client.ts';
import { EventStream } from '../../golden/diego/event-stream.ts';
import type { JsonObject } from '../../golden/diego/message-json.ts';
import { typeNamed } from '../../golden/diego/message-types.ts';
import type { BbsUnderTest } from '../support/bbs-under-test.ts';
import { type Action, actionOf, type Guids } from './commands.ts';
import { RecordingPeers } from './recording-peers.ts';
import { renderEvent } from './render-events.ts';
import { asObject, type LrpRow } from './render-records.ts';
import type { EventStreamName, Generation } from './transition-row.ts';

export type StartServer = (
  generation: Generation,
  auctioneerAddress: string,
) => Promise<BbsUnderTest>;

const GUIDS: Guids = { process_guid: 'lrp', task_guid: 'task' };
const CELLS = ['cell-a', 'cell-b'];
/** Every command happens at a time of its own. */
const tickSeconds = 0.001;
/** How long what is expected may take to come, and how long nothing more must. */
const settleMs = 150;
const quietMs = 3;
/** Longer than any pause of the restart policy (diego.md §3.4). */
const restartSeconds = 961;

const STREAMS: Readonly<
  Record<Generation, Readonly<Partial<Record<EventStreamName, readonly [string, string]>>>>
> = {
  today: {
    instance: ['POST', '/v1/events/lrp_instances.r1'],
    group: ['GET', '/v1/events.r1'],
    task: ['POST', '/v1/events/tasks.r1'],
  },
  '2015': { stream: ['GET', '/v1/events'] },
};

export interface Records {
  readonly rows: readonly LrpRow[];
  readonly tasks: readonly JsonObject[];
}

/** A fresh server with its peers, the streams of its generation, and one LRP or task in play. */
export class Scene {
  readonly #generation: Generation;
  readonly #server: BbsUnderTest;
  readonly #client: BbsClient;
  readonly #peers: RecordingPeers;
  readonly #streams: ReadonlyMap<EventStreamName, EventStream>;

  private constructor(
    generation: Generation,
    server: BbsUnderTest,
    peers: RecordingPeers,
    streams: ReadonlyMap<EventStreamName, EventStream>,
  ) {
    this.#generation = generation;
    this.#server = server;
    this.#client = new BbsClient(server.baseUrl);
    this.#peers = peers;
    this.#streams = streams;
  }

  static async open(generation: Generation, startServer: StartServer): Promise<Scene> {
    const peers = await RecordingPeers.start();
    const server = await startServer(generation, peers.address);
    for (const cell of CELLS) await server.registerCell(cell, peers.address);
    const streams = new Map<EventStreamName, EventStream>();
    for (const [name, [method, path]] of Object.entries(STREAMS[generation])) {
      const stream = new EventStream(() => undefined);
      await stream.open(new URL(path, server.baseUrl), method, new Uint8Array(0));
      streams.set(name as EventStreamName, stream);
    }
    return new Scene(generation, server, peers, streams);
  }

  async close(): Promise<void> {
    for (const stream of this.#streams.values()) stream.close();
    this.#client.close();
    await this.#server.stop();
    await this.#peers.stop();
  }

  /** The answer of a request; `{}` for other commands. */
  async run(command: string): Promise<JsonObject> {
    this.#server.advance(tickSeconds);
    const answer = await this.#do(actionOf(command, GUIDS, this.#generation));
    await this.#server.idle();
    return answer;
  }

  async #do(action: Action): Promise<JsonObject> {
    switch (action.kind) {
      case 'request': {
        const { path, requestType, message, responseType } = action;
        return await this.#client.call(path, requestType, message, typeNamed(responseType));
      }
      case 'advance':
        this.#server.advance(action.seconds);
        return {};
      case 'wait':
        await pause(action.seconds * 1000);
        return {};
      case 'register':
        await this.#server.registerCell(action.cell, this.#peers.address);
        return {};
      case 'release':
        await this.#server.releaseCell(action.cell);
        return {};
      case 'fail':
        this.#peers.failing.add(action.peer);
        return {};
      case 'converge':
        return await this.#converge();
      case 'crash_until':
        return await this.#crashUntil(action.count);
    }
  }

  async #converge(): Promise<JsonObject> {
    const client = this.#client;
    const lrps = typeNamed('ConvergeLRPsResponse');
    const answer = await client.call('/v1/lrps/converge', 'ConvergeTasksRequest', {}, lrps);
    if (Object.keys(answer).length > 0) return answer;
    const tasks = typeNamed('ConvergeTasksResponse');
    return await client.call('/v1/tasks/converge', 'ConvergeTasksRequest', {}, tasks);
  }

  async #crashUntil(count: number): Promise<JsonObject> {
    for (let crash = 1; crash <= count; crash += 1) {
      for (const command of [`claim c${crash}@cell-a`, `crash c${crash}@cell-a`]) {
        const answer = await this.run(command);
        if (Object.keys(answer).length > 0) return answer;
      }
      if (crash < 3 || crash === count) continue;
      await this.run(`advance ${restartSeconds}`);
      await this.run('converge');
    }
    return {};
  }

  async records(): Promise<Records> {
    const [rows, tasks] = await Promise.all([
      this.#generation === 'today' ? this.#rowsOfToday() : this.#rowsOf2015(),
      this.#list('/v1/tasks/list', 'TasksRequest', {}, 'TasksResponse', 'tasks'),
    ]);
    return { rows, tasks };
  }

  async #rowsOfToday(): Promise<LrpRow[]> {
    const path = '/v1/actual_lrps/list';
    const filter = { process_guid: GUIDS.process_guid };
    const response = 'ActualLRPsResponse';
    const list = await this.#list(path, 'ActualLRPsRequest', filter, response, 'actual_lrps');
    return list.map((lrp) => ({ slot: (lrp['presence'] ?? 'ORDINARY') as LrpRow['slot'], lrp }));
  }

  async #rowsOf2015(): Promise<LrpRow[]> {
    const groups = await this.#list(
      '/v1/actual_lrp_groups/list_by_process_guid',
      'ActualLRPGroupsByProcessGuidRequest',
      { process_guid: GUIDS.process_guid },
      'ActualLRPGroupsResponse',
      'actual_lrp_groups',
    );
    return groups.flatMap(({ instance, evacuating }) => [
      ...(instance === undefined ? [] : [{ slot: 'ORDINARY' as const, lrp: asObject(instance) }]),
      ...(evacuating === undefined
        ? []
        : [{ slot: 'EVACUATING' as const, lrp: asObject(evacuating) }]),
    ]);
  }

  async #list(
    path: string,
    requestType: string,
    filter: JsonObject,
    responseType: string,
    field: string,
  ): Promise<JsonObject[]> {
    const answer = await this.#client.call(path, requestType, filter, typeNamed(responseType));
    if ('error' in answer || 'status' in answer) {
      throw new Error(`${path} → ${JSON.stringify(answer)}`);
    }
    return [...((answer[field] ?? []) as readonly JsonObject[])];
  }

  /** Waits until so much has come, then a little for what must not come. */
  async settle(eventCount: number, callCount: number): Promise<void> {
    const end = performance.now() + settleMs;
    const isThere = (): boolean => {
      const events = [...this.#streams.values()].reduce((sum, { waiting }) => sum + waiting, 0);
      return events >= eventCount && this.#peers.count >= callCount;
    };
    while (!isThere() && performance.now() < end) await pause(1);
    await pause(quietMs);
  }

  takeEvents(): ReadonlyMap<EventStreamName, readonly string[]> {
    const events = [...this.#streams].map(([name, stream]) => {
      const lines = stream.takeEvents().map(renderEvent);
      return [name, lines.filter((line) => line !== undefined)] as const;
    });
    return new Map(events);
  }

  takeCalls(): ReturnType<RecordingPeers['takeCalls']> {
    return this.#peers.takeCalls();
  }
}
