/**
 * The processes of one cell, found by scanning /proc. A process belongs to a container when it is
 * in its control group, when it carries the mark of the cell, when its parent, group or session
 * does, or when it is an orphan that works in the directory of the container. Once found it stays
 * found, whatever it does.
 */
import type { ProcessFigures, ProcessScan } from '../../ports/process-runner.ts';
import {
  environmentValue,
  listPids,
  type ProcessStat,
  readDirectory,
  readEnvironment,
  readStat,
  readSystemUnits,
} from './proc-files.ts';

export const CELL_MARK = 'TROUPE_CELL';
export const CONTAINER_MARK = 'TROUPE_CONTAINER';

interface Known {
  readonly startTicks: string;
  /** Undefined: not of this cell. */
  readonly container: string | undefined;
  /** Its whole group belongs to the container, and can be signalled at once. */
  readonly isGroupOwn: boolean;
}

interface Seen {
  readonly pid: number;
  readonly stat: ProcessStat;
}

/** So many processes are looked at before others get their turn. */
const SLICE = 200;
const FIRST_PROCESS = 1;

type Members = ReadonlyMap<number, string>;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class ProcessTable {
  readonly #cell: string;
  readonly #membersOf: (cell: string) => Members;
  readonly #units = readSystemUnits();
  readonly #ownGroup = readStat(process.pid)?.group;
  readonly #known = new Map<number, Known>();
  #current: Promise<readonly ProcessFigures[]> | undefined;
  #next: Promise<readonly ProcessFigures[]> | undefined;

  constructor(cell: string, membersOf: (cell: string) => Members) {
    this.#cell = cell;
    this.#membersOf = membersOf;
  }

  /** A scan that begins now or later: what runs already may have missed what just started. */
  find({ isThorough }: ProcessScan): Promise<readonly ProcessFigures[]> {
    if (this.#current === undefined) {
      this.#current = this.#scan(isThorough).finally(() => {
        this.#current = undefined;
      });
      return this.#current;
    }
    this.#next ??= this.#current.then(() => {
      this.#next = undefined;
      return this.find({ isThorough: true });
    });
    return this.#next;
  }

  /** What to signal so that this process gets it; undefined: it is gone. Negative: a group. */
  target(pid: number, isGroupWanted: boolean): number | undefined {
    const entry = this.#known.get(pid);
    if (entry?.container === undefined) return undefined;
    const stat = readStat(pid);
    if (stat?.startTicks !== entry.startTicks) return undefined;
    const { group } = stat;
    const isGroupOwn = entry.isGroupOwn && group > FIRST_PROCESS && group !== this.#ownGroup;
    return isGroupWanted && isGroupOwn ? -group : pid;
  }

  #containerAt(pid: number): string | undefined {
    return this.#known.get(pid)?.container;
  }

  #remember({ pid, stat }: Seen, container: string | undefined, isGroupOwn: boolean): void {
    this.#known.set(pid, { startTicks: stat.startTicks, container, isGroupOwn });
  }

  /** True when it is of the cell by itself. */
  #takeByMark(seen: Seen, members: () => Members): boolean {
    const { pid, stat } = seen;
    const member = members().get(pid);
    if (member !== undefined) {
      this.#remember(seen, member, true);
      return true;
    }
    const environment = readEnvironment(pid);
    if (environmentValue(environment, CELL_MARK) === this.#cell) {
      this.#remember(seen, environmentValue(environment, CONTAINER_MARK) ?? '', true);
      return true;
    }
    // A person's shell in this directory has a parent or a terminal.
    if (stat.parent !== FIRST_PROCESS || stat.terminal !== 0) return false;
    const directory = readDirectory(pid);
    if (!directory.startsWith(`${this.#cell}/`)) return false;
    this.#remember(seen, directory.slice(this.#cell.length + 1).split('/')[0] ?? '', false);
    return true;
  }

  /** Those without a mark that belong to one that has it; repeated, as they may be a chain. */
  #takeByKin(strangers: readonly Seen[]): void {
    let left = strangers;
    for (;;) {
      const rest = left.filter((seen) => {
        const { parent, group, session } = seen.stat;
        const container =
          this.#containerAt(parent) ?? this.#containerAt(group) ?? this.#containerAt(session);
        if (container === undefined) return true;
        this.#remember(seen, container, true);
        return false;
      });
      if (rest.length === left.length) break;
      left = rest;
    }
    for (const seen of left) this.#remember(seen, undefined, false);
  }

  async #scan(isThorough: boolean): Promise<readonly ProcessFigures[]> {
    const pids = listPids() ?? [];
    // Read only when somebody new is seen.
    let members: Members | undefined;
    const membersNow = (): Members => {
      members ??= this.#membersOf(this.#cell);
      return members;
    };
    const alive = new Set(pids);
    for (const pid of this.#known.keys()) if (!alive.has(pid)) this.#known.delete(pid);
    const own: Seen[] = [];
    const strangers: Seen[] = [];
    for (const [index, pid] of pids.entries()) {
      if (index % SLICE === SLICE - 1) await nextTurn();
      const before = this.#known.get(pid);
      const isStranger = before !== undefined && before.container === undefined;
      if (!isThorough && isStranger) continue;
      const stat = readStat(pid);
      if (stat === undefined || stat.isZombie) {
        this.#known.delete(pid);
        continue;
      }
      const seen = { pid, stat };
      const isSame = before?.startTicks === stat.startTicks;
      if (isSame && before.container !== undefined) own.push(seen);
      else if (this.#takeByMark(seen, membersNow)) own.push(seen);
      else strangers.push(seen);
    }
    this.#takeByKin(strangers);
    const kin = strangers.filter(({ pid }) => this.#containerAt(pid) !== undefined);
    return [...own, ...kin].map((seen) => this.#figuresOf(seen));
  }

  #figuresOf({ pid, stat }: Seen): ProcessFigures {
    const { pageBytes, tickMs } = this.#units;
    return {
      pid,
      group: stat.group,
      container: this.#containerAt(pid) ?? '',
      memoryBytes: stat.residentPages * pageBytes,
      cpuMs: stat.cpuTicks * tickMs,
    };
  }
}
