/**
 * What the rep asks of the part that runs containers, and what it hears from it (diego.md §13.4,
 * §13.5). A container is a directory and the processes in it.
 */
import type { Action } from '../../model/bbs/messages/actions.ts';
import type {
  CachedDependency,
  CheckDefinition,
  EnvironmentVariable,
} from '../../model/bbs/messages/common.ts';

export type ContainerState = 'reserved' | 'initializing' | 'created' | 'running' | 'completed';

/** What is taken from the cell before anything runs. */
export interface Allocation {
  /** Of an LRP: the instance guid; of a task: the task guid. Unique on the cell. */
  readonly guid: string;
  readonly memoryMb: number;
  readonly diskMb: number;
  /** 0: only the bound of the cell. */
  readonly maxPids: number;
  readonly owner: ContainerOwner;
}

export type ContainerOwner =
  | {
      readonly lifecycle: 'lrp';
      readonly domain: string;
      readonly processGuid: string;
      readonly index: number;
      readonly instanceGuid: string;
    }
  | { readonly lifecycle: 'task'; readonly domain: string };

/** What a container does once it is run. */
export interface RunRequest {
  /** Of the LRP or task; those of a run action come after and win. */
  readonly environment: readonly EnvironmentVariable[];
  readonly cachedDependencies: readonly CachedDependency[];
  readonly setup: Action | undefined;
  readonly action: Action;
  /** Undefined without a monitor. */
  readonly monitor: Action | undefined;
  /** Takes the place of `monitor` when it holds checks. */
  readonly checks: CheckDefinition | undefined;
  /** 0: none. */
  readonly startTimeoutMs: number;
  /** Each gets a port of the host. */
  readonly containerPorts: readonly number[];
  /** Under which name lines are logged, and for which app. */
  readonly logGuid: string;
  readonly logSource: string;
  /** Undefined or negative: only the bound of the cell. 0: what it writes is dropped. */
  readonly logBytesPerSecond?: number;
  readonly memoryMb: number;
}

export interface PortMap {
  readonly containerPort: number;
  readonly hostPort: number;
}

export interface RunResult {
  readonly isFailed: boolean;
  /** As it is reported: "APP: Exited with status 1" … (diego.md §13.5). */
  readonly failureReason: string;
  /** Ended because it was asked to. */
  readonly isStopped: boolean;
  /** The cell could not run it; another one may. */
  readonly isRetryable: boolean;
}

/** As it is now; a new object after each change. */
export interface Container {
  readonly allocation: Allocation;
  readonly state: ContainerState;
  /** Empty until it is created. */
  readonly ports: readonly PortMap[];
  /** Where the ports are reached from other machines. */
  readonly address: string;
  /** False while a readiness check fails. */
  readonly isRoutable: boolean;
  /** When it is completed. */
  readonly result: RunResult | undefined;
}

export interface Resources {
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly containers: number;
}

export interface ContainerFigures {
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** Of all its processes since it was created. */
  readonly cpuMs: number;
  readonly processes: number;
}

export interface LogLine {
  /** Of all lines of this log; grows by one. */
  readonly sequence: number;
  /** Unix time in milliseconds. */
  readonly wallMs: number;
  readonly instanceGuid: string;
  /** Of an LRP; 0 of a task. */
  readonly index: number;
  readonly source: string;
  readonly stream: 'out' | 'err';
  readonly text: string;
}

export interface LogStore {
  /** The lines kept for a log guid, oldest first. */
  recent(logGuid: string): readonly LogLine[];
  /** Every line from now on, in order. Returns the cancellation. */
  follow(logGuid: string, onLine: (line: LogLine) => void): () => void;
}

export type Refusal = 'unknown-container' | 'wrong-state' | 'guid-taken' | 'insufficient-resources';

export interface Executor {
  readonly logs: LogStore;
  readonly total: Resources;
  available(): Resources;
  list(): readonly Container[];
  get(guid: string): Container | undefined;
  /** Undefined: the container is `reserved` now. */
  allocate(allocation: Allocation): Refusal | undefined;
  /** Undefined: on its way; what comes of it is told by events. */
  run(guid: string, request: RunRequest): Refusal | undefined;
  /** SIGTERM, then SIGKILL; it ends as completed and stopped. False: unknown. */
  stop(guid: string): boolean;
  /** Ends it at once if it still runs, and removes every trace. Resolves when all is gone. */
  remove(guid: string): Promise<void>;
  /** A file of a completed task. Undefined: cannot be read, or is above 50 KiB. */
  resultFile(guid: string, path: string): Promise<string | undefined>;
  /** Adds a line of the cell to the log of the app (diego.md §13.5). */
  note(guid: string, text: string): void;
  figures(guid: string): ContainerFigures | undefined;
  /** Tells of each change of a container, after it happened. Returns the cancellation. */
  onChange(listener: (container: Container) => void): () => void;
}
