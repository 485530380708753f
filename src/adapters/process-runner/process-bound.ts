/**
 * Has the kernel hold a container to its number of processes, since processes that multiply are
 * faster than anyone who counts them. With control groups (as root, cgroups(7)) the bound is the
 * container's own; else it is a limit on the user (setrlimit(2), RLIMIT_NPROC), which root has not.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { ProcessMark } from '../../ports/process-runner.ts';
import { countTasks } from './proc-files.ts';

export interface ProcessBound {
  /** What the shell that becomes the program needs: the group to enter, and the user's limit. */
  readonly groupFile: string;
  readonly userLimit: string;
}

export interface ProcessBounds {
  boundOf(mark: ProcessMark, maxProcesses: number): ProcessBound;
  /** Container by pid, of all that are in a group of the cell. */
  membersOf(cell: string): ReadonlyMap<number, string>;
  /** The container is empty and will not come again. */
  release(mark: ProcessMark): void;
}

/** Where the groups with a bound on processes are: version 1, then version 2. */
const PLACES = ['/sys/fs/cgroup/pids', '/sys/fs/cgroup'];
const NAME_LENGTH = 16;

const silently = <T>(work: () => T, otherwise: T): T => {
  try {
    return work();
  } catch {
    return otherwise;
  }
};

/** A thread counts as a process there, so the bound is wider than the one that is watched. */
const widened = (maxProcesses: number): number => 2 * maxProcesses + 64;

/** False: something is in it. */
const isRemoved = (group: string): boolean =>
  silently(() => rmdirSync(group) === undefined, !existsSync(group));

/** Only a file that the kernel made: elsewhere the folder is an ordinary one. */
const writeControl = (path: string, text: string): void =>
  writeFileSync(path, text, { flag: 'r+' });

/** Makes the group, and has it hold at most so many processes. */
const isBounded = (top: string, name: string, maxProcesses: number): boolean =>
  silently(() => {
    mkdirSync(top, { recursive: true });
    // Version 2 hands a bound down only where that is asked for.
    silently(() => writeControl(join(top, 'cgroup.subtree_control'), '+pids'), undefined);
    mkdirSync(join(top, name), { recursive: true });
    writeControl(join(top, name, 'pids.max'), String(maxProcesses));
    return true;
  }, false);

const REMOVE_TRIES = 20;
const REMOVE_PAUSE_MS = 50;

/** A process that was killed stays in its group until its parent has asked for it. */
function removeSoon(group: string, onRemoved: () => void, triesLeft = REMOVE_TRIES): void {
  if (isRemoved(group)) onRemoved();
  else if (triesLeft > 0) {
    const again = (): void => removeSoon(group, onRemoved, triesLeft - 1);
    setTimeout(again, REMOVE_PAUSE_MS).unref();
  }
}

export function createProcessBounds(): ProcessBounds {
  /** By cell; empty: not allowed here. */
  const tops = new Map<string, string>();

  /** Empty: no place is allowed to us. */
  function findTop(cell: string): string {
    const name = createHash('sha256').update(cell).digest('hex').slice(0, NAME_LENGTH);
    for (const place of PLACES) {
      const top = join(place, `troupe-${name}`);
      const isUsable = isBounded(top, 'probe', 1);
      // Groups that an earlier run left empty go too; the others refuse.
      for (const own of silently(() => readdirSync(top, { withFileTypes: true }), [])) {
        if (own.isDirectory()) isRemoved(join(top, own.name));
      }
      isRemoved(top);
      if (isUsable) return top;
    }
    return '';
  }

  function topOf(cell: string): string {
    const top = tops.get(cell) ?? findTop(cell);
    tops.set(cell, top);
    return top;
  }

  return {
    boundOf({ cell, container }, maxProcesses) {
      const top = topOf(cell);
      const bound = widened(maxProcesses);
      if (top !== '' && isBounded(top, container, bound)) {
        return { groupFile: join(top, container, 'cgroup.procs'), userLimit: '' };
      }
      return { groupFile: '', userLimit: String(countTasks(process.getuid?.() ?? 0) + bound) };
    },
    membersOf(cell) {
      const members = new Map<number, string>();
      const top = topOf(cell);
      if (top === '') return members;
      for (const entry of silently(() => readdirSync(top, { withFileTypes: true }), [])) {
        if (!entry.isDirectory()) continue;
        const file = join(top, entry.name, 'cgroup.procs');
        const text = silently(() => readFileSync(file, 'latin1'), '');
        for (const pid of text.split('\n')) if (pid !== '') members.set(Number(pid), entry.name);
      }
      return members;
    },
    release({ cell, container }) {
      const top = tops.get(cell) ?? '';
      if (top === '') return;
      // The last one takes the group of the cell with it.
      removeSoon(join(top, container), () => void isRemoved(top));
    },
  };
}
