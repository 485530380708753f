/** What the machine of a container does (machines/cell/instance.machine.ts). */
import type { InstanceEvent } from '../../../machines/cell/instance.events.ts';
import { instanceMachine, type TerminationInput } from '../../../machines/cell/instance.machine.ts';
import { resource } from '../../kernel/resource.ts';
import { runAction } from './actions/run-action.ts';
import { exitText } from './actions/run-process.ts';
import type { StepResult, StepScope } from './actions/step.ts';
import { createContainer, discardContainer } from './create-container.ts';
import type { RunRequest } from './executor.ts';
import { type HealthWatch, watchRunning, watchStartup } from './health/watch-health.ts';
import { askProcesses, type KillTarget, killProcesses, pause } from './kill-processes.ts';
import { mainSource, watchLimits } from './limits.ts';
import { EXECUTOR_LIMITS } from './options.ts';
import type { ExecutorContext, Workspace } from './workspace.ts';

type Nothing = Record<string, never>;

function requestOf({ request, allocation }: Workspace): RunRequest {
  if (request === undefined) throw new Error(`${allocation.guid} runs without a request`);
  return request;
}

function scopeOf(context: ExecutorContext, workspace: Workspace): StepScope {
  return {
    context,
    workspace,
    signal: workspace.stopping.signal,
    source: workspace.request?.logSource ?? '',
    isCheck: false,
    onStarted: () => {},
  };
}

const targetOf = ({ ports }: ExecutorContext, { mark }: Workspace): KillTarget => ({
  clock: ports.clock,
  processes: ports.processes,
  cell: mark.cell,
  isMeant: (container) => container === mark.container,
});

/** Resolves when it settles, or waited too long for processes that cannot be killed. */
async function settled(context: ExecutorContext, work: Promise<void> | undefined): Promise<void> {
  const { clock } = context.ports;
  await new Promise<void>((resolve) => {
    const timer = clock.setTimeout(resolve, EXECUTOR_LIMITS.killTimeoutMs);
    void Promise.resolve(work).finally(() => {
      clock.clearTimeout(timer);
      resolve();
    });
  });
}

/** Nothing of it runs afterwards. */
export async function killContainer(context: ExecutorContext, workspace: Workspace): Promise<void> {
  workspace.stopping.abort();
  const target = targetOf(context, workspace);
  await killProcesses(target);
  await settled(context, workspace.program);
  const { left } = await killProcesses(target);
  workspace.figures = { ...workspace.figures, memoryBytes: 0, processes: left };
  if (left === 0) return;
  const { guid } = workspace.allocation;
  context.ports.log.error('executor.processes-left', { guid, processes: left });
}

async function stopContainer(
  context: ExecutorContext,
  workspace: Workspace,
  { isGraceful, isAnnounced }: TerminationInput,
): Promise<void> {
  const { options, ports } = context;
  if (isAnnounced) {
    const { guid } = workspace.allocation;
    const text = `Cell ${options.cellId} stopping instance ${guid}`;
    workspace.appLog?.write('CELL', text);
    // Nobody sends anything to a container without ports.
    const isReached = workspace.ports.length > 0;
    if (isReached && options.stopDelayMs > 0) await pause(ports.clock, options.stopDelayMs);
  }
  if (isGraceful) {
    const groups = new Set(workspace.groups);
    workspace.stopping.abort();
    await askProcesses(targetOf(context, workspace), options.gracefulShutdownMs, groups);
  }
  await killContainer(context, workspace);
}

/** When it ends although it did not fail, an LRP says how (diego.md §13.5). */
const endReason = (workspace: Workspace, request: RunRequest): string =>
  workspace.allocation.owner.lifecycle === 'lrp' ? exitText(mainSource(request), 0) : '';

function endEvent(workspace: Workspace, request: RunRequest, result: StepResult): InstanceEvent {
  return result.ok
    ? { type: 'ACTION_ENDED', isFailed: false, reason: endReason(workspace, request) }
    : { type: 'ACTION_ENDED', isFailed: true, reason: result.reason };
}

async function runProgram(
  scope: StepScope,
  request: RunRequest,
  send: (event: InstanceEvent) => void,
): Promise<void> {
  const { setup, action } = request;
  if (setup !== undefined && Object.values(setup).some((member) => member !== undefined)) {
    const result = await runAction(setup, scope);
    if (!result.ok) return send(endEvent(scope.workspace, request, result));
  }
  const onStarted = (): void => send({ type: 'ACTION_STARTED' });
  send(endEvent(scope.workspace, request, await runAction(action, { ...scope, onStarted })));
}

/** A watch that ends with the state that it belongs to. */
const health = (
  context: ExecutorContext,
  workspace: Workspace,
  watchIt: (watch: HealthWatch) => Promise<void>,
) =>
  resource<InstanceEvent, Nothing>((_input, { send, fail }) => {
    const own = new AbortController();
    const signal = AbortSignal.any([workspace.stopping.signal, own.signal]);
    const scope = { ...scopeOf(context, workspace), signal, isCheck: true };
    watchIt({ request: requestOf(workspace), scope, send }).catch(fail);
    return () => own.abort();
  });

/** The machine with its effects; the workspace is its own. */
export function instanceLogic(context: ExecutorContext, workspace: Workspace) {
  const creation = resource<InstanceEvent, Nothing>((_input, { send, fail }) => {
    const create = async (): Promise<void> => {
      const created = await createContainer(requestOf(workspace), scopeOf(context, workspace));
      if (created.ok) send({ type: 'CONTAINER_CREATED', ports: created.ports });
      else send({ ...created, type: 'CREATION_FAILED' });
    };
    workspace.program = create().catch(fail);
    return () => {};
  });
  const program = resource<InstanceEvent, Nothing>((_input, { send, fail }) => {
    const scope = scopeOf(context, workspace);
    workspace.program = runProgram(scope, requestOf(workspace), send).catch(fail);
    return () => workspace.stopping.abort();
  });
  const limits = resource<InstanceEvent, Nothing>((_input, { send }) =>
    watchLimits(context, workspace, requestOf(workspace), {
      onExceeded: (reason) => send({ type: 'LIMIT_EXCEEDED', reason }),
    }),
  );
  const termination = resource<InstanceEvent, TerminationInput>((input, { send, fail }) => {
    const stop = async (): Promise<void> => {
      await stopContainer(context, workspace, input);
      send({ type: 'PROCESSES_GONE' });
    };
    stop().catch(fail);
    return () => {};
  });
  const removal = resource<InstanceEvent, Nothing>((_input, { send, fail }) => {
    const remove = async (): Promise<void> => {
      await killContainer(context, workspace);
      await discardContainer(context, workspace);
      send({ type: 'CONTAINER_REMOVED' });
    };
    remove().catch(fail);
    return () => {};
  });
  return instanceMachine.provide({
    actors: {
      creation,
      program,
      limits,
      startupCheck: health(context, workspace, watchStartup),
      livenessCheck: health(context, workspace, watchRunning),
      termination,
      removal,
    },
  });
}
