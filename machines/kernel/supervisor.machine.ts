/**
 * A supervisor in OTP's sense: starts its children in order, each after the one before is ready;
 * restarts what crashes by strategy, with growing pauses; gives up when restarts come too fast;
 * stops children in reverse order, each with a deadline.
 *
 *   starting → running → stopping → stopped
 *        └────────┴──→ escalating (children stopped) → error, seen by the supervisor above
 *
 * A crashed XState actor cannot be resumed (xstate.md §1.4), so a restart is a new actor. Each
 * incarnation has an id of its own (`pruner#3`), so that late events of an old one are known as
 * such; the name (`router/pruner`) stays.
 */
import {
  type AnyActorLogic,
  type AnyActorRef,
  assign,
  enqueueActions,
  fromCallback,
  setup,
} from 'xstate';
import { announceReady } from './actions.ts';
import { EscalationError, findStartupError } from './failures.ts';
import {
  affectedChildren,
  type Backoff,
  backoffMs,
  type Intensity,
  type RestartType,
  restartsInWindow,
  type Strategy,
} from './restart-policy.ts';
import type { ShutdownMode, SupervisorEvent } from './supervisor.events.ts';

export interface ChildSpec {
  /** Unique among its siblings. */
  readonly id: string;
  /** The name it can be told things under, unique in the node: `router/pruner`. */
  readonly name: string;
  readonly logic: AnyActorLogic;
  readonly input?: unknown;
  readonly restart: RestartType;
  /** 0: ready as soon as started. Otherwise it must announce itself in this time. */
  readonly readyTimeoutMs: number;
  /** Time to end by itself after SHUTDOWN, then it is stopped. 0: stopped at once. */
  readonly shutdownMs: number;
}

export interface SupervisorSpec {
  readonly name: string;
  readonly strategy: Strategy;
  readonly intensity: Intensity;
  readonly backoff: Backoff;
  readonly children: readonly ChildSpec[];
  /** Stop the children with their deadlines before giving up; only of use at the root. */
  readonly drainOnEscalation: boolean;
  readonly nowMs: () => number;
  /** A number in [0, 1). */
  readonly chance: () => number;
}

export type ChildStatus = 'waiting' | 'starting' | 'ready' | 'backoff' | 'stopping' | 'ended';

export interface ChildRecord {
  readonly spec: ChildSpec;
  readonly status: ChildStatus;
  readonly ref: AnyActorRef | undefined;
  readonly incarnation: number;
  /** Times it was started again since this supervisor started. */
  readonly restarts: number;
  /** Failures in a row; they set the pause. */
  readonly failures: number;
  readonly startedAtMs: number;
  readonly restartAtMs: number;
  readonly lastError: unknown;
}

export interface SupervisorContext {
  readonly spec: SupervisorSpec;
  readonly children: Readonly<Record<string, ChildRecord>>;
  readonly restartTimesMs: readonly number[];
  readonly shutdownMode: ShutdownMode;
  readonly failure: EscalationError | undefined;
}

type Spawn = (
  logic: AnyActorLogic,
  options: { id: string; systemId: string; input: unknown },
) => AnyActorRef;

const actorIdOf = (child: ChildRecord): string => `${child.spec.id}#${child.incarnation}`;

const inOrder = (context: SupervisorContext): ChildRecord[] =>
  context.spec.children.flatMap((spec) => context.children[spec.id] ?? []);

const childOf = (context: SupervisorContext, actorId: string): ChildRecord | undefined =>
  inOrder(context).find((child) => child.ref !== undefined && actorIdOf(child) === actorId);

const actorIdOfEvent = (event: SupervisorEvent): string =>
  'actorId' in event ? event.actorId : '';

const isFailure = (event: SupervisorEvent): boolean =>
  event.type === 'CHILD_READY_TIMEOUT' || event.type.startsWith('xstate.error.actor.');

function errorOf(event: SupervisorEvent): unknown {
  if ('error' in event) return event.error;
  if (event.type === 'CHILD_READY_TIMEOUT') return new Error('not ready in time');
  return new Error('ended although it is permanent');
}

