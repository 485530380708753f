/** Processes that do what the test says, on a clock that it moves. */
import type {
  ProcessFigures,
  ProcessListener,
  ProcessMark,
  ProcessRequest,
  ProcessRunner,
  ProcessSignal,
  StartedProcess,
} from '../../../src/ports/process-runner.ts';

export class FakeProcess implements StartedProcess {
  readonly group: number;
  readonly signals: ProcessSignal[] = [];
  isHeld = false;
  isAlive = true;
  memoryBytes = 0;
  readonly request: ProcessRequest;
  readonly mark: ProcessMark;
  readonly #listener: ProcessListener;
  readonly #obeys: readonly ProcessSignal[];

  constructor(
    pid: number,
    request: ProcessRequest,
    mark: ProcessMark,
    listener: ProcessListener,
    obeys: readonly ProcessSignal[],
  ) {
    this.group = pid;
    this.request = request;
    this.mark = mark;
    this.#listener = listener;
    this.#obeys = obeys;
  }

  signal(signal: ProcessSignal): void {
    if (!this.isAlive) return;
    this.signals.push(signal);
    if (this.#obeys.includes(signal)) this.exit(signal === 'SIGKILL' ? 137 : 143);
  }

  holdOutput(isHeld: boolean): void {
    this.isHeld = isHeld;
  }

  write(text: string): void {
    this.#listener.onOutput('out', Buffer.from(text));
  }

  exit(status: number): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#listener.onExit(status);
    this.#listener.onClosed();
  }
}

/** What becomes of a process by its command: it exits at once, or hears only these signals. */
export type Behaviour = { readonly exits: number } | { readonly obeys: readonly ProcessSignal[] };

export class FakeProcesses implements ProcessRunner {
  readonly baseEnvironment = { PATH: '/bin', LANG: 'C' };
  readonly started: FakeProcess[] = [];
  readonly released: string[] = [];
  readonly behaviours = new Map<string, Behaviour>();

  start(request: ProcessRequest, mark: ProcessMark, listener: ProcessListener): FakeProcess {
    const behaviour = this.behaviours.get(request.command) ?? { obeys: ['SIGTERM', 'SIGKILL'] };
    const obeys = 'obeys' in behaviour ? behaviour.obeys : [];
    const own = new FakeProcess(this.started.length + 100, request, mark, listener, obeys);
    this.started.push(own);
    setImmediate(() => {
      listener.onStarted();
      if ('exits' in behaviour) own.exit(behaviour.exits);
    });
    return own;
  }

  of(command: string): FakeProcess[] {
    return this.started.filter(({ request }) => request.command === command);
  }

  async find(): Promise<readonly ProcessFigures[]> {
    return this.started
      .filter(({ isAlive }) => isAlive)
      .map(({ group, mark, memoryBytes }) => ({
        pid: group,
        group,
        container: mark.container,
        memoryBytes,
        cpuMs: 0,
      }));
  }

  exactMemoryBytes(): undefined {
    return undefined;
  }

  signal(pids: readonly number[], signal: ProcessSignal): void {
    for (const own of this.started) if (pids.includes(own.group)) own.signal(signal);
  }

  release({ container }: ProcessMark): void {
    this.released.push(container);
  }
}
