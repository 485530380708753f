/** What the operating system says of this process. */
export interface ProcessInfo {
  /** Largest resident size so far. */
  maxResidentBytes(): number;
  /** Share of one core since the last call, 0 to 100 per core. */
  cpuPercent(): number;
  readonly cores: number;
  /** Open file descriptors; -1 where that cannot be told. */
  openFiles(): number;
  /** The address that packets to far hosts leave from (gorouter.md §2.2). */
  readonly localAddress: string;
  readonly totalMemoryBytes: number;
  /** Of the disk that holds this path. */
  freeDiskBytes(path: string): number;
}