function withChild(
  context: SupervisorContext,
  id: string,
  change: Partial<ChildRecord>,
): Readonly<Record<string, ChildRecord>> {
  const child = context.children[id];
  if (child === undefined) return context.children;
  return { ...context.children, [id]: { ...child, ...change } };
}

/**
 * The first child that waits and may start: it builds on those before it, so they have to be
 * ready. Only under one_for_one a child that stood before comes back by itself.
 */
function nextToStart(context: SupervisorContext): ChildRecord | undefined {
  const children = inOrder(context);
  const isPending = ({ status }: ChildRecord) => status === 'starting' || status === 'backoff';
  return children.find((child, index) => {
    if (child.status !== 'waiting') return false;
    const standsAlone = context.spec.strategy === 'one_for_one' && child.incarnation > 0;
    return standsAlone || !children.slice(0, index).some(isPending);
  });
}

const nextToStop = (context: SupervisorContext): ChildRecord | undefined =>
  inOrder(context)
    .reverse()
    .find((child) => child.ref !== undefined);

function startedChild(context: SupervisorContext, child: ChildRecord, spawn: Spawn): ChildRecord {
  const { spec } = child;
  const incarnation = child.incarnation + 1;
  const ref = spawn(spec.logic, {
    id: `${spec.id}#${incarnation}`,
    systemId: spec.name,
    input: spec.input,
  });
  return {
    ...child,
    ref,
    incarnation,
    status: spec.readyTimeoutMs === 0 ? 'ready' : 'starting',
    restarts: incarnation - 1,
    startedAtMs: context.spec.nowMs(),
  };
}

/** What a crash changes: who waits for a restart until when, or that it was one too many. */
function planRestart(context: SupervisorContext, event: SupervisorEvent): SupervisorContext {
  const { spec } = context;
  const crashed = childOf(context, actorIdOfEvent(event));
  if (crashed === undefined) return context;
  const nowMs = spec.nowMs();
  const error = errorOf(event);
  const wasQuiet = nowMs - crashed.startedAtMs >= spec.backoff.resetAfterMs;
  const failures = wasQuiet ? 1 : crashed.failures + 1;
  const recent = restartsInWindow(context.restartTimesMs, nowMs, spec.intensity.periodMs);
  const restartTimesMs = [...recent, nowMs];
  const giveUp =
    restartTimesMs.length > spec.intensity.maxRestarts || findStartupError(error) !== undefined;
  const restartAtMs = nowMs + backoffMs(spec.backoff, failures, spec.chance());
  const order = spec.children.map((child) => child.id);
  const children: Record<string, ChildRecord> = { ...context.children };
  for (const id of affectedChildren(spec.strategy, order, crashed.spec.id)) {
    const child = children[id];
    if (child === undefined || child.status === 'ended' || child.status === 'waiting') continue;
    if (child !== crashed && child.spec.restart === 'temporary') {
      children[id] = { ...child, status: 'ended', ref: undefined };
    } else {
      children[id] = { ...child, status: 'backoff', ref: undefined, restartAtMs };
    }
  }
  const own = children[crashed.spec.id];
  if (own !== undefined) children[crashed.spec.id] = { ...own, failures, lastError: error };
  const failure = giveUp ? new EscalationError(spec.name, crashed.spec.id, error) : undefined;
  return { ...context, children, restartTimesMs, failure };
}

/** The child that throws what the supervisor fails with; no handler takes its error. */
const FAIL_ID = 'fail';

