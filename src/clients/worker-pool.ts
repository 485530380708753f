/** Work that goes on after its request was answered: so much at a time, so much waiting. */
export class WorkerPool {
  readonly #workers: number;
  readonly #capacity: number;
  #running = 0;
  #queue: (() => Promise<void>)[] = [];
  #idle: (() => void)[] = [];

  constructor(workers: number, capacity: number) {
    this.#workers = workers;
    this.#capacity = capacity;
  }

  /** False when too much waits already: the work is dropped, and convergence will see to it. */
  add(work: () => Promise<void>): boolean {
    if (this.#queue.length >= this.#capacity) return false;
    this.#queue.push(work);
    this.#next();
    return true;
  }

  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void> {
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.push(resolve);
    });
  }

  #next(): void {
    while (this.#running < this.#workers) {
      const work = this.#queue.shift();
      if (work === undefined) break;
      this.#running += 1;
      void work().finally(() => {
        this.#running -= 1;
        this.#next();
        if (this.#running > 0) return;
        for (const resolve of this.#idle.splice(0)) resolve();
      });
    }
  }
}
