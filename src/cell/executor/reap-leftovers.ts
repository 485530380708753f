import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeDirectory } from './create-container.ts';
import { killProcesses } from './kill-processes.ts';
import type { ExecutorPorts } from './workspace.ts';

export interface Leftovers {
  readonly processes: number;
  readonly directories: number;
}

/**
 * Ends the processes and removes the directories of containers that an earlier run of the node
 * left behind, such as after a `kill -9`. Those that `isOwn` knows by their name are spared.
 */
export async function reapLeftovers(
  { clock, processes, log }: ExecutorPorts,
  cell: string,
  isOwn: (container: string) => boolean,
): Promise<Leftovers> {
  const isMeant = (container: string): boolean => !isOwn(container);
  const { killed, left } = await killProcesses({ clock, processes, cell, isMeant });
  const names = (await readdir(cell)).filter(isMeant);
  let directories = 0;
  for (const name of names) {
    processes.release({ cell, container: name });
    const problem = await removeDirectory(join(cell, name));
    if (problem === undefined) directories += 1;
    else log.error('executor.directory-left', { directory: name, error: problem });
  }
  if (killed + names.length > 0) {
    log.info('executor.leftovers-reaped', { processes: killed, left, directories });
  }
  return { processes: killed, directories };
}
