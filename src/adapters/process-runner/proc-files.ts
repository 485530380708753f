/** Reads what Linux tells of a process under /proc (proc(5)). Nothing here throws. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

export interface ProcessStat {
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** 0: none. */
  readonly terminal: number;
  /** A zombie has ended; only its parent has not asked yet. */
  readonly isZombie: boolean;
  readonly cpuTicks: number;
  /** With the pid, this tells a process from a later one under the same pid. */
  readonly startTicks: string;
  readonly residentPages: number;
  readonly threads: number;
}

const read = (path: string): Buffer | undefined => {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
};

/** Undefined: no such process. */
export function readStat(pid: number): ProcessStat | undefined {
  const text = read(`/proc/${pid}/stat`)?.toString('latin1');
  if (text === undefined) return undefined;
  // The name in brackets may hold blanks and brackets; what follows the last one is numbers.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const number = (index: number): number => Number(fields[index] ?? 0);
  return {
    isZombie: fields[0] === 'Z' || fields[0] === 'X',
    parent: number(1),
    group: number(2),
    session: number(3),
    terminal: number(4),
    cpuTicks: number(11) + number(12),
    startTicks: fields[19] ?? '',
    residentPages: number(21),
    threads: number(17),
  };
}

/** The environment a process started with; empty: gone, or not ours to read. */
export const readEnvironment = (pid: number): Buffer =>
  read(`/proc/${pid}/environ`) ?? Buffer.alloc(0);

export function readDirectory(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/** Undefined: this system has no /proc. */
export function listPids(): number[] | undefined {
  try {
    return readdirSync('/proc')
      .filter((name) => name.charCodeAt(0) < 0x3a)
      .map(Number)
      .filter((pid) => pid > 0);
  } catch {
    return undefined;
  }
}

const isOf = (pid: number, user: number): boolean => {
  try {
    return statSync(`/proc/${pid}`).uid === user;
  } catch {
    return false;
  }
};

/** All threads of all processes of a user. */
export const countTasks = (user: number): number =>
  (listPids() ?? [])
    .filter((pid) => isOf(pid, user))
    .reduce((sum, pid) => sum + (readStat(pid)?.threads ?? 0), 0);

/** What is shared by n processes counts 1/n for each. Undefined: gone, or an old kernel. */
export function readProportionalBytes(pid: number): number | undefined {
  const text = read(`/proc/${pid}/smaps_rollup`)?.toString('latin1');
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(text ?? '')?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** One value of the environment, or undefined. */
export function environmentValue(environment: Buffer, name: string): string | undefined {
  const wanted = Buffer.from(`${name}=`);
  let at = environment.indexOf(wanted);
  while (at > 0 && environment[at - 1] !== 0) at = environment.indexOf(wanted, at + 1);
  if (at < 0) return undefined;
  const end = environment.indexOf(0, at);
  return environment.toString('utf8', at + wanted.length, end < 0 ? undefined : end);
}

const PAGE_SIZE_KEY = 6n;
const CLOCK_TICKS_KEY = 17n;
const ENTRY_BYTES = 16;

/** Page size and clock ticks, as the kernel tells each process (getauxval(3)). */
export function readSystemUnits(): { readonly pageBytes: number; readonly tickMs: number } {
  const values = new Map<bigint, number>();
  const data = read('/proc/self/auxv') ?? Buffer.alloc(0);
  for (let at = 0; at + ENTRY_BYTES <= data.length; at += ENTRY_BYTES) {
    values.set(data.readBigUInt64LE(at), Number(data.readBigUInt64LE(at + 8)));
  }
  const ticks = values.get(CLOCK_TICKS_KEY) ?? 100;
  return { pageBytes: values.get(PAGE_SIZE_KEY) ?? 4096, tickMs: 1000 / ticks };
}
