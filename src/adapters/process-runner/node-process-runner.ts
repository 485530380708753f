/** Runs processes of this machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type {
  ProcessFigures,
  ProcessListener,
  ProcessMark,
  ProcessRequest,
  ProcessRunner,
  ProcessScan,
  ProcessSignal,
  StartedProcess,
} from '../../ports/process-runner.ts';
import { commandLine, hasProgram } from './command-line.ts';
import { listPids, readProportionalBytes } from './proc-files.ts';
import { createProcessBounds } from './process-bound.ts';
import { CELL_MARK, CONTAINER_MARK, ProcessTable } from './process-table.ts';

/** What was written before the end is in the pipe by then; a child may hold the pipe for ever. */
const LAST_OUTPUT_MS = 100;
/** As shells report the end by a signal. */
const SIGNAL_BASE = 128;
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const signalled = (target: number, signal: ProcessSignal): void => {
  try {
    process.kill(target, signal);
  } catch {
    // It ended in the meantime.
  }
};

const failureText = (command: string, error: unknown): string => {
  const code = (error as { code?: string }).code ?? '';
  const reason = code === 'ENOENT' ? 'no such file' : code || String(error);
  return `failed to start ${command}: ${reason}`;
};

function follow(child: ChildProcess, command: string, listener: ProcessListener): void {
  let hasStarted = false;
  let hasExited = false;
  const exit = (status: number): void => {
    if (hasExited) return;
    hasExited = true;
    listener.onExit(status);
  };
  child.on('spawn', () => {
    hasStarted = true;
    listener.onStarted();
  });
  child.on('error', (error) => {
    if (!hasStarted) listener.onFailed(failureText(command, error));
  });
  for (const [stream, name] of [[child.stdout, 'out'] as const, [child.stderr, 'err'] as const]) {
    stream?.on('data', (chunk: Buffer) => listener.onOutput(name, chunk));
    stream?.on('error', () => {});
  }
  child.on('exit', (code, signal) => {
    const status = code ?? SIGNAL_BASE + (constants.signals[signal ?? 'SIGKILL'] ?? 0);
    const timer = setTimeout(() => exit(status), LAST_OUTPUT_MS);
    child.on('close', () => {
      clearTimeout(timer);
      exit(status);
      listener.onClosed();
    });
  });
}

const isOver = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

const handleOf = (child: ChildProcess): StartedProcess => ({
  group: child.pid,
  signal(signal) {
    if (!isOver(child)) signalled(-Number(child.pid), signal);
  },
  holdOutput(isHeld) {
    for (const stream of [child.stdout, child.stderr]) {
      if (isHeld) stream?.pause();
      else stream?.resume();
    }
  },
});

class NodeProcessRunner implements ProcessRunner {
  readonly baseEnvironment: Readonly<Record<string, string>>;
  readonly exactMemoryBytes = readProportionalBytes;
  readonly #tables = new Map<string, ProcessTable>();
  readonly #children = new Map<ChildProcess, ProcessMark>();
  readonly #bounds = createProcessBounds();
  readonly #hasProc = listPids() !== undefined;

  constructor() {
    const { PATH = DEFAULT_PATH, LANG = 'C.UTF-8' } = process.env;
    this.baseEnvironment = { PATH, LANG };
  }

  start(request: ProcessRequest, mark: ProcessMark, listener: ProcessListener): StartedProcess {
    try {
      return handleOf(this.#spawn(request, mark, listener));
    } catch (error) {
      // Not even tried: no such program, an argument with a zero byte, or too many of them.
      setImmediate(() => listener.onFailed(failureText(request.command, error)));
      return { group: undefined, signal() {}, holdOutput() {} };
    }
  }

  #spawn(request: ProcessRequest, mark: ProcessMark, listener: ProcessListener): ChildProcess {
    if (!hasProgram(request)) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    const bound = this.#bounds.boundOf(mark, request.maxProcesses);
    const [command, args] = commandLine(request, bound);
    const marks = { [CELL_MARK]: mark.cell, [CONTAINER_MARK]: mark.container };
    const child = spawn(command, args, {
      cwd: request.directory,
      env: { ...request.environment, ...marks },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.set(child, mark);
    child.on('exit', () => this.#children.delete(child));
    child.on('error', () => {
      if (child.pid === undefined) this.#children.delete(child);
    });
    follow(child, request.command, listener);
    return child;
  }

  async find(cell: string, scan: ProcessScan): Promise<readonly ProcessFigures[]> {
    if (!this.#hasProc) return this.#ownProcesses(cell);
    const table = this.#tables.get(cell) ?? new ProcessTable(cell, this.#bounds.membersOf);
    this.#tables.set(cell, table);
    return await table.find(scan);
  }

  /** What was started here and runs; all that a system without /proc can tell. */
  #ownProcesses(cell: string): ProcessFigures[] {
    const found: ProcessFigures[] = [];
    for (const [{ pid }, mark] of this.#children) {
      if (pid === undefined || mark.cell !== cell) continue;
      found.push({ pid, group: pid, container: mark.container, memoryBytes: 0, cpuMs: 0 });
    }
    return found;
  }

  signal(pids: readonly number[], signal: ProcessSignal): void {
    const isGroupWanted = signal === 'SIGKILL';
    const targets = new Set<number>();
    for (const pid of pids) {
      if (!this.#hasProc) targets.add(isGroupWanted ? -pid : pid);
      for (const table of this.#tables.values()) {
        const target = table.target(pid, isGroupWanted);
        if (target !== undefined) targets.add(target);
      }
    }
    for (const target of targets) signalled(target, signal);
  }

  release(mark: ProcessMark): void {
    this.#bounds.release(mark);
  }
}

/** Its processes are of this machine, and of the user that the node runs as. */
export const createNodeProcessRunner = (): ProcessRunner => new NodeProcessRunner();
