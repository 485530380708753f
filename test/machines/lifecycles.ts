/** Every machine of the project that is no actor: the BBS runs its compiled table. */
import type { ActualLrpCommand } from '../../machines/bbs/actual-lrp.events.ts';
import {
  actualLrpLifecycle,
  actualLrpMachine,
  actualLrpStateOf,
} from '../../machines/bbs/actual-lrp.machine.ts';
import type { DesiredLrpCommand } from '../../machines/bbs/desired-lrp.events.ts';
import {
  desiredLrpLifecycle,
  desiredLrpMachine,
  desiredLrpStateOf,
} from '../../machines/bbs/desired-lrp.machine.ts';
import {
  copyDesiredLrpContext,
  type DesiredLrpContext,
  desiredLrpContext,
} from '../../machines/bbs/desired-lrp.rules.ts';
import {
  copyDomainContext,
  type DomainCommand,
  type DomainContext,
  domainContext,
} from '../../machines/bbs/domain.context.ts';
import {
  domainLifecycle,
  domainMachine,
  domainStateOf,
} from '../../machines/bbs/domain.machine.ts';
import type { EvacuationCommand } from '../../machines/bbs/evacuation.events.ts';
import {
  evacuationLifecycle,
  evacuationMachine,
  evacuationStateOf,
} from '../../machines/bbs/evacuation.machine.ts';
import { copyLrpContext, type LrpContext, lrpContext } from '../../machines/bbs/lrp.context.ts';
import type { TaskCommand } from '../../machines/bbs/task.events.ts';
import { taskLifecycle, taskMachine, taskStateOf } from '../../machines/bbs/task.machine.ts';
import { copyTaskContext, type TaskContext, taskContext } from '../../machines/bbs/task.rules.ts';
import { anyKind, type LifecycleKind, type Position } from './lifecycle-kind.ts';
import { ACTUAL_LRP_CHOICES, EVACUATION_CHOICES, LRP_CONTEXTS } from './lrp-choices.ts';
import { lrpProblems } from './lrp-invariants.ts';
import {
  DESIRED_CHOICES,
  DESIRED_CONTEXTS,
  DOMAIN_CHOICES,
  DOMAIN_POSITIONS,
  TASK_CHOICES,
  TASK_CONTEXTS,
} from './record-choices.ts';
import { desiredProblems, taskProblems } from './record-invariants.ts';

const positionsOf = <C>(contexts: readonly C[], stateOf: (context: C) => string): Position<C>[] =>
  contexts.map((context) => ({ state: stateOf(context), context }));

const actualLrpState = ({ ordinary }: LrpContext): string => actualLrpStateOf(ordinary);
const evacuationState = ({ evacuating }: LrpContext): string => evacuationStateOf(evacuating);
const desiredState = ({ desired }: DesiredLrpContext): string => desiredLrpStateOf(desired);
const taskState = ({ task }: TaskContext): string => taskStateOf(task);

export const ACTUAL_LRP: LifecycleKind<LrpContext, ActualLrpCommand> = {
  machine: actualLrpMachine,
  lifecycle: actualLrpLifecycle,
  positions: positionsOf(LRP_CONTEXTS, actualLrpState),
  contradictions: [],
  choices: ACTUAL_LRP_CHOICES,
  copy: copyLrpContext,
  renew: lrpContext,
  stateOf: actualLrpState,
  problems: lrpProblems,
};

export const EVACUATION: LifecycleKind<LrpContext, EvacuationCommand> = {
  machine: evacuationMachine,
  lifecycle: evacuationLifecycle,
  positions: positionsOf(LRP_CONTEXTS, evacuationState),
  contradictions: LRP_CONTEXTS.filter(({ evacuating }) => evacuating !== undefined).map(
    (context) => ({ state: 'absent', context }),
  ),
  choices: EVACUATION_CHOICES,
  copy: copyLrpContext,
  renew: lrpContext,
  stateOf: evacuationState,
  problems: lrpProblems,
};

const TASK: LifecycleKind<TaskContext, TaskCommand> = {
  machine: taskMachine,
  lifecycle: taskLifecycle,
  positions: positionsOf(TASK_CONTEXTS, taskState),
  contradictions: [],
  choices: TASK_CHOICES,
  copy: copyTaskContext,
  renew: ({ task }) => taskContext(task),
  stateOf: taskState,
  problems: taskProblems,
};

const DESIRED_LRP: LifecycleKind<DesiredLrpContext, DesiredLrpCommand> = {
  machine: desiredLrpMachine,
  lifecycle: desiredLrpLifecycle,
  positions: positionsOf(DESIRED_CONTEXTS, desiredState),
  contradictions: [],
  choices: DESIRED_CHOICES,
  copy: copyDesiredLrpContext,
  renew: ({ desired }) => desiredLrpContext(desired),
  stateOf: desiredState,
  problems: desiredProblems,
};

const DOMAIN: LifecycleKind<DomainContext, DomainCommand> = {
  machine: domainMachine,
  lifecycle: domainLifecycle,
  positions: DOMAIN_POSITIONS,
  contradictions: [],
  choices: DOMAIN_CHOICES,
  copy: copyDomainContext,
  renew: ({ expiresAt }) => domainContext(expiresAt),
  stateOf: ({ expiresAt }, now) => domainStateOf(expiresAt, now),
  problems: () => [],
};

/** Every lifecycle, by the id of its machine. */
export const LIFECYCLES = {
  'actual-lrp': anyKind(ACTUAL_LRP),
  evacuation: anyKind(EVACUATION),
  task: anyKind(TASK),
  'desired-lrp': anyKind(DESIRED_LRP),
  domain: anyKind(DOMAIN),
} as const;
