import { describe, expect, it } from 'vitest';
import { type AnyActorRef, createActor, fromCallback } from 'xstate';
import type { InstanceEvent } from '../../../machines/cell/instance.events.ts';
import { instanceMachine } from '../../../machines/cell/instance.machine.ts';
import { createVirtualClock } from '../../../src/adapters/clock/virtual-clock.ts';

const idle = fromCallback(() => () => {});
const logic = instanceMachine.provide({
  actors: {
    creation: idle,
    program: idle,
    limits: idle,
    startupCheck: idle,
    livenessCheck: idle,
    termination: idle,
    removal: idle,
  } as never,
});

function resultAfter(events: readonly (InstanceEvent | number)[]) {
  const clock = createVirtualClock();
  const input = { reservedTimeoutMs: 60_000, durationText: (ms: number) => `${ms / 1000}s` };
  const actor = createActor(logic, { input, clock: clock as never }) as AnyActorRef;
  actor.start();
  for (const event of events) {
    if (typeof event === 'number') clock.advance(event);
    else actor.send(event);
  }
  const { context } = actor.getSnapshot() as { context: { result?: unknown } };
  actor.stop?.();
  return context.result;
}

const run = (hasMonitor: boolean, startTimeoutMs = 0): InstanceEvent => ({
  type: 'RUN_REQUESTED',
  isUnmonitored: !hasMonitor,
  hasReadiness: false,
  startTimeoutMs,
});
const CREATED: InstanceEvent = { type: 'CONTAINER_CREATED', ports: [] };
const STARTED: InstanceEvent = { type: 'ACTION_STARTED' };
const STOP: InstanceEvent = { type: 'STOP_REQUESTED' };
const ended = (isFailed: boolean, reason: string): InstanceEvent => ({
  type: 'ACTION_ENDED',
  isFailed,
  reason,
});
const unwell: InstanceEvent = { type: 'CHECK_FAILED', reason: 'refused' };
const limit: InstanceEvent = { type: 'LIMIT_EXCEEDED', reason: 'out of memory' };

describe('the result', () => {
  const FAILED = { isFailed: true, isStopped: false, isRetryable: false };
  const failed = (failureReason: string) => ({ ...FAILED, failureReason });

  it.each<[string, (InstanceEvent | number)[], unknown]>([
    ['of one that still runs', [run(false), CREATED, STARTED], undefined],
    [
      'of success',
      [run(false), CREATED, STARTED, ended(false, '')],
      { ...FAILED, isFailed: false, failureReason: '' },
    ],
    ['of a failure', [run(true), CREATED, STARTED, ended(true, 'x')], failed('x')],
    ['of a reservation', [60_000], failed('expired container')],
    [
      'of one that cannot be made',
      [run(false), { type: 'CREATION_FAILED', reason: 'ports', isRetryable: true }],
      { ...FAILED, isRetryable: true, failureReason: 'ports' },
    ],
    [
      'of one that is never healthy',
      [run(true, 3000), CREATED, STARTED, unwell, 3000],
      failed('Instance never healthy after 3s: refused'),
    ],
    [
      'of one that becomes unhealthy, and stays when it is stopped then',
      [run(true), CREATED, STARTED, { type: 'CHECK_PASSED' }, unwell, STOP, ended(true, 'late')],
      failed('Instance became unhealthy: refused'),
    ],
    ['of a limit', [run(false), CREATED, STARTED, limit], failed('out of memory')],
    [
      'of a stop',
      [run(false), CREATED, STARTED, STOP, ended(true, 'late')],
      { ...FAILED, isStopped: true, failureReason: 'stopped' },
    ],
  ])('%s', (_name, events, wanted) => {
    expect(resultAfter(events)).toEqual(wanted);
  });
});
