/** A cell as a part of a tree: of a whole node, or alone. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { ChildSpec } from '../../machines/kernel/supervisor.machine.ts';
import { createCell, createExecutor } from '../cell/index.ts';
import type { CellSectionOptions, ContainerOptions } from '../config/cell-section.ts';
import type { ActorSystem } from '../kernel/actor-system.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { ProcessInfo } from '../ports/process-info.ts';
import type { ProcessRunner } from '../ports/process-runner.ts';
import type { Random } from '../ports/random.ts';
import { createTree, type MakeSupervisor } from './tree.ts';

export interface CellNodePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly process: ProcessInfo;
  readonly processes: ProcessRunner;
}

export interface CellSurroundings {
  /** Where relative paths begin. */
  readonly dataDir: string;
  readonly tell: ActorSystem['tell'];
  readonly onEvacuated: () => void;
}

const MEBIBYTE = 1024 * 1024;
const READY_TIMEOUT_MS = 60_000;

/** Kept over restarts, so that the cell that starts anew may renew the presence it had. */
function presenceOwner(directory: string, random: Random): string {
  const path = join(directory, 'owner');
  try {
    const text = readFileSync(path, 'utf8').trim();
    if (text !== '') return text;
  } catch {
    // The first start.
  }
  const owner = random.uuid();
  writeFileSync(path, owner);
  return owner;
}

function totalOf(own: ContainerOptions, process: ProcessInfo, directory: string) {
  const megabytes = (bytes: number): number => Math.floor(bytes / MEBIBYTE);
  return {
    memoryMb: own.memoryMb === 0 ? megabytes(process.totalMemoryBytes) : own.memoryMb,
    diskMb: own.diskMb === 0 ? megabytes(process.freeDiskBytes(directory)) : own.diskMb,
    containers: own.containers,
  };
}

/** The cell's supervisor; its containers outlive a crash of the actors below. */
export function cellChildren(
  { cell, containers }: CellSectionOptions,
  { clock, random, log, process, processes }: CellNodePorts,
  { dataDir, tell, onEvacuated }: CellSurroundings,
  supervisor: MakeSupervisor,
): ChildSpec[] {
  const path = isAbsolute(containers.directory)
    ? containers.directory
    : join(dataDir, containers.directory);
  const directory = resolve(path);
  mkdirSync(directory, { recursive: true });
  const executor = createExecutor(
    {
      cellId: cell.cellId,
      directory: join(directory, 'containers'),
      address: containers.address,
      total: totalOf(containers, process, directory),
      firstPort: containers.firstPort,
      lastPort: containers.lastPort,
      gracefulShutdownMs: containers.gracefulShutdownMs,
      stopDelayMs: containers.unregisterWaitMs,
    },
    { clock, random, log: log.child('executor'), processes },
  );
  const { children } = createCell(
    cell,
    { clock, random, tell, log: log.child('rep') },
    {
      executor,
      reap: () => executor.reapLeftovers(),
      owner: presenceOwner(directory, random),
      onEvacuated,
    },
  );
  return [supervisor('cell', 'rest_for_one', children)];
}

/** The tree of a cell alone; it ends when it was evacuated. */
export function createCellNode(
  options: CellSectionOptions,
  ports: CellNodePorts & { readonly dataDir: string },
): ActorSystem {
  const { clock, log, random, dataDir } = ports;
  return createTree(
    { clock, log, random, supervision: undefined, readyTimeoutMs: READY_TIMEOUT_MS },
    ({ supervisor, tell, system }) =>
      cellChildren(
        options,
        ports,
        { dataDir, tell, onEvacuated: () => system()?.shutdown('fast') },
        supervisor,
      ),
  );
}
