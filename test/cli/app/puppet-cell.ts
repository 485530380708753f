/**
 * A cell without processes: it says to the BBS what a real one would say, and serves the rep API
 * that the command line uses. What it runs can be told to crash, or not to come up.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  ActualLRPInstanceKey,
  ActualLRPKey,
  ActualLRPLifecycleResponse,
  ActualLRPNetInfo,
  ClaimActualLRPRequest,
  CrashActualLRPRequest,
  PortMapping,
  RemoveActualLRPRequest,
  StartActualLRPRequest,
} from '../../../src/model/bbs/messages/actual-lrp.ts';
import {
  CompleteTaskRequest,
  StartTaskRequest,
  StartTaskResponse,
  type Task,
  TaskByGuidRequest,
  TaskLifecycleResponse,
  TaskResponse,
} from '../../../src/model/bbs/messages/tasks.ts';
import { repState } from '../../auctioneer/fake-rep.ts';
import { TypedClient } from '../../bbs/operations/typed-client.ts';

export interface PuppetInstance {
  readonly processGuid: string;
  readonly instanceGuid: string;
  readonly index: number;
  readonly domain: string;
  readonly hostPort: number;
}

export interface PuppetTaskResult {
  readonly failed?: boolean;
  readonly failure_reason?: string;
  readonly result?: string;
}

/** What an LRP does on this cell. */
export type Behaviour = 'run' | 'claim' | 'crash';

type Json = Readonly<Record<string, unknown>>;

const RESOURCES = { MemoryMB: 4096, DiskMB: 65_536, Containers: 100 };

async function jsonOf(request: IncomingMessage): Promise<Json> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString() || '{}') as Json;
}

const STOP = /^\/v1\/lrps\/([^/]+)\/instances\/([^/]+)\/stop$/;
const LOGS = /^\/v1\/logs\/([^/?]+)(\?follow=true)?$/;