const supervisorSetup = setup({
  types: {
    context: {} as SupervisorContext,
    events: {} as SupervisorEvent,
    input: {} as SupervisorSpec,
  },
  actors: {
    fail: fromCallback<{ type: string }, { error: unknown }>(({ input }) => {
      throw input.error;
    }),
  },
  guards: {
    isStale: ({ context, event }) => childOf(context, actorIdOfEvent(event)) === undefined,
    endsForGood: ({ context, event }) => {
      const restart = childOf(context, actorIdOfEvent(event))?.spec.restart;
      return restart === 'temporary' || (restart === 'transient' && !isFailure(event));
    },
    isNotStarting: ({ context, event }) =>
      childOf(context, actorIdOfEvent(event))?.status !== 'starting',
    isNotOwnFailure: ({ event }) => actorIdOfEvent(event) !== FAIL_ID,
    hasFailure: ({ context }) => context.failure !== undefined,
    drainsFirst: ({ context }) => context.failure !== undefined && context.spec.drainOnEscalation,
    allReady: ({ context }) =>
      inOrder(context).every((child) => child.status === 'ready' || child.status === 'ended'),
    nothingLeft: ({ context }) => nextToStop(context) === undefined,
  },
  actions: {
    /** Requests in hand are finished, unless the node never came up. */
    chooseMode: assign(({ context }) => ({
      shutdownMode: findStartupError(context.failure) === undefined ? 'drain' : 'fast',
    })),
    rememberMode: assign(({ context, event }) => ({
      shutdownMode: event.type === 'SHUTDOWN' ? event.mode : context.shutdownMode,
    })),
    markReady: enqueueActions(({ context, event, enqueue }) => {
      const child = childOf(context, actorIdOfEvent(event));
      if (child === undefined || child.status !== 'starting') return;
      enqueue.cancel(`ready:${actorIdOf(child)}`);
      enqueue.assign({ children: withChild(context, child.spec.id, { status: 'ready' }) });
    }),
    /** Starts every child that need not wait for another one. */
    startNext: enqueueActions(({ context, enqueue }) => {
      let view = context;
      for (let next = nextToStart(view); next !== undefined; next = nextToStart(view)) {
        const { id, readyTimeoutMs } = next.spec;
        enqueue.assign(({ context: current, spawn }) => {
          const child = current.children[id] as ChildRecord;
          const started = startedChild(current, child, spawn as unknown as Spawn);
          return { children: { ...current.children, [id]: started } };
        });
        const status = readyTimeoutMs === 0 ? 'ready' : 'starting';
        view = { ...view, children: withChild(view, id, { status }) };
        if (status === 'ready') continue;
        const actorId = `${id}#${next.incarnation + 1}`;
        enqueue.raise(
          { type: 'CHILD_READY_TIMEOUT', actorId },
          { id: `ready:${actorId}`, delay: readyTimeoutMs },
        );
      }
    }),
    /** Stops, in reverse order, everything that the crash takes down, and sets the alarm. */
    restartAfterCrash: enqueueActions(({ context, event, enqueue }) => {
      const planned = planRestart(context, event);
      for (const child of inOrder(context).reverse()) {
        const after = planned.children[child.spec.id];
        if (child.ref !== undefined && after?.ref === undefined) {
          enqueue.cancel(`ready:${actorIdOf(child)}`);
          enqueue.stopChild(child.ref);
        }
      }
      enqueue.assign(planned);
      const crashed = childOf(context, actorIdOfEvent(event));
      if (crashed === undefined || planned.failure !== undefined) return;
      const dueAtMs = planned.children[crashed.spec.id]?.restartAtMs ?? 0;
      enqueue.raise(
        { type: 'RESTART_DUE', dueAtMs },
        {
          id: `restart:${actorIdOf(crashed)}`,
          delay: Math.max(0, dueAtMs - context.spec.nowMs()),
        },
      );
    }),
    /** Asks the alarm, not the clock: timers may fire up to 2 ms before their time. */
    queueDueRestarts: assign(({ context, event }) => {
      const dueAtMs = event.type === 'RESTART_DUE' ? event.dueAtMs : 0;
      let children = context.children;
      for (const child of inOrder(context)) {
        if (child.status !== 'backoff' || child.restartAtMs > dueAtMs) continue;
        children = withChild({ ...context, children }, child.spec.id, { status: 'waiting' });
      }
      return { children };
    }),
    forgetEnded: enqueueActions(({ context, event, enqueue }) => {
      const child = childOf(context, actorIdOfEvent(event));
      if (child?.ref === undefined) return;
      enqueue.cancel(`ready:${actorIdOf(child)}`);
      enqueue.cancel(`stop:${actorIdOf(child)}`);
      enqueue.stopChild(child.ref);
      const change = { status: 'ended', ref: undefined } as const;
      enqueue.assign({ children: withChild(context, child.spec.id, change) });
    }),
    /** Asks the last living child to end, or ends it at once when it has no time for that. */
    stopNext: enqueueActions(({ context, enqueue }) => {
      const child = nextToStop(context);
      if (child?.ref === undefined || child.status === 'stopping') return;
      const actorId = actorIdOf(child);
      enqueue.cancel(`ready:${actorId}`);
      const children = withChild(context, child.spec.id, { status: 'stopping' });
      enqueue.assign({ children });
      enqueue.sendTo(child.ref, { type: 'SHUTDOWN', mode: context.shutdownMode });
      enqueue.raise(
        { type: 'CHILD_STOP_TIMEOUT', actorId },
        { id: `stop:${actorId}`, delay: child.spec.shutdownMs },
      );
    }),
    stopAll: enqueueActions(({ context, enqueue }) => {
      let children = context.children;
      for (const child of inOrder(context).reverse()) {
        if (child.ref !== undefined) enqueue.stopChild(child.ref);
        children = withChild({ ...context, children }, child.spec.id, {
          status: 'ended',
          ref: undefined,
        });
      }
      enqueue.assign({ children });
    }),
  },
});

