/** The run action: one process, from its start to its end (diego.md §13.5). */
import { mkdir, stat } from 'node:fs/promises';
import type { RunAction } from '../../../model/bbs/messages/actions.ts';
import type { Of } from '../../../model/bbs/messages/common.ts';
import type { Timer } from '../../../ports/clock.ts';
import type { ProcessRequest, StartedProcess } from '../../../ports/process-runner.ts';
import { durationText } from '../duration-text.ts';
import { environmentOf } from '../environment.ts';
import type { OutputSink } from '../logs/app-log.ts';
import { maxProcessesOf } from '../workspace.ts';
import {
  CANCELLED,
  failure,
  onAbort,
  type StepResult,
  type StepScope,
  SUCCEEDED,
  say,
  sourceOf,
} from './step.ts';

type Run = Of<typeof RunAction>;

const existing = async (path: string): Promise<'directory' | 'other' | undefined> => {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  return found.isDirectory() ? 'directory' : 'other';
};

/** What is not in the container's own directory is the host's: the container has its programs. */
async function commandOf({ path }: Run, { workspace }: StepScope): Promise<string> {
  if (!path.startsWith('/')) return path;
  const own = workspace.paths.inside(path);
  return (await existing(own)) === 'other' ? own : path;
}

async function directoryOf({ dir }: Run, { workspace }: StepScope): Promise<string> {
  const { home, inside } = workspace.paths;
  if (dir === '') return home;
  const own = inside(dir);
  if ((await existing(own)) === 'directory') return own;
  if (dir.startsWith('/') && (await existing(dir)) === 'directory') return dir;
  await mkdir(own, { recursive: true });
  return own;
}

const MAX_OPEN_FILES = 1_048_576n;

async function requestOf(action: Run, scope: StepScope): Promise<ProcessRequest> {
  const { context, workspace } = scope;
  const { paths, request, ports, allocation } = workspace;
  const nofile = action.resource_limits?.nofile;
  return {
    command: await commandOf(action, scope),
    args: action.args,
    directory: await directoryOf(action, scope),
    environment: environmentOf({
      base: context.ports.processes.baseEnvironment,
      owner: allocation.owner,
      address: context.options.address,
      ports,
      home: paths.home,
      temporary: paths.temporary,
      memoryMb: request?.memoryMb ?? 0,
      ofContainer: request?.environment ?? [],
      ofAction: action.env,
    }),
    maxProcesses: maxProcessesOf(context, workspace),
    maxOpenFiles: nofile === undefined || nofile > MAX_OPEN_FILES ? undefined : Number(nofile),
  };
}

const KILLED_STATUS = 137;

/** SIGTERM when the step is to end, SIGKILL after the grace period. */
class Ending {
  #endMs: number | undefined;
  #timer: Timer | undefined;
  readonly #scope: StepScope;

  constructor(scope: StepScope) {
    this.#scope = scope;
  }

  begin(started: StartedProcess): void {
    const { options, ports } = this.#scope.context;
    const { gracefulShutdownMs } = options;
    this.#endMs = ports.clock.nowMs() + gracefulShutdownMs;
    started.signal('SIGTERM');
    this.#timer = ports.clock.setTimeout(() => started.signal('SIGKILL'), gracefulShutdownMs);
  }

  /** It may also have been killed with all of its container, which is no sooner. */
  isKilled(status: number): boolean {
    const { clock } = this.#scope.context.ports;
    const isLate = this.#endMs !== undefined && clock.nowMs() >= this.#endMs;
    return isLate && status === KILLED_STATUS;
  }

  over(): void {
    this.#scope.context.ports.clock.clearTimeout(this.#timer);
  }
}

function exitSuffix(scope: StepScope, status: number, isKilled: boolean): string {
  const { killedFor } = scope.workspace;
  if (killedFor !== '' && status === KILLED_STATUS) return ` (${killedFor})`;
  if (!isKilled) return '';
  const grace = durationText(scope.context.options.gracefulShutdownMs);
  return ` (exceeded ${grace} graceful shutdown interval)`;
}

/** What is reported of a process that ended (diego.md §13.5). */
export const exitText = (source: string, status: number, suffix = ''): string => {
  const text = `Exited with status ${status}${suffix}`;
  return source === '' ? text : `${source}: ${text}`;
};

function resultOf(action: Run, scope: StepScope, status: number, isKilled: boolean): StepResult {
  const suffix = exitSuffix(scope, status, isKilled);
  if (!scope.isCheck) say(scope, action.log_source, `Exit status ${status}${suffix}`);
  if (scope.signal.aborted) return CANCELLED;
  if (status === 0) return SUCCEEDED;
  return failure(exitText(sourceOf(scope, action.log_source), status, suffix));
}

function follow(action: Run, request: ProcessRequest, scope: StepScope): Promise<StepResult> {
  const { context, workspace, signal } = scope;
  const { processes } = context.ports;
  return new Promise((resolve) => {
    const ending = new Ending(scope);
    let stopListening = (): void => {};
    let sink: OutputSink | undefined;
    const finish = (result: StepResult): void => {
      ending.over();
      stopListening();
      if (started.group !== undefined) workspace.groups.delete(started.group);
      resolve(result);
    };
    const started = processes.start(request, workspace.mark, {
      onStarted: scope.onStarted,
      onFailed: (reason) => {
        sink?.end();
        say(scope, action.log_source, reason, 'err');
        finish(scope.signal.aborted ? CANCELLED : failure(reason));
      },
      onOutput: (stream, chunk) => sink?.take(stream, chunk),
      onExit: (status) => {
        sink?.flush();
        finish(resultOf(action, scope, status, ending.isKilled(status)));
      },
      onClosed: () => sink?.end(),
    });
    if (!action.suppress_log_output) {
      const source = sourceOf(scope, action.log_source);
      sink = workspace.appLog?.sink(source, (isHeld) => started.holdOutput(isHeld));
    }
    if (started.group !== undefined) workspace.groups.add(started.group);
    stopListening = onAbort(signal, () => ending.begin(started));
  });
}

/** Ends with the process. Cancelled: SIGTERM, then SIGKILL. */
export async function runProcess(action: Run, scope: StepScope): Promise<StepResult> {
  try {
    const request = await requestOf(action, scope);
    if (scope.signal.aborted) return CANCELLED;
    return await follow(action, request, scope);
  } catch (error) {
    return failure(`failed to start ${action.path}: ${(error as Error).message}`);
  }
}
