/** Asks for places: the auctioneer of this node, or one elsewhere (diego.md §13.1). */
import type { Tell } from '../../../machines/kernel/tell.ts';
import { createHttpCalls } from '../../clients/http-calls.ts';
import { WorkerPool } from '../../clients/worker-pool.ts';
import type { DesiredLRP } from '../../model/bbs/messages/desired-lrp.ts';
import type { Task } from '../../model/bbs/messages/tasks.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { BBS_LIMITS, type BbsOptions } from '../options.ts';

/** As the original writes it, with every key (§13.1). */
export interface LrpStartRequest {
  readonly process_guid: string;
  readonly domain: string;
  readonly indices: readonly number[];
  readonly MemoryMB: number;
  readonly DiskMB: number;
  readonly MaxPids: number;
  readonly RootFs: string;
  readonly PlacementTags: readonly string[] | null;
  readonly VolumeDrivers: readonly string[] | null;
}

export interface TaskStartRequest {
  readonly TaskGuid: string;
  readonly Domain: string;
  readonly MemoryMB: number;
  readonly DiskMB: number;
  readonly MaxPids: number;
  readonly RootFs: string;
  readonly PlacementTags: readonly string[] | null;
  readonly VolumeDrivers: readonly string[];
  readonly state: 'Invalid';
  readonly failed: false;
}

const tagsOf = (tags: readonly string[]): readonly string[] | null =>
  tags.length === 0 ? null : tags;

const driversOf = (mounts: DesiredLRP['volume_mounts']): string[] => [
  ...new Set(mounts.map(({ driver }) => driver)),
];

export const lrpStartRequest = (
  desired: DesiredLRP,
  indices: readonly number[],
): LrpStartRequest => ({
  process_guid: desired.process_guid,
  domain: desired.domain,
  indices,
  MemoryMB: desired.memory_mb,
  DiskMB: desired.disk_mb,
  MaxPids: desired.max_pids,
  RootFs: desired.root_fs,
  PlacementTags: tagsOf(desired.PlacementTags),
  VolumeDrivers: driversOf(desired.volume_mounts),
});

export function taskStartRequest({ task_guid, domain, task_definition }: Task): TaskStartRequest {
  const definition = task_definition;
  return {
    TaskGuid: task_guid,
    Domain: domain,
    MemoryMB: definition?.memory_mb ?? 0,
    DiskMB: definition?.disk_mb ?? 0,
    MaxPids: definition?.max_pids ?? 0,
    RootFs: definition?.root_fs ?? '',
    PlacementTags: tagsOf(definition?.placement_tags ?? []),
    VolumeDrivers: driversOf(definition?.volume_mounts ?? []),
    state: 'Invalid',
    failed: false,
  };
}

export interface AuctioneerClient {
  /** Returns at once; what is lost on the way is asked for again by convergence. */
  requestLrps(requests: readonly LrpStartRequest[]): void;
  requestTasks(requests: readonly TaskStartRequest[]): void;
  /** Waits for the auctioneer's word, as in 2015; false: it did not take the request. */
  requestLrpsNow(requests: readonly LrpStartRequest[]): Promise<boolean>;
  idle(): Promise<void>;
}

interface Ports {
  readonly clock: Clock;
  readonly log: Log;
  readonly notify: Tell;
}

export function createAuctioneerClient(options: BbsOptions, ports: Ports): AuctioneerClient {
  const { auctioneerAddress: address, communicationTimeoutMs, auctioneerTls } = options;
  const { log, notify } = ports;
  const calls = createHttpCalls({
    clock: ports.clock,
    timeoutMs: communicationTimeoutMs,
    tls: auctioneerTls,
  });
  // One at a time: batches arrive in the order in which they were asked for.
  const pool = new WorkerPool(1, BBS_LIMITS.auctionsWaiting);

  async function post(path: string, body: string): Promise<boolean> {
    for (let attempt = 1; attempt <= BBS_LIMITS.auctionAttempts; attempt += 1) {
      const result = await calls.call('POST', `${address}${path}`, body);
      if (result.ok && result.status < 300) return true;
      log.error('bbs.auctioneer.request-failed', { path, attempt, ...result });
    }
    return false;
  }

  function send(path: string, type: string, requests: readonly unknown[]): void {
    if (requests.length === 0) return;
    if (address === '') {
      notify('auctioneer', { type, requests } as { type: string });
      return;
    }
    const work = async (): Promise<void> => {
      await post(path, JSON.stringify(requests));
    };
    if (!pool.add(work)) {
      log.error('bbs.auctioneer.queue-full', { path });
    }
  }

  return {
    requestLrps: (requests) => send('/v1/lrps', 'LRP_AUCTION_REQUESTED', requests),
    requestTasks: (requests) => send('/v1/tasks', 'TASK_AUCTION_REQUESTED', requests),
    async requestLrpsNow(requests) {
      if (address !== '') return await post('/v1/lrps', JSON.stringify(requests));
      send('/v1/lrps', 'LRP_AUCTION_REQUESTED', requests);
      return true;
    },
    idle: () => pool.idle(),
  };
}
