/**
 * The life of a container on its cell (diego.md §13.5).
 *
 *   reserved ─► initializing ─► settingUp ─► starting ─► running
 *       │             │             └───────────┴───────────┤
 *       │             ▼                                     │ asked to, or not healthy
 *       │          killing ◄── ended, or over a limit ──────┤
 *       ▼             ▼                                     ▼
 *   completed ◄───────┴──────────────────────────────── stopping
 *       └─► removing ─► removed          (removing: from anywhere)
 *
 * A container without monitor goes from settingUp to running at once. It is completed when none of
 * its processes is left.
 */
import { assign, setup } from 'xstate';
import { crash } from '../kernel/actions.ts';
import { toBeProvided } from '../kernel/placeholder.ts';
import type { InstanceEvent, InstancePort } from './instance.events.ts';

export interface InstanceInput {
  /** So long a reservation lasts that nobody runs. */
  readonly reservedTimeoutMs: number;
  /** As it is told to people, such as `1m0s`. */
  readonly durationText: (ms: number) => string;
}

export interface InstanceResult {
  readonly isFailed: boolean;
  readonly failureReason: string;
  readonly isStopped: boolean;
  readonly isRetryable: boolean;
}

export interface InstanceContext extends InstanceInput {
  readonly hasMonitor: boolean;
  readonly startTimeoutMs: number;
  readonly ports: readonly InstancePort[];
  readonly isRoutable: boolean;
  /** What the last failed check said. */
  readonly checkText: string;
  /** Decided when it begins to end; the first one stays. */
  readonly result: InstanceResult | undefined;
}

export interface TerminationInput {
  /** SIGTERM first, and time to follow it. */
  readonly isGraceful: boolean;
  /** Traffic may still come: routers are told first. */
  readonly isAnnounced: boolean;
}

const failed = (failureReason: string, isRetryable = false): InstanceResult => ({
  isFailed: true,
  failureReason,
  isStopped: false,
  isRetryable,
});

const STOPPED: InstanceResult = { ...failed('stopped'), isStopped: true };
const NO_ANSWER = 'the check has not ended';

