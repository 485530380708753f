/** One container: its workspace, its actor, and what others see of it. */
import { type ActorRefFrom, createActor } from 'xstate';
import type { InstanceContext } from '../../../machines/cell/instance.machine.ts';
import { createReaper } from '../../kernel/reaper.ts';
import { discardContainer } from './create-container.ts';
import { durationText } from './duration-text.ts';
import type { Container, ContainerState, RunRequest, RunResult } from './executor.ts';
import { livenessOf, readinessOf } from './health/checks.ts';
import { instanceLogic, killContainer } from './instance-actor.ts';
import { AppLog } from './logs/app-log.ts';
import type { WritableLogStore } from './logs/log-store.ts';
import { EXECUTOR_LIMITS } from './options.ts';
import type { ExecutorContext, Workspace } from './workspace.ts';

export interface InstanceParts {
  readonly context: ExecutorContext;
  readonly workspace: Workspace;
  readonly logs: WritableLogStore;
  readonly onChange: (container: Container) => void;
}

type Value = string | { readonly occupied?: string };

/** What others see of a state; undefined: it looks as before. */
function visibleState(value: Value): ContainerState | undefined {
  if (value === 'reserved' || value === 'initializing' || value === 'completed') return value;
  if (typeof value === 'string') return undefined;
  if (value.occupied === 'running') return 'running';
  return value.occupied === 'stopping' ? undefined : 'created';
}

const shortened = (result: RunResult): RunResult => ({
  ...result,
  failureReason: result.failureReason.slice(0, EXECUTOR_LIMITS.failureReasonCharacters),
});

function nextContainer(before: Container, value: Value, context: InstanceContext): Container {
  const state = visibleState(value) ?? before.state;
  const { ports, isRoutable } = context;
  const isCompleted = state === 'completed' && context.result !== undefined;
  const result = isCompleted ? (before.result ?? shortened(context.result)) : undefined;
  const isSame =
    state === before.state &&
    ports === before.ports &&
    isRoutable === before.isRoutable &&
    result === before.result;
  return isSame ? before : { ...before, state, ports, isRoutable, result };
}

const FAULT: RunResult = {
  isFailed: true,
  failureReason: 'the cell failed to look after the container',
  isStopped: false,
  isRetryable: true,
};

export class Instance {
  readonly workspace: Workspace;
  readonly #parts: InstanceParts;
  readonly #actor: ActorRefFrom<ReturnType<typeof instanceLogic>>;
  readonly #reaper = createReaper();
  readonly #gone = Promise.withResolvers<void>();
  #container: Container;
  /** Settles when what a crash of its actor left is gone; undefined: it did not crash. */
  #crash: Promise<void> | undefined;
  #isRemovalWanted = false;

  constructor(parts: InstanceParts) {
    const { context, workspace } = parts;
    const { options, ports } = context;
    this.#parts = parts;
    this.workspace = workspace;
    this.#actor = createActor(instanceLogic(context, workspace), {
      id: workspace.allocation.guid,
      input: { reservedTimeoutMs: options.reservedTimeoutMs, durationText },
      clock: ports.clock as never,
      inspect: this.#reaper.observe,
    });
    this.#container = {
      allocation: workspace.allocation,
      state: 'reserved',
      ports: this.#actor.getSnapshot().context.ports,
      address: options.address,
      isRoutable: true,
      result: undefined,
    };
    this.#actor.subscribe({
      next: ({ value, context: own }) =>
        this.#publish(nextContainer(this.#container, value as Value, own)),
      error: (error) => {
        this.#crash = this.#endAfterCrash(error);
        if (this.#isRemovalWanted) void this.#removeCrashed(this.#crash);
      },
      complete: () => this.#gone.resolve(),
    });
  }

  get container(): Container {
    return this.#container;
  }

  start(): void {
    this.#actor.start();
    this.#parts.onChange(this.#container);
  }

  /** False: it is not reserved any more. */
  run(request: RunRequest): boolean {
    const { workspace } = this;
    if (this.#container.state !== 'reserved' || workspace.request !== undefined) return false;
    workspace.request = request;
    workspace.appLog = this.#openLog(request);
    this.#actor.send({
      type: 'RUN_REQUESTED',
      isUnmonitored: livenessOf(request) === undefined,
      hasReadiness: readinessOf(request) !== undefined,
      startTimeoutMs: request.startTimeoutMs,
    });
    return true;
  }

  stop(): void {
    this.#actor.send({ type: 'STOP_REQUESTED' });
  }

  /** Resolves when nothing is left of it. */
  remove(): Promise<void> {
    this.#isRemovalWanted = true;
    if (this.#crash === undefined) this.#actor.send({ type: 'REMOVE_REQUESTED' });
    else void this.#removeCrashed(this.#crash);
    return this.#gone.promise;
  }

  #publish(next: Container): void {
    if (next === this.#container) return;
    this.#container = next;
    this.#parts.onChange(next);
  }

  /** A bug of the cell: the container ends, and is told of as any other that ended. */
  async #endAfterCrash(error: unknown): Promise<void> {
    const { context } = this.#parts;
    this.#report('executor.instance-crashed', error);
    this.#reaper.reap(this.#actor);
    try {
      await killContainer(context, this.workspace);
    } catch (again) {
      this.#report('executor.processes-left', again);
    }
    const { result = FAULT } = this.#container;
    this.#publish({ ...this.#container, state: 'completed', result });
  }

  async #removeCrashed(crash: Promise<void>): Promise<void> {
    await crash;
    await discardContainer(this.#parts.context, this.workspace);
    this.#gone.resolve();
  }

  #report(message: string, error: unknown): void {
    const { guid } = this.workspace.allocation;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#parts.context.ports.log.error(message, { guid, error: text });
  }

  #openLog({ logGuid, logBytesPerSecond = -1 }: RunRequest): AppLog {
    const { options, ports } = this.#parts.context;
    const { guid, owner } = this.workspace.allocation;
    return new AppLog({
      clock: ports.clock,
      store: this.#parts.logs,
      logGuid,
      instanceGuid: owner.lifecycle === 'lrp' ? owner.instanceGuid : guid,
      index: owner.lifecycle === 'lrp' ? owner.index : 0,
      linesPerSecond: options.logLinesPerSecond,
      bytesPerSecond:
        logBytesPerSecond < 0
          ? options.logBytesPerSecond
          : Math.min(options.logBytesPerSecond, logBytesPerSecond),
    });
  }
}
