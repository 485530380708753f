/** One operation at a time for each container (diego.md §13.6). */
import { WorkerPool } from '../../clients/worker-pool.ts';

export interface RepWork {
  /**
   * Runs `work` for this guid now or after the one that runs. Of those that wait the last one
   * counts: each looks at the container as it is then. False: too much waits already.
   */
  add(guid: string, work: () => Promise<void>): boolean;
  idle(): Promise<void>;
}

export interface RepWorkOptions {
  readonly workers: number;
  readonly capacity: number;
  /** A bug in an operation, not a refusal. */
  readonly onFault: (guid: string, error: unknown) => void;
}

export function createRepWork({ workers, capacity, onFault }: RepWorkOptions): RepWork {
  const pool = new WorkerPool(workers, capacity);
  const running = new Set<string>();
  const waiting = new Map<string, () => Promise<void>>();

  async function run(guid: string): Promise<void> {
    for (let work = waiting.get(guid); work !== undefined; work = waiting.get(guid)) {
      waiting.delete(guid);
      try {
        await work();
      } catch (error) {
        onFault(guid, error);
      }
    }
    running.delete(guid);
  }

  return {
    add(guid, work) {
      waiting.set(guid, work);
      if (running.has(guid)) return true;
      running.add(guid);
      if (pool.add(() => run(guid))) return true;
      running.delete(guid);
      waiting.delete(guid);
      return false;
    },
    idle: () => pool.idle(),
  };
}
