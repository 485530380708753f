/** Runs the containers of a cell: a directory, an actor and processes for each (DESIGN §7). */
import { mkdirSync, realpathSync } from 'node:fs';
import { containerPaths, directoryName } from './container-paths.ts';
import type {
  Allocation,
  Container,
  ContainerFigures,
  Executor,
  Refusal,
  Resources,
  RunRequest,
} from './executor.ts';
import { createHostPorts } from './host-ports.ts';
import { Instance } from './instance.ts';
import { createLogStore, type WritableLogStore } from './logs/log-store.ts';
import {
  EXECUTOR_DEFAULTS,
  EXECUTOR_LIMITS,
  type ExecutorOptions,
  type ExecutorTuning,
} from './options.ts';
import { createProcessWatch } from './process-watch.ts';
import { type Leftovers, reapLeftovers } from './reap-leftovers.ts';
import { readResultFile } from './result-file.ts';
import { createWorkspace, type ExecutorContext, type ExecutorPorts } from './workspace.ts';

export interface OwnedExecutor extends Executor {
  /** Before the first container: ends and removes what an earlier run left in the directory. */
  reapLeftovers(): Promise<Leftovers>;
  /** Removes every container. Resolves when all are gone. */
  close(): Promise<void>;
}

const PRIVATE = 0o700;

function remaining(total: Resources, used: Iterable<Allocation>): Resources {
  let { memoryMb, diskMb, containers } = total;
  for (const own of used) {
    memoryMb -= own.memoryMb;
    diskMb -= own.diskMb;
    containers -= 1;
  }
  return { memoryMb, diskMb, containers };
}

const fits = (wanted: Allocation, available: Resources): boolean =>
  wanted.memoryMb <= available.memoryMb &&
  wanted.diskMb <= available.diskMb &&
  available.containers >= 1;

type Options = ExecutorOptions & ExecutorTuning;

class ContainerExecutor implements OwnedExecutor {
  readonly total: Resources;
  readonly logs: WritableLogStore;
  readonly #context: ExecutorContext;
  /** The directory of all containers; also the mark of their processes. */
  readonly #cell: string;
  readonly #instances = new Map<string, Instance>();
  readonly #listeners = new Set<(container: Container) => void>();
  #isClosing = false;

  constructor(options: Options, ports: ExecutorPorts, cell: string) {
    const { keptBytesPerApp, keptBytes, keptApps } = EXECUTOR_LIMITS;
    this.#cell = cell;
    this.total = options.total;
    this.logs = createLogStore({
      linesPerApp: options.logLinesKept,
      bytesPerApp: keptBytesPerApp,
      bytes: keptBytes,
      apps: keptApps,
    });
    this.#context = {
      options,
      ports,
      hostPorts: createHostPorts(options.firstPort, options.lastPort, ports.random),
      watch: createProcessWatch(ports, cell),
    };
  }

  available(): Resources {
    const all = [...this.#instances.values()];
    return remaining(
      this.total,
      all.map(({ workspace }) => workspace.allocation),
    );
  }

  list(): readonly Container[] {
    return [...this.#instances.values()].map(({ container }) => container);
  }

  get(guid: string): Container | undefined {
    return this.#instances.get(guid)?.container;
  }

  allocate(allocation: Allocation): Refusal | undefined {
    const { guid } = allocation;
    if (this.#instances.has(guid)) return 'guid-taken';
    if (this.#isClosing || !fits(allocation, this.available())) return 'insufficient-resources';
    const container = directoryName(guid);
    const paths = containerPaths(this.#cell, container);
    const instance = new Instance({
      context: this.#context,
      workspace: createWorkspace(allocation, paths, { cell: this.#cell, container }),
      logs: this.logs,
      onChange: (changed) => this.#tell(changed),
    });
    this.#instances.set(guid, instance);
    instance.start();
    return undefined;
  }

  run(guid: string, request: RunRequest): Refusal | undefined {
    const instance = this.#instances.get(guid);
    if (instance === undefined) return 'unknown-container';
    return instance.run(request) ? undefined : 'wrong-state';
  }

  stop(guid: string): boolean {
    const instance = this.#instances.get(guid);
    instance?.stop();
    return instance !== undefined;
  }

  async remove(guid: string): Promise<void> {
    const instance = this.#instances.get(guid);
    if (instance === undefined) return;
    await instance.remove();
    if (this.#instances.get(guid) === instance) this.#instances.delete(guid);
  }

  async resultFile(guid: string, path: string): Promise<string | undefined> {
    const instance = this.#instances.get(guid);
    if (instance?.container.state !== 'completed') return undefined;
    return await readResultFile(instance.workspace.paths, path);
  }

  figures(guid: string): ContainerFigures | undefined {
    return this.#instances.get(guid)?.workspace.figures;
  }

  note(guid: string, text: string): void {
    this.#instances.get(guid)?.workspace.appLog?.write('CELL', text);
  }

  onChange(listener: (container: Container) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async reapLeftovers(): Promise<Leftovers> {
    const own = new Set([...this.#instances.keys()].map(directoryName));
    return await reapLeftovers(this.#context.ports, this.#cell, (name) => own.has(name));
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await Promise.all([...this.#instances.keys()].map((guid) => this.remove(guid)));
  }

  #tell(container: Container): void {
    for (const listener of this.#listeners) listener(container);
  }
}

/** Throws when its directory cannot be made. */
export function createExecutor(
  options: ExecutorOptions & Partial<ExecutorTuning>,
  ports: ExecutorPorts,
): OwnedExecutor {
  mkdirSync(options.directory, { recursive: true, mode: PRIVATE });
  const cell = realpathSync(options.directory);
  return new ContainerExecutor({ ...EXECUTOR_DEFAULTS, ...options }, ports, cell);
}
