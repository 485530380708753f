import { parentPort, workerData } from 'node:worker_threads';
import type { ParentThread } from '../../ports/worker.ts';

/** For the entry of a worker thread; throws anywhere else. */
export function createParentThread(): ParentThread {
  const port = parentPort;
  if (port === null) throw new Error('not in a worker thread');
  return {
    input: workerData as unknown,
    post: (message) => port.postMessage(message),
    onMessage: (listener) => {
      port.on('message', listener);
    },
  };
}
