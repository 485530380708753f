import { Worker } from 'node:worker_threads';
import type { WorkerThreads } from '../../ports/worker.ts';

/** Threads that each run the module `entry`, a .ts file as it stands. */
export function createWorkerThreads(entry: URL): WorkerThreads {
  return {
    start(input, listener) {
      const worker = new Worker(entry, { workerData: input });
      let isOver = false;
      worker.on('message', (message) => {
        if (!isOver) listener.onMessage(message);
      });
      worker.on('messageerror', (error) => listener.onError(error));
      worker.on('error', (error) => {
        listener.onError(error instanceof Error ? error : new Error(String(error)));
      });
      worker.on('exit', (code) => listener.onExit(code));
      return {
        post(message) {
          if (!isOver) worker.postMessage(message);
        },
        terminate() {
          isOver = true;
          void worker.terminate();
        },
      };
    },
  };
}
