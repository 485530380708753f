import type { Worker } from 'node:worker_threads';
import type { FromWorker, ToWorker, WorkerReport } from '../../../src/router/workers/messages.ts';

/** What passes between this process and one thread; the thread does not know of it. */
export class WatchedThread {
  readonly worker: Worker;
  readonly heard: FromWorker[] = [];
  readonly told: ToWorker[] = [];
  /** How many of the next batches of the table get lost. */
  lostBatches = 0;
  isGone = false;

  constructor(worker: Worker) {
    this.worker = worker;
    worker.on('message', (message) => this.heard.push(message as FromWorker));
    worker.on('exit', () => {
      this.isGone = true;
    });
    const post = worker.postMessage.bind(worker);
    worker.postMessage = (message: ToWorker) => {
      if (message.type === 'table' && this.lostBatches > 0) {
        this.lostBatches -= 1;
        return;
      }
      this.told.push(message);
      post(message);
    };
  }

  get reports(): WorkerReport[] {
    return this.heard.filter((message) => message.type === 'report');
  }

  get openRequests(): number {
    return this.reports.at(-1)?.openRequests ?? 0;
  }

  get answers(): number {
    return this.reports.reduce(
      (sum, report) => sum + report.responses.reduce((own, { count }) => own + count, 0),
      0,
    );
  }

  /** Pools of which this thread was told that some of their endpoints failed elsewhere. */
  get marksTold(): number {
    return this.told.reduce((sum, message) => {
      if (message.type !== 'table') return sum;
      return sum + message.pools.failed.filter((failed) => failed.length > 0).length;
    }, 0);
  }

  count(type: FromWorker['type']): number {
    return this.heard.filter((message) => message.type === type).length;
  }
}

/** Every thread that this process starts from now on, in order. */
export function watchThreads(): { readonly threads: WatchedThread[]; stop(): void } {
  const threads: WatchedThread[] = [];
  const onWorker = (worker: Worker): void => {
    threads.push(new WatchedThread(worker));
  };
  process.on('worker', onWorker);
  return { threads, stop: () => process.off('worker', onWorker) };
}
