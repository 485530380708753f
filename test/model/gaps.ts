/** Why transitions are not taken by real components in the tests that are measured. */

export interface Gap {
  readonly machine: string;
  /** As `transitionKey` of test/machines/run-script.ts tells them. */
  readonly edges: readonly string[];
  readonly reason: string;
}

/** Each state with the same transitions, `EVENT place`. */
const inStates = (
  machine: string,
  states: readonly string[],
  ways: readonly string[],
  reason: string,
): Gap => ({
  machine,
  edges: states.flatMap((state) => ways.map((way) => `${machine}.${state} ${way}`)),
  reason,
});

const RACE_OF_TASKS = 'only in a race: planned for another state, and the task moved on meanwhile';
const NOT_PLANNED =
  'unreachable: a pass steps a row only as its plan saw it, and plans this for other rows only';
const NO_EVACUATING_ROW = 'unreachable: absent means that there is no EVACUATING row';
const TOLD_ONCE = 'unreachable: a supervisor tells each child SHUTDOWN once';
const LATE_MESSAGE = 'only in a race: a message of a child that was replaced meanwhile';

const ACTUAL_LRP: readonly Gap[] = [
  inStates(
    'actual-lrp',
    ['absent', 'unclaimed', 'claimed', 'running', 'crashed'],
    ['CREATE 0'],
    'not sent: the BBS writes new rows all at once (createRows)',
  ),
  inStates(
    'actual-lrp',
    ['absent', 'unclaimed', 'claimed', 'running'],
    ['RESTART 0', 'REGAIN_CELL 2', 'REMOVE_SUSPECT 1'],
    NOT_PLANNED,
  ),
  inStates('actual-lrp', ['crashed'], ['REGAIN_CELL 2', 'REMOVE_SUSPECT 1'], NOT_PLANNED),
  inStates('actual-lrp', ['absent', 'unclaimed', 'crashed'], ['LOSE_CELL 0'], NOT_PLANNED),
];

const EVACUATION: readonly Gap[] = [
  inStates(
    'evacuation',
    ['absent'],
    [
      'EVACUATE_CLAIMED 0',
      'EVACUATE_CLAIMED 3',
      'EVACUATE_STOPPED 0',
      'EVACUATE_STOPPED 3',
      'EVACUATE_CRASHED 0',
      'EVACUATE_CRASHED 3',
      'EVACUATE_RUNNING 1',
      'LOSE_CELL 0',
    ],
    NO_EVACUATING_ROW,
  ),
];

const TASK: readonly Gap[] = [
  inStates('task', ['absent'], ['EXPIRE 0', 'LOSE_CELL 0', 'DEMOTE 0', 'PRUNE 0'], RACE_OF_TASKS),
  inStates('task', ['pending'], ['LOSE_CELL 0', 'DEMOTE 0', 'PRUNE 0'], RACE_OF_TASKS),
  inStates('task', ['running'], ['EXPIRE 0', 'DEMOTE 0', 'PRUNE 0'], RACE_OF_TASKS),
  inStates('task', ['completed', 'resolving'], ['EXPIRE 0', 'LOSE_CELL 0'], RACE_OF_TASKS),
];

const DOMAIN: readonly Gap[] = [
  {
    machine: 'domain',
    edges: [
      'domain.absent TIME 0',
      'domain.fresh TIME 0',
      'domain.fresh TIME 1',
      'domain.expired TIME 0',
    ],
    reason: 'not sent: the BBS reads off the record whether it is over (domainStateOf)',
  },
  {
    machine: 'domain',
    edges: ['domain.fresh PRUNE 0'],
    reason: 'unreachable: the BBS reads state and guard off the record at the same time',
  },
  {
    machine: 'domain',
    edges: ['domain.absent PRUNE 0', 'domain.fresh PRUNE 1'],
    reason: 'only in a race: pruned are domains seen as expired, and this one changed meanwhile',
  },
];

const KERNEL: readonly Gap[] = [
  {
    machine: 'supervisor',
    edges: [
      'supervisor.alive CHILD_READY_TIMEOUT 0',
      'supervisor.alive xstate.* 0',
      'supervisor.stopping CHILD_STOP_TIMEOUT 0',
      'supervisor.stopping xstate.* 0',
    ],
    reason: LATE_MESSAGE,
  },
];

const TOLD_TWICE: readonly Gap[] = [
  inStates('router', ['degraded', 'closing'], ['SHUTDOWN 0'], TOLD_ONCE),
  inStates('worker', ['alive.stopping'], ['SHUTDOWN 0'], TOLD_ONCE),
  inStates('cell', ['open.announced.stopping', 'removing'], ['SHUTDOWN 0'], TOLD_ONCE),
  inStates('cell-evacuation', ['looking'], ['SHUTDOWN 0'], TOLD_ONCE),
];

export const GAPS: readonly Gap[] = [
  ...KERNEL,
  ...TOLD_TWICE,
  ...ACTUAL_LRP,
  ...EVACUATION,
  ...TASK,
  ...DOMAIN,
];
