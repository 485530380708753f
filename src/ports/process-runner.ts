/** Starts processes, signals them, and finds them again by a mark in their environment. */

export type ProcessSignal = 'SIGTERM' | 'SIGKILL';

export interface ProcessRequest {
  readonly command: string;
  readonly args: readonly string[];
  readonly directory: string;
  /** All that the process sees; nothing is added. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of open files; undefined: that of the node. */
  readonly maxOpenFiles: number | undefined;
  /** Of the whole container; the system is asked to refuse what is far above. */
  readonly maxProcesses: number;
}

export interface ProcessListener {
  /** It runs. */
  onStarted(): void;
  /** It could not be started; nothing else is told. */
  onFailed(reason: string): void;
  onOutput(stream: 'out' | 'err', chunk: Uint8Array): void;
  /** It ended, and what it wrote until then was told. Its children may run and write on. */
  onExit(status: number): void;
  /** Nobody holds its output any more. Only after it was started. */
  onClosed(): void;
}

export interface StartedProcess {
  /** Of its group; undefined: it could not be started. */
  readonly group: number | undefined;
  /** To the process and all that stayed in its group. Nothing after its end. */
  signal(signal: ProcessSignal): void;
  /** While held, its output stays in the pipe, and it waits when the pipe is full. */
  holdOutput(isHeld: boolean): void;
}

export interface ProcessFigures {
  readonly pid: number;
  readonly group: number;
  /** The value of the mark. */
  readonly container: string;
  readonly memoryBytes: number;
  /** Used since it started. */
  readonly cpuMs: number;
}

export interface ProcessMark {
  /** All containers of a cell carry the same. */
  readonly cell: string;
  readonly container: string;
}

export interface ProcessScan {
  /**
   * Looks at each process anew. Otherwise, who was seen before and is not of the cell is not
   * looked at again.
   */
  readonly isThorough: boolean;
}

export interface ProcessRunner {
  /** What of the node's own environment every process gets: PATH and LANG. */
  readonly baseEnvironment: Readonly<Record<string, string>>;
  /** The group of the process is its own; it is marked. */
  start(request: ProcessRequest, mark: ProcessMark, listener: ProcessListener): StartedProcess;
  /**
   * The living processes of a cell: who carries its mark, and who descends from one that did.
   * Never rejects; a system without /proc shows what was started and still runs.
   */
  find(cell: string, scan: ProcessScan): Promise<readonly ProcessFigures[]>;
  /** Memory with what is shared counted once; undefined: it is gone, or cannot be told. */
  exactMemoryBytes(pid: number): number | undefined;
  /**
   * To processes that `find` told of, unless they ended since. SIGKILL goes to their whole groups,
   * so that none of them has time to start another.
   */
  signal(pids: readonly number[], signal: ProcessSignal): void;
  /** No process of the container is left, and none will come. */
  release(mark: ProcessMark): void;
}