export const instanceMachine = setup({
  types: {
    context: {} as InstanceContext,
    events: {} as InstanceEvent,
    input: {} as InstanceInput,
  },
  actors: {
    creation: toBeProvided(),
    program: toBeProvided(),
    limits: toBeProvided(),
    startupCheck: toBeProvided(),
    livenessCheck: toBeProvided(),
    termination: toBeProvided<TerminationInput>(),
    removal: toBeProvided(),
  },
  delays: {
    reservedTimeout: ({ context }) => context.reservedTimeoutMs,
    startTimeout: ({ context }) => context.startTimeoutMs,
  },
  guards: {
    hasMonitor: ({ context }) => context.hasMonitor,
    hasStartTimeout: ({ context }) => context.startTimeoutMs > 0,
    /** It went into the background, and its checks tell how it fares. */
    isInBackground: ({ context, event }) =>
      context.hasMonitor && event.type === 'ACTION_ENDED' && !event.isFailed,
  },
  actions: {
    crash,
    takeRequest: assign(({ event }) => {
      if (event.type !== 'RUN_REQUESTED') return {};
      const { isUnmonitored, hasReadiness, startTimeoutMs } = event;
      return { hasMonitor: !isUnmonitored, startTimeoutMs, isRoutable: !hasReadiness };
    }),
    notePorts: assign(({ event }) =>
      event.type === 'CONTAINER_CREATED' ? { ports: event.ports } : {},
    ),
    noteCheck: assign(({ event }) =>
      event.type === 'CHECK_FAILED' ? { checkText: event.reason } : {},
    ),
    noteReadiness: assign(({ event }) =>
      event.type === 'READINESS_CHANGED' ? { isRoutable: event.isRoutable } : {},
    ),
    noteExpired: assign({ result: failed('expired container') }),
    noteStopped: assign({ result: STOPPED }),
    noteNotCreated: assign(({ event }) =>
      event.type === 'CREATION_FAILED' ? { result: failed(event.reason, event.isRetryable) } : {},
    ),
    noteEnd: assign(({ event }) =>
      event.type === 'ACTION_ENDED'
        ? { result: { ...failed(event.reason), isFailed: event.isFailed } }
        : {},
    ),
    noteLimit: assign(({ event }) =>
      event.type === 'LIMIT_EXCEEDED' ? { result: failed(event.reason) } : {},
    ),
    noteNeverHealthy: assign(({ context }) => {
      const { startTimeoutMs, durationText, checkText } = context;
      const after = durationText(startTimeoutMs);
      return { result: failed(`Instance never healthy after ${after}: ${checkText}`) };
    }),
    noteUnhealthy: assign(({ event }) =>
      event.type === 'CHECK_FAILED'
        ? { result: failed(`Instance became unhealthy: ${event.reason}`) }
        : {},
    ),
  },
}).createMachine({
  id: 'instance',
  options: { maxIterations: 1000 },
  context: ({ input }) => ({
    ...input,
    hasMonitor: false,
    startTimeoutMs: 0,
    ports: [],
    isRoutable: true,
    checkText: NO_ANSWER,
    result: undefined,
  }),
  on: {
    RESOURCE_FAILED: { actions: 'crash' },
    REMOVE_REQUESTED: '.removing',
    SHUTDOWN: '.removing',
  },
  initial: 'reserved',
  states: {
    reserved: {
      after: { reservedTimeout: { target: 'completed', actions: 'noteExpired' } },
      on: {
        RUN_REQUESTED: { target: 'initializing', actions: 'takeRequest' },
        STOP_REQUESTED: { target: 'completed', actions: 'noteStopped' },
      },
    },
    initializing: {
      invoke: { id: 'creation', src: 'creation', input: {} },
      on: {
        CONTAINER_CREATED: { target: 'occupied', actions: 'notePorts' },
        CREATION_FAILED: { target: 'killing', actions: 'noteNotCreated' },
        STOP_REQUESTED: { target: 'killing', actions: 'noteStopped' },
      },
    },
    occupied: {
      invoke: [
        { id: 'program', src: 'program', input: {} },
        { id: 'limits', src: 'limits', input: {} },
      ],
      on: {
        ACTION_ENDED: [{ guard: 'isInBackground' }, { target: 'killing', actions: 'noteEnd' }],
        LIMIT_EXCEEDED: { target: 'killing', actions: 'noteLimit' },
        STOP_REQUESTED: { target: '.stopping', actions: 'noteStopped' },
      },
      initial: 'settingUp',
      states: {
        settingUp: {
          on: { ACTION_STARTED: [{ guard: 'hasMonitor', target: 'starting' }, 'running'] },
        },
        starting: {
          invoke: { id: 'startupCheck', src: 'startupCheck', input: {} },
          after: {
            startTimeout: {
              guard: 'hasStartTimeout',
              target: 'stopping',
              actions: 'noteNeverHealthy',
            },
          },
          on: { CHECK_FAILED: { actions: 'noteCheck' }, CHECK_PASSED: 'running' },
        },
        running: {
          invoke: { id: 'livenessCheck', src: 'livenessCheck', input: {} },
          on: {
            CHECK_FAILED: { target: 'stopping', actions: 'noteUnhealthy' },
            READINESS_CHANGED: { actions: 'noteReadiness' },
          },
        },
        stopping: {
          invoke: {
            id: 'shutdown',
            src: 'termination',
            input: ({ context }) => ({
              isGraceful: true,
              isAnnounced: context.result?.isStopped === true,
            }),
          },
          on: {
            PROCESSES_GONE: '#instance.completed',
            // It was told to end, and why is known.
            ACTION_ENDED: {},
            LIMIT_EXCEEDED: '#instance.killing',
            STOP_REQUESTED: {},
          },
        },
      },
    },
    killing: {
      invoke: {
        id: 'kill',
        src: 'termination',
        input: { isGraceful: false, isAnnounced: false },
      },
      on: { PROCESSES_GONE: 'completed' },
    },
    completed: {},
    removing: {
      invoke: { id: 'removal', src: 'removal', input: {} },
      on: { CONTAINER_REMOVED: 'removed', REMOVE_REQUESTED: {}, SHUTDOWN: {} },
    },
    removed: { type: 'final' },
  },
});
