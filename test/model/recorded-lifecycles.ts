/** The lifecycles that the BBS runs as compiled tables, with the machines that they come from. */
import type { AnyStateMachine, EventObject } from 'xstate';
import { actualLrpLifecycle, actualLrpMachine } from '../../machines/bbs/actual-lrp.machine.ts';
import { desiredLrpLifecycle, desiredLrpMachine } from '../../machines/bbs/desired-lrp.machine.ts';
import { domainLifecycle, domainMachine } from '../../machines/bbs/domain.machine.ts';
import { evacuationLifecycle, evacuationMachine } from '../../machines/bbs/evacuation.machine.ts';
import { taskLifecycle, taskMachine } from '../../machines/bbs/task.machine.ts';
import type { Lifecycle } from '../../machines/kernel/lifecycle.ts';

interface AnyRecorded {
  readonly machine: AnyStateMachine;
  readonly lifecycle: Lifecycle<object, EventObject>;
}

const pair = <C extends object, E extends EventObject>(
  machine: AnyStateMachine,
  lifecycle: Lifecycle<C, E>,
): AnyRecorded => ({ machine, lifecycle: lifecycle as unknown as Lifecycle<object, EventObject> });

export const RECORDED_LIFECYCLES: readonly AnyRecorded[] = [
  pair(actualLrpMachine, actualLrpLifecycle),
  pair(evacuationMachine, evacuationLifecycle),
  pair(taskMachine, taskLifecycle),
  pair(desiredLrpMachine, desiredLrpLifecycle),
  pair(domainMachine, domainLifecycle),
];