export const supervisorMachine = supervisorSetup.createMachine({
  id: 'supervisor',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({
    spec: input,
    children: Object.fromEntries(
      input.children.map((spec) => [
        spec.id,
        {
          spec,
          status: 'waiting',
          ref: undefined,
          incarnation: 0,
          restarts: 0,
          failures: 0,
          startedAtMs: 0,
          restartAtMs: 0,
          lastError: undefined,
        } satisfies ChildRecord,
      ]),
    ),
    restartTimesMs: [],
    shutdownMode: 'fast',
    failure: undefined,
  }),
  initial: 'alive',
  states: {
    alive: {
      entry: 'startNext',
      initial: 'starting',
      states: {
        starting: { always: { guard: 'allReady', target: 'running' } },
        running: { entry: announceReady() },
      },
      always: [
        { guard: 'drainsFirst', target: 'stopping', actions: 'chooseMode' },
        { guard: 'hasFailure', target: 'escalating' },
      ],
      on: {
        SHUTDOWN: { target: 'stopping', actions: 'rememberMode' },
        CHILD_READY: { actions: ['markReady', 'startNext'] },
        CHILD_READY_TIMEOUT: [
          { guard: 'isNotStarting' },
          { guard: 'endsForGood', actions: ['forgetEnded', 'startNext'] },
          { actions: 'restartAfterCrash' },
        ],
        RESTART_DUE: { actions: ['queueDueRestarts', 'startNext'] },
        'xstate.*': [
          { guard: 'isStale' },
          { guard: 'endsForGood', actions: ['forgetEnded', 'startNext'] },
          { actions: 'restartAfterCrash' },
        ],
      },
    },
    stopping: {
      entry: 'stopNext',
      always: { guard: 'nothingLeft', target: 'stopDecided' },
      on: {
        SHUTDOWN: { actions: 'rememberMode' },
        CHILD_STOP_TIMEOUT: [{ guard: 'isStale' }, { actions: ['forgetEnded', 'stopNext'] }],
        'xstate.*': [{ guard: 'isStale' }, { actions: ['forgetEnded', 'stopNext'] }],
      },
    },
    stopDecided: {
      always: [{ guard: 'hasFailure', target: 'escalating' }, { target: 'stopped' }],
    },
    escalating: {
      entry: 'stopAll',
      invoke: { id: FAIL_ID, src: 'fail', input: ({ context }) => ({ error: context.failure }) },
      // A child that crashed in the same step must not take the place of the real reason.
      on: { 'xstate.*': { guard: 'isNotOwnFailure' } },
    },
    stopped: { type: 'final' },
  },
});
