/** What a worker thread and the router's main thread say to each other: plain data only. */

import type { RouterPhase } from '../../../machines/router/router.events.ts';
import type { ModificationTag } from '../../model/modification-tag.ts';
import type { LoadBalancingOption, Tags } from '../../model/registry-message.ts';
import type { LogLevel } from '../../ports/log.ts';
import type { RouterOptions } from '../options.ts';
import { type Columns, namesOf } from './columns.ts';

/** An endpoint of the main thread's table; it never changes under its number. */
export interface EndpointState {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  readonly applicationId: string;
  readonly privateInstanceId: string;
  readonly privateInstanceIndex: string;
  readonly tags: Tags | undefined;
  readonly isolationSegment: string;
  readonly availabilityZone: string;
  readonly serverCertDomainSan: string;
  readonly protocol: string;
  readonly routeServiceUrl: string;
  readonly staleThresholdMs: number;
  readonly endpointUpdatedAtNs: number;
  readonly loadBalancing: LoadBalancingOption;
  readonly modificationTag: ModificationTag;
  readonly connectionPoolId: number;
}

export const ENDPOINT_NAMES = namesOf<EndpointState>({
  id: true,
  host: true,
  port: true,
  isTls: true,
  applicationId: true,
  privateInstanceId: true,
  privateInstanceIndex: true,
  tags: true,
  isolationSegment: true,
  availabilityZone: true,
  serverCertDomainSan: true,
  protocol: true,
  routeServiceUrl: true,
  staleThresholdMs: true,
  endpointUpdatedAtNs: true,
  loadBalancing: true,
  modificationTag: true,
  connectionPoolId: true,
});

/** A pool as it is now; whatever the copy had under this key before does not matter. */
export interface PoolState {
  readonly key: string;
  readonly contextPath: string;
  readonly routeServiceUrl: string;
  readonly loadBalancing: LoadBalancingOption | undefined;
  /** Numbers of its endpoints, in order. */
  readonly members: readonly number[];
  /** Place among the members and time left of each mark as failed. */
  readonly failed: readonly (readonly [place: number, forMs: number])[];
}

export const POOL_NAMES = namesOf<PoolState>({
  key: true,
  contextPath: true,
  routeServiceUrl: true,
  loadBalancing: true,
  members: true,
  failed: true,
});

export interface TableBatch {
  readonly type: 'table';
  /** One more with each batch to this thread. */
  readonly sequence: number;
  /** Counts the snapshots, so that one whose first batch is lost is missed as well. */
  readonly snapshot: number;
  /** A snapshot begins: the copy forgets what was missing. */
  readonly isFirst: boolean;
  /** The snapshot is whole: pools that it did not name are gone. */
  readonly isLast: boolean;
  /** Those that this thread was not told of since the snapshot began. */
  readonly endpoints: Columns<EndpointState>;
  readonly pools: Columns<PoolState>;
  readonly goneKeys: readonly string[];
}

/** An endpoint that could not be reached. */
export interface EndpointFailure {
  readonly effect: 'mark' | 'remove';
  readonly key: string;
  readonly endpointId: number;
  /** Of a mark: how long it stands. Clocks of threads differ, so no point in time. */
  readonly forMs: number;
}

export interface WorkerInput {
  /** The part of one worker: limits per endpoint are divided already. */
  readonly options: RouterOptions;
  readonly routerAddress: string;
  readonly isAccessLogged: boolean;
  readonly logLevels: readonly LogLevel[];
}

export type ToWorker =
  | TableBatch
  | { readonly type: 'phase'; readonly phase: RouterPhase; readonly isClosing: boolean }
  | { readonly type: 'open'; readonly port: number }
  /** No new connections; busy ones end after their answers. */
  | { readonly type: 'close' }
  | { readonly type: 'cut' }
  | { readonly type: 'stop' }
  /** The report was read: the next one may come. */
  | { readonly type: 'reported' };

export interface LogEntry {
  readonly level: LogLevel;
  /** Below the source of the router's log, with dots. */
  readonly source: string;
  readonly message: string;
  /** JSON. */
  readonly data: string | undefined;
}

export interface AttemptCount {
  readonly component: string;
  readonly applicationId: string;
  readonly count: number;
}

/** Answers that fall into the same buckets of all histograms. */
export interface ResponseCount {
  readonly component: string;
  readonly status: number;
  readonly count: number;
  readonly sumMs: number;
}

/** What happened in a thread since its report before. */
export interface WorkerReport {
  readonly type: 'report';
  /** Access lines, each with its end of line. */
  readonly lines: string;
  readonly droppedLines: number;
  readonly log: readonly LogEntry[];
  readonly droppedLogEntries: number;
  readonly counters: readonly (readonly [name: string, add: number])[];
  readonly attempts: readonly AttemptCount[];
  readonly responses: readonly ResponseCount[];
  readonly failures: readonly EndpointFailure[];
  /** As they are now. */
  readonly openRequests: number;
  readonly openUpgrades: number;
}

export type FromWorker =
  | WorkerReport
  /** Batches up to this one were applied. */
  | { readonly type: 'applied'; readonly sequence: number }
  /** The copy is new or has a gap: a snapshot is needed. */
  | { readonly type: 'resync' }
  | { readonly type: 'filled' }
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'drained' }
  | { readonly type: 'stopped' }
  | {
      readonly type: 'failed';
      readonly message: string;
      readonly stack: string;
      /** For a person, when only a person can repair it. */
      readonly advice: string | undefined;
    };

export const WORKER_LIMITS = {
  /** More threads than this serve nobody. */
  workers: 64,
  /** Pools in one batch. */
  poolsPerBatch: 250,
  /** Members of these pools; the last pool may have more. */
  membersPerBatch: 2000,
  /** Longest time that batches are made in one turn: as long as messages are taken in. */
  pumpSliceMs: 4,
  /** Batches that a thread was sent and has not applied. */
  batchesInFlight: 4,
  /** Changed pools that wait for a slow thread; with more it gets a snapshot instead. */
  waitingKeys: 131_072,
  /** Characters of access lines that wait in a thread. */
  waitingLineCharacters: 4 * 1024 * 1024,
  waitingLogEntries: 2000,
  waitingFailures: 1000,
  /** From something to report to the report. */
  reportDelayMs: 10,
  /** For a thread to say its last words. */
  stopMs: 1000,
} as const;
