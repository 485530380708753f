import type { Resources } from './executor.ts';

/** How containers are run, and what the cell has for them (diego.md §13.5). */
export interface ExecutorOptions {
  readonly cellId: string;
  /** Absolute; belongs to the executor alone: what it finds there at its start, it deletes. */
  readonly directory: string;
  /** Under which other machines reach the ports of the containers. */
  readonly address: string;
  readonly total: Resources;
  /** Host ports are taken from here; both ends belong to it. */
  readonly firstPort: number;
  readonly lastPort: number;
  /** From SIGTERM to SIGKILL. */
  readonly gracefulShutdownMs: number;
  /** From the wish to stop to SIGTERM, so that routers have stopped sending. */
  readonly stopDelayMs: number;
}

/** What seldom needs to be another than the default. */
export interface ExecutorTuning {
  /** Between two checks of a container that is not healthy yet. */
  readonly unhealthyPollMs: number;
  readonly healthyPollMs: number;
  /** A reservation that nobody runs ends by then. */
  readonly reservedTimeoutMs: number;
  /** Processes of one container, where it does not say less. */
  readonly maxPids: number;
  /** Of one container; what is above is counted and dropped. */
  readonly logLinesPerSecond: number;
  readonly logBytesPerSecond: number;
  /** Kept of one app. */
  readonly logLinesKept: number;
}

export const EXECUTOR_DEFAULTS: ExecutorTuning = {
  unhealthyPollMs: 2000,
  healthyPollMs: 30_000,
  reservedTimeoutMs: 60_000,
  maxPids: 1024,
  logLinesPerSecond: 1000,
  logBytesPerSecond: 1024 * 1024,
  logLinesKept: 1000,
};

export const EXECUTOR_LIMITS = {
  /** diego.md §13.5 */
  resultFileBytes: 50 * 1024,
  failureReasonCharacters: 10_000,
  ports: 128,
  /** Actions inside of actions. */
  actionDepth: 64,
  /** A longer line is cut into several. */
  lineBytes: 16 * 1024,
  /** Of the lines kept of one app, and of all apps; the oldest are forgotten first. */
  keptBytesPerApp: 512 * 1024,
  keptBytes: 64 * 1024 * 1024,
  keptApps: 1000,
  /** Read from one container in a second; then its pipes are held. */
  readBytesPerSecond: 4 * 1024 * 1024,
  readLinesPerSecond: 100_000,
  /** Of one check that does not say it. */
  checkTimeoutMs: 1000,
  /** Of a monitor action. */
  monitorTimeoutMs: 30_000,
  /** The first checks come faster than `unhealthyPollMs`, from here on. */
  firstPollMs: 100,
  downloadBytes: 2 * 1024 * 1024 * 1024,
  downloadTimeoutMs: 10 * 60_000,
  /** Without a byte. */
  silentTransferMs: 60_000,
  redirects: 5,
  archiveEntries: 200_000,
  unpackedBytes: 8 * 1024 * 1024 * 1024,
  uploadTimeoutMs: 10 * 60_000,
  /** Between two looks at the processes, and when one is near its bound. */
  watchMs: 500,
  closeWatchMs: 100,
  /** Between two looks at the size of a directory, and how many files one look counts. */
  diskWatchMs: 5000,
  diskFiles: 500_000,
  /** A look takes at most a twentieth of the time, unless a bound is near. */
  watchShare: 20,
  /** Pauses between rounds of killing; processes that do not die by then are left. */
  killPauseMs: 5,
  maxKillPauseMs: 200,
  killTimeoutMs: 30_000,
} as const;
