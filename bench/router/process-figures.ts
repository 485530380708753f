import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second on all common machines. */
const TICK_US = 10_000;

/** Fields behind the name of the program, which may hold blanks: state is the first. */
function statFields(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** A process and all that it started. */
function familyOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      parents.set(Number(name), Number(statFields(Number(name))[1]));
    } catch {
      // It ended meanwhile.
    }
  }
  const family = [pid];
  for (const member of family) {
    for (const [child, parent] of parents) if (parent === member) family.push(child);
  }
  return family;
}

/** utime + stime of all its processes, all threads included. */
export function cpuUs(pid: number): number {
  return familyOf(pid).reduce((sum, member) => {
    const fields = statFields(member);
    return sum + (Number(fields[11]) + Number(fields[12])) * TICK_US;
  }, 0);
}

/** Of the first thread of one process, to the nanosecond. */
export function mainThreadCpuUs(pid: number): number {
  const schedule = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8');
  return Number(schedule.split(' ')[0]) / 1000;
}

/** The most memory that its processes ever had. */
export function highestResidentMiB(pid: number): number {
  return familyOf(pid).reduce((sum, member) => {
    const status = readFileSync(`/proc/${member}/status`, 'utf8');
    return sum + Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  }, 0);
}
