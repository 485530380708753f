/** Every row of diego.md §13.6: what the BBS is told of a container, and what follows. */
import { describe, expect, it } from 'vitest';
import type { Container, ContainerState, RunResult } from '../../../src/cell/executor/executor.ts';
import { processLrpContainer } from '../../../src/cell/rep/process-lrp.ts';
import { processTaskContainer } from '../../../src/cell/rep/process-task.ts';
import { type Answers, scene } from './scene.ts';

const ended = (fields: Partial<RunResult>): RunResult => ({
  isFailed: true,
  failureReason: 'APP: Exited with status 1',
  isStopped: false,
  isRetryable: false,
  ...fields,
});

const container = (
  lifecycle: 'lrp' | 'task',
  state: ContainerState,
  result: RunResult | undefined,
): Container => ({
  allocation: {
    guid: 'guid',
    memoryMb: 1,
    diskMb: 1,
    maxPids: 0,
    owner:
      lifecycle === 'lrp'
        ? { lifecycle, domain: 'dom', processGuid: 'pg', index: 0, instanceGuid: 'guid' }
        : { lifecycle, domain: 'dom' },
  },
  state,
  ports: [{ containerPort: 8080, hostPort: 61000 }],
  address: '10.0.0.1',
  isRoutable: true,
  result,
});

/** name, state of the container, its result, answers, calls to the BBS, asked of the executor */
type Row = readonly [
  string,
  ContainerState,
  RunResult | undefined,
  Answers,
  readonly string[],
  readonly string[],
];

const crashed = ended({});
const stopped = ended({ isFailed: false, failureReason: '', isStopped: true });

const ORDINARY: readonly Row[] = [
  ['runs what it could claim', 'reserved', undefined, {}, ['claim', 'desired'], ['run']],
  [
    'drops what it may not claim',
    'reserved',
    undefined,
    { claim: 'ActualLRPCannotBeClaimed' },
    ['claim'],
    ['remove'],
  ],
  [
    'leaves what it could not ask for',
    'reserved',
    undefined,
    { claim: 'Unreachable' },
    ['claim'],
    [],
  ],
  [
    'leaves what is in conflict',
    'reserved',
    undefined,
    { claim: 'ResourceConflict' },
    ['claim'],
    [],
  ],
  [
    'gives back what is not desired any more',
    'reserved',
    undefined,
    { desired: 'ResourceNotFound' },
    ['claim', 'desired', 'remove'],
    ['remove'],
  ],
  ['keeps a claim', 'initializing', undefined, {}, ['claim'], []],
  ['keeps a claim', 'created', undefined, {}, ['claim'], []],
  [
    'drops what it may not claim any more',
    'created',
    undefined,
    { claim: 'ActualLRPCannotBeClaimed' },
    ['claim'],
    ['remove'],
  ],
  ['reports what runs', 'running', undefined, {}, ['start'], []],
  [
    'stops what may not run',
    'running',
    undefined,
    { start: 'ActualLRPCannotBeStarted' },
    ['start'],
    ['stop'],
  ],
  [
    'leaves what runs when nobody answers',
    'running',
    undefined,
    { start: 'Unreachable' },
    ['start'],
    [],
  ],
  ['reports a stop', 'completed', stopped, {}, ['remove'], ['remove']],
  ['reports a crash', 'completed', crashed, {}, ['crash APP: Exited with status 1'], ['remove']],
  [
    'removes a crashed container whatever the BBS says',
    'completed',
    crashed,
    { crash: 'ActualLRPCannotBeCrashed' },
    ['crash APP: Exited with status 1'],
    ['remove'],
  ],
];

