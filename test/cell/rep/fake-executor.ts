/** Containers that change when the test says so, and note what is asked of them. */
import type {
  Allocation,
  Container,
  Executor,
  Refusal,
  RunRequest,
} from '../../../src/cell/executor/executor.ts';

const TOTAL = { memoryMb: 1024, diskMb: 2048, containers: 10 };

export class FakeExecutor implements Executor {
  readonly total = TOTAL;
  readonly asked: string[] = [];
  readonly requests = new Map<string, RunRequest>();
  readonly logs: Executor['logs'] = { recent: () => [], follow: () => () => {} };
  readonly results = new Map<string, string | undefined>();
  runRefusal: Refusal | undefined;
  readonly #containers = new Map<string, Container>();
  readonly #listeners = new Set<(container: Container) => void>();

  available() {
    const taken = this.list().map(({ allocation }) => allocation);
    return {
      memoryMb: taken.reduce((rest, { memoryMb }) => rest - memoryMb, TOTAL.memoryMb),
      diskMb: taken.reduce((rest, { diskMb }) => rest - diskMb, TOTAL.diskMb),
      containers: TOTAL.containers - taken.length,
    };
  }

  list(): readonly Container[] {
    return [...this.#containers.values()];
  }

  get(guid: string): Container | undefined {
    return this.#containers.get(guid);
  }

  allocate(allocation: Allocation): Refusal | undefined {
    const { guid } = allocation;
    if (this.#containers.has(guid)) return 'guid-taken';
    const { memoryMb, diskMb } = this.available();
    if (allocation.memoryMb > memoryMb || allocation.diskMb > diskMb) {
      return 'insufficient-resources';
    }
    this.asked.push('allocate');
    this.put(guid, {
      allocation,
      state: 'reserved',
      ports: [],
      address: '10.0.0.1',
      isRoutable: true,
      result: undefined,
    });
    return undefined;
  }

  run(guid: string, request: RunRequest): Refusal | undefined {
    if (this.runRefusal !== undefined) return this.runRefusal;
    this.asked.push('run');
    this.requests.set(guid, request);
    return undefined;
  }

  stop(guid: string): boolean {
    this.asked.push('stop');
    return this.#containers.has(guid);
  }

  remove(guid: string): Promise<void> {
    if (this.#containers.delete(guid)) this.asked.push('remove');
    return Promise.resolve();
  }

  resultFile(guid: string, path: string): Promise<string | undefined> {
    this.asked.push(`result ${path}`);
    return Promise.resolve(this.results.get(guid));
  }

  note(): void {}

  figures(): undefined {
    return undefined;
  }

  onChange(listener: (container: Container) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** As if it had happened in the container. */
  put(guid: string, container: Container): void {
    this.#containers.set(guid, container);
    for (const listener of this.#listeners) listener(container);
  }
}
