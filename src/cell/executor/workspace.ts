/** What exists of a container beside its actor: it outlives a crash of it (DESIGN §4 rule 5). */
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { ProcessMark, ProcessRunner } from '../../ports/process-runner.ts';
import type { Random } from '../../ports/random.ts';
import type { ContainerPaths } from './container-paths.ts';
import type { Allocation, ContainerFigures, PortMap, RunRequest } from './executor.ts';
import type { HostPorts } from './host-ports.ts';
import type { AppLog } from './logs/app-log.ts';
import type { ExecutorOptions, ExecutorTuning } from './options.ts';
import type { ProcessWatch } from './process-watch.ts';

export interface ExecutorPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly processes: ProcessRunner;
}

/** What all containers share. */
export interface ExecutorContext {
  readonly options: ExecutorOptions & ExecutorTuning;
  readonly ports: ExecutorPorts;
  readonly hostPorts: HostPorts;
  readonly watch: ProcessWatch;
}

export interface Workspace {
  readonly allocation: Allocation;
  readonly paths: ContainerPaths;
  readonly mark: ProcessMark;
  /** Ends what it does now; everything it started listens. */
  readonly stopping: AbortController;
  /** Settles when setup and action are over; undefined before they begin. */
  program: Promise<void> | undefined;
  request: RunRequest | undefined;
  appLog: AppLog | undefined;
  ports: readonly PortMap[];
  /** Of the processes that its actions started and wait for. */
  readonly groups: Set<number>;
  figures: ContainerFigures;
  /** Why its processes were killed, such as `out of memory`; empty: they were not. */
  killedFor: string;
}

const NO_FIGURES: ContainerFigures = { memoryBytes: 0, diskBytes: 0, cpuMs: 0, processes: 0 };

export const createWorkspace = (
  allocation: Allocation,
  paths: ContainerPaths,
  mark: ProcessMark,
): Workspace => ({
  allocation,
  paths,
  mark,
  stopping: new AbortController(),
  program: undefined,
  request: undefined,
  appLog: undefined,
  ports: [],
  groups: new Set(),
  figures: NO_FIGURES,
  killedFor: '',
});

/** What the container says, and never more than the bound of the cell. */
export function maxProcessesOf({ options }: ExecutorContext, { allocation }: Workspace): number {
  const { maxPids } = allocation;
  return maxPids > 0 ? Math.min(maxPids, options.maxPids) : options.maxPids;
}