const EVACUATING: readonly Row[] = [
  ['gives back what is reserved', 'reserved', undefined, {}, ['evacuateClaimed'], ['remove']],
  ['gives back what initializes', 'initializing', undefined, {}, ['evacuateClaimed'], ['remove']],
  [
    'gives back what is created, whatever the answer',
    'created',
    undefined,
    { evacuateClaimed: 'ActualLRPCannotBeEvacuated' },
    ['evacuateClaimed'],
    ['remove'],
  ],
  ['keeps what runs while it is needed', 'running', undefined, {}, ['evacuateRunning'], []],
  [
    'ends what runs when it was replaced',
    'running',
    undefined,
    { evacuateRunning: { keep_container: false } },
    ['evacuateRunning'],
    ['stop'],
  ],
  [
    'keeps what runs when nobody answers',
    'running',
    undefined,
    { evacuateRunning: 'Unreachable' },
    ['evacuateRunning'],
    [],
  ],
  ['reports a stop', 'completed', stopped, {}, ['evacuateStopped'], ['remove']],
  [
    'reports a crash',
    'completed',
    crashed,
    {},
    ['evacuateCrashed APP: Exited with status 1'],
    ['remove'],
  ],
];

const done = ended({ isFailed: false, failureReason: '' });
const TASKS: readonly Row[] = [
  ['runs what it may start', 'reserved', undefined, {}, ['startTask', 'task'], ['run']],
  [
    'does not run twice what it started',
    'reserved',
    undefined,
    { startTask: { should_start: false } },
    ['startTask'],
    [],
  ],
  [
    'drops what it may not start',
    'reserved',
    undefined,
    { startTask: 'InvalidStateTransition' },
    ['startTask'],
    ['remove'],
  ],
  [
    'drops what is gone',
    'running',
    undefined,
    { startTask: 'ResourceNotFound' },
    ['startTask'],
    ['remove'],
  ],
  ['says again what runs', 'running', undefined, {}, ['startTask'], []],
  [
    'fails what it cannot fetch',
    'reserved',
    undefined,
    { task: 'ResourceNotFound' },
    ['startTask', 'task', 'completeTask true failed to run container'],
    ['remove'],
  ],
  [
    'tells the result',
    'completed',
    done,
    {},
    ['completeTask false  text of the file'],
    ['result /out', 'remove'],
  ],
  [
    'tells a failure without a result',
    'completed',
    crashed,
    {},
    ['completeTask true APP: Exited with status 1'],
    ['remove'],
  ],
  [
    'rejects what another cell may run',
    'completed',
    ended({ isRetryable: true, failureReason: 'no port' }),
    {},
    ['rejectTask no port'],
    ['remove'],
  ],
  [
    'says that the transition was wrong',
    'completed',
    crashed,
    { completeTask: 'InvalidStateTransition' },
    ['completeTask true APP: Exited with status 1', 'completeTask true invalid state transition'],
    ['remove'],
  ],
  [
    'keeps the result when nobody answers',
    'completed',
    done,
    { completeTask: 'Unreachable' },
    ['completeTask false  text of the file'],
    ['result /out'],
  ],
];

const TABLES = [
  ['an LRP', 'lrp', false, ORDINARY],
  ['an LRP of a cell that evacuates', 'lrp', true, EVACUATING],
  ['a task', 'task', false, TASKS],
] as const;

for (const [what, lifecycle, isEvacuating, rows] of TABLES) {
  describe(what, () => {
    for (const [name, state, result, answers, told, asked] of rows) {
      it(`${state}: ${name}`, async () => {
        const own = scene(answers, isEvacuating);
        own.executor.put('guid', container(lifecycle, state, result));
        own.executor.results.set('guid', 'text of the file');
        const process = lifecycle === 'lrp' ? processLrpContainer : processTaskContainer;
        await process(own.state, 'guid');
        expect(own.told).toEqual(told);
        expect(own.executor.asked).toEqual(asked);
      });
    }
  });
}

it('fails a task whose result cannot be read', async () => {
  const own = scene({}, false);
  own.executor.put('guid', container('task', 'completed', done));
  await processTaskContainer(own.state, 'guid');
  expect(own.told).toEqual(['completeTask true failed to fetch result']);
});