export class PuppetCell {
  readonly cellId: string;
  readonly instances = new Map<string, PuppetInstance>();
  /** By process guid, in time: `+guid/0` when it runs, `-guid/0` when it is gone. */
  readonly history: string[] = [];
  readonly logs = new Map<string, Json[]>();
  behaviour: (processGuid: string) => Behaviour = () => 'run';
  onTask: (task: Task) => Promise<PuppetTaskResult> | PuppetTaskResult = () => ({});
  /** Of /state. */
  state: Json = { AvailableResources: RESOURCES, TotalResources: RESOURCES };
  readonly #client: TypedClient;
  readonly #server = createServer((request, response) => {
    void this.#answer(request, response);
  });
  readonly #followers = new Set<{ guid: string; response: ServerResponse }>();
  #next = 1;

  constructor(cellId: string, bbsUrl: string) {
    this.cellId = cellId;
    this.#client = new TypedClient(bbsUrl);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Writes a line to the log of an app. */
  say(guid: string, line: Json): void {
    const lines = this.logs.get(guid) ?? [];
    this.logs.set(guid, [...lines, line]);
    for (const { guid: own, response } of this.#followers) {
      if (own === guid) response.write(`${JSON.stringify(line)}\n`);
    }
  }

  async crash(instance: PuppetInstance, error_message: string): Promise<void> {
    this.instances.delete(instance.instanceGuid);
    await this.#post('/v1/actual_lrps/crash', CrashActualLRPRequest, {
      ...this.#keys(instance),
      error_message,
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '/' } = request;
    const stop = STOP.exec(url);
    const logs = LOGS.exec(url);
    if (url === '/state') response.end(JSON.stringify(repState(this.cellId, this.state)));
    else if (url === '/container_metrics') response.end(JSON.stringify(this.#metrics()));
    else if (url === '/work') {
      const work = await jsonOf(request);
      response.end('{}');
      for (const lrp of (work['LRPs'] as Json[] | undefined) ?? []) void this.#takeLrp(lrp);
      for (const task of (work['Tasks'] as Json[] | undefined) ?? []) void this.#takeTask(task);
    } else if (url === '/evacuate') {
      response.writeHead(202).end(JSON.stringify({ ping_path: '/ping' }));
      for (const own of [...this.instances.values()]) await this.#remove(own);
    } else if (stop !== null) {
      response.writeHead(202).end();
      const own = this.instances.get(stop[2] ?? '');
      if (own !== undefined) await this.#remove(own);
    } else if (logs !== null) this.#sendLogs(logs[1] ?? '', logs[2] !== undefined, response);
    else response.writeHead(404).end();
  }

  #sendLogs(guid: string, isFollowing: boolean, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    for (const line of this.logs.get(guid) ?? []) response.write(`${JSON.stringify(line)}\n`);
    if (!isFollowing) {
      response.end();
      return;
    }
    response.flushHeaders();
    const own = { guid, response };
    this.#followers.add(own);
    response.on('close', () => this.#followers.delete(own));
  }

  #metrics(): Json {
    const figures = {
      memory_usage_in_bytes: 50 * 1024 * 1024,
      memory_quota_in_bytes: 256 * 1024 * 1024,
      disk_usage_in_bytes: 1024,
      disk_quota_in_bytes: 1024 ** 3,
      time_spent_in_cpu: performance.now() * 100_000,
      processes: 2,
    };
    return {
      cell_id: this.cellId,
      lrps: [...this.instances.values()].map((own) => ({
        process_guid: own.processGuid,
        instance_guid: own.instanceGuid,
        index: own.index,
        ...figures,
      })),
      tasks: [],
    };
  }

  #keys({ processGuid: process_guid, index, domain, instanceGuid: instance_guid }: PuppetInstance) {
    return {
      actual_lrp_key: ActualLRPKey.create({ process_guid, index, domain }),
      actual_lrp_instance_key: ActualLRPInstanceKey.create({ instance_guid, cell_id: this.cellId }),
    };
  }

  async #post<Q>(path: string, request: Parameters<TypedClient['post']>[1], fields: Partial<Q>) {
    return await this.#client.post(path, request, ActualLRPLifecycleResponse, fields as object);
  }

  async #takeLrp(lrp: Json): Promise<void> {
    const processGuid = String(lrp['process_guid']);
    const number = this.#next;
    this.#next += 1;
    const own: PuppetInstance = {
      processGuid,
      instanceGuid: `${this.cellId}-${number}`,
      index: Number(lrp['index']),
      domain: String(lrp['domain']),
      hostPort: 61_000 + number,
    };
    const keys = this.#keys(own);
    await this.#post('/v1/actual_lrps/claim', ClaimActualLRPRequest, {
      process_guid: processGuid,
      index: own.index,
      actual_lrp_instance_key: keys.actual_lrp_instance_key,
    });
    const behaviour = this.behaviour(processGuid);
    this.instances.set(own.instanceGuid, own);
    if (behaviour === 'claim') return;
    if (behaviour === 'crash') {
      await this.crash(own, 'APP/PROC/WEB: Exited with status 7');
      return;
    }
    const net = ActualLRPNetInfo.create({
      address: '127.0.0.1',
      ports: [PortMapping.create({ container_port: 8080, host_port: own.hostPort })],
    });
    this.history.push(`+${processGuid}/${own.index}`);
    await this.#post('/v1/actual_lrps/start.r1', StartActualLRPRequest, {
      ...keys,
      actual_lrp_net_info: net,
    });
  }

  async #remove(own: PuppetInstance): Promise<void> {
    this.instances.delete(own.instanceGuid);
    this.history.push(`-${own.processGuid}/${own.index}`);
    await this.#post('/v1/actual_lrps/remove', RemoveActualLRPRequest, {
      process_guid: own.processGuid,
      index: own.index,
      actual_lrp_instance_key: this.#keys(own).actual_lrp_instance_key,
    });
  }

  async #takeTask(work: Json): Promise<void> {
    const task_guid = String(work['TaskGuid']);
    const { cellId: cell_id } = this;
    const client = this.#client;
    await client.post('/v1/tasks/start', StartTaskRequest, StartTaskResponse, {
      task_guid,
      cell_id,
    });
    const { task } = await client.post(
      '/v1/tasks/get_by_task_guid.r3',
      TaskByGuidRequest,
      TaskResponse,
      { task_guid },
    );
    if (task === undefined) throw new Error(`there is no task ${task_guid}`);
    const result = await this.onTask(task);
    await client.post('/v1/tasks/complete', CompleteTaskRequest, TaskLifecycleResponse, {
      task_guid,
      cell_id,
      ...result,
    });
  }
}
